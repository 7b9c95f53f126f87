// Adds links in the order in which they relieve the busy resources most. In small problems each
// link is chosen in full knowledge of those before it; in large ones up to a quarter of those left
// is taken at once, so that 100,000 pairs are planned within a second.

import type { Choice } from './choice.ts'

/** Up to so many candidates one link is chosen at a time; from there on (n / it)^2. */
const ONE_BY_ONE = 150
/** Of those left, at most this share is taken without a new look. */
const BATCH_SHARE = 0.25
/** A link that is up is preferred to one that is equal to it. */
const UP_BONUS = 1.1

/** Adds candidates out of `allowed` to the choice until none is left that would help. */
export function addGreedily(choice: Choice, allowed: readonly number[]): void {
  const { fluid } = choice
  let left = allowed.filter((candidate) => !choice.has(candidate))
  const relief = new Float64Array(fluid.problem.candidates.length)
  while (left.length > 0) {
    fluid.rescale()
    left = left.filter((candidate) => {
      const worth = worthOf(choice, candidate)
      relief[candidate] = worth
      return worth > 0
    })
    for (const candidate of best(left, relief, batchSize(left.length))) {
      if (worthOf(choice, candidate) > 0) choice.add(candidate)
    }
    left = left.filter((candidate) => !choice.has(candidate))
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
function best(left: readonly number[], relief: Float64Array, count: number): readonly number[] {
  const reliefOf = (candidate: number): number => relief[candidate] as number
  const reliefs = new Float64Array(left.length)
  for (let at = 0; at < left.length; at += 1) reliefs[at] = reliefOf(left[at] as number)
  // Sorted as numbers, without a function to compare them: ten times as fast as the candidates.
  const least = reliefs.sort()[left.length - count] ?? 0
  return left
    .filter((candidate) => reliefOf(candidate) >= least)
    .sort((one, other) => reliefOf(other) - reliefOf(one))
    .slice(0, count)
}
