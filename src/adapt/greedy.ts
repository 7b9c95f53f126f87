// Adds links in the order in which they relieve the busy resources most. In small problems each
// link is chosen in full knowledge of those before it; in large ones up to a tenth of those left is
// taken at once, so that 100,000 pairs are planned within a second.

import type { Choice } from './choice.ts'

/** Up to so many candidates one link is chosen at a time; from there on (n / it)^2. */
const ONE_BY_ONE = 1_000
/** Of those left, at most this share is taken without a new look. */
const BATCH_SHARE = 0.1
/** A link that is up is preferred to one that is equal to it. */
const UP_BONUS = 1.1

/** Adds candidates out of `allowed` to the choice until none is left that would help. */
export function addGreedily(choice: Choice, allowed: readonly number[]): void {
  const { fluid } = choice
  let left = allowed.filter((candidate) => !fluid.isDirect(candidate))
  while (left.length > 0) {
    fluid.rescale()
    const relief = new Map<number, number>()
    for (const candidate of left) {
      const worth = worthOf(choice, candidate)
      if (worth > 0) relief.set(candidate, worth)
    }
    left = left.filter((candidate) => relief.has(candidate))
    const size = batchSize(left.length)
    for (const candidate of best(left, relief, size)) {
      if (worthOf(choice, candidate) > 0) choice.add(candidate)
    }
    left = left.filter((candidate) => !fluid.isDirect(candidate))
  }
}

/** 0 where the budgets forbid it, or where it would not help. */
function worthOf({ fluid, budget }: Choice, candidate: number): number {
  if (!budget.allows(candidate)) return 0
  const relief = fluid.relief(candidate)
  return fluid.problem.candidates[candidate]?.isUp ? relief * UP_BONUS : relief
}

function batchSize(left: number): number {
  return Math.max(1, Math.floor(Math.min(left * BATCH_SHARE, (left / ONE_BY_ONE) ** 2)))
}

/** The `count` best, the best first; of equals the first named. */
function best(
  left: readonly number[],
  relief: ReadonlyMap<number, number>,
  count: number,
): readonly number[] {
  const reliefOf = (candidate: number): number => relief.get(candidate) ?? 0
  if (count === 1) {
    let top = left[0]
    for (const candidate of left) {
      if (top === undefined || reliefOf(candidate) > reliefOf(top)) top = candidate
    }
    return top === undefined ? [] : [top]
  }
  return left.toSorted((one, other) => reliefOf(other) - reliefOf(one)).slice(0, count)
}
