// The best choice of links by trying every one: to judge the planner on problems that are small
// enough. Choices follow each other in the order of the Gray code: each differs by one link.

import { strict as assert } from 'node:assert'
import { Choice, choicesFor } from './choice.ts'
import type { Problem } from './types.ts'

/** 2^20 choices take a few seconds. */
const CANDIDATES_MAX = 20

export interface BestChoice {
  readonly seconds: number
  /** Candidates by number. */
  readonly links: readonly number[]
}

/**
 * The fastest choice within the budgets; of exactly `links` links if that is given. Pins are not
 * looked at.
 * @throws AssertionError with more than 20 candidates.
 */
export function exhaustive(problem: Problem, links?: number): BestChoice {
  const choices = choicesFor(problem)
  const { allowed } = choices
  const choice = new Choice(choices)
  assert(allowed.length <= CANDIDATES_MAX, `at most ${CANDIDATES_MAX} candidates`)
  let best: BestChoice | null = null
  const end = 2 ** allowed.length
  for (let step = 0; ; step += 1) {
    const isAllowed = choice.budget.isKept() && choice.size() === (links ?? choice.size())
    const seconds = choice.fluid.seconds()
    if (isAllowed && (best === null || seconds < best.seconds)) {
      best = { seconds, links: choice.links() }
    }
    if (step + 1 === end) break
    // The next word of the Gray code differs in the lowest bit that is set in its number.
    const next = allowed[31 - Math.clz32((step + 1) & -(step + 1))] as number
    if (choice.has(next)) choice.remove(next)
    else choice.add(next)
  }
  assert(best !== null, `no choice has ${links} links`)
  return best
}
