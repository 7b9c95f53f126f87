// Other ways to choose links, kept for comparison with the planner. None of them asks the fluid
// model, which only tells what their choice is worth.

import type { Random } from '../base/random.ts'
import { Choice, choicesFor } from './choice.ts'
import { describePlan } from './plan-text.ts'
import type { Plan, Problem } from './types.ts'

/**
 * The pairs with the most traffic, as many as the budgets allow: Sundararaj, Gupta, Dinda, "Dynamic
 * Topology Adaptation of Virtual Networks of Virtual Machines" (LCR 2004).
 */
export function planByIntensity(problem: Problem): Plan {
  const choice = new Choice(choicesFor(problem))
  const { forward, backward } = choice.fluid
  const bytesOf = (at: number): number => (forward[at] as number) + (backward[at] as number)
  return take(
    choice,
    connectable(choice).sort((one, other) => bytesOf(other) - bytesOf(one)),
  )
}

/** A link for each pair with traffic, whatever the budgets. */
export function planFullMesh(problem: Problem): Plan {
  const all = Number.POSITIVE_INFINITY
  const choice = new Choice(choicesFor({ ...problem, budgets: { links: all, linksPerHost: all } }))
  return take(choice, connectable(choice))
}

/** Pairs with traffic in the order of the dice, as many as the budgets allow. */
export function planRandomly(problem: Problem, random: Random): Plan {
  const choice = new Choice(choicesFor(problem))
  const drawn = connectable(choice).map((candidate) => ({ candidate, lot: random.next() }))
  return take(
    choice,
    drawn.sort((one, other) => one.lot - other.lot).map(({ candidate }) => candidate),
  )
}

/** Pairs with traffic that can be connected and are not forbidden by people. */
function connectable({ fluid }: Choice): number[] {
  return fluid.problem.candidates.flatMap(({ blockedBy, pinned }, at) =>
    fluid.hasTraffic(at) && blockedBy === null && pinned !== 'star' ? [at] : [],
  )
}

function take(choice: Choice, candidates: readonly number[]): Plan {
  for (const candidate of candidates) {
    if (choice.budget.allows(candidate)) choice.add(candidate)
  }
  return describePlan({ fluid: choice.fluid, budget: choice.budget, links: choice.links() })
}
