// Which direct links the network should have: from a problem to a plan, in three steps.
//   1. candidates that nothing stands against (obstacles.ts)
//   2. the choice among them: pinned ones, then by relief (greedy.ts)
//   3. the plan as people read it: worth and reason of each link, and of each pair on the star

import { Choice } from './choice.ts'
import { addGreedily } from './greedy.ts'
import { obstacleOf } from './obstacles.ts'
import { describePlan } from './plan-text.ts'
import type { Plan, Problem } from './types.ts'

/** The plan for a problem. The same problem always gives the same plan. */
export function planLinks(problem: Problem): Plan {
  const choice = new Choice(problem)
  const allowed = allowedCandidates(choice)
  for (const candidate of pinnedCandidates(problem)) {
    if (choice.budget.allows(candidate)) choice.add(candidate)
  }
  addGreedily(choice, allowed)
  return describePlan(problem, choice)
}

/** Those with traffic and without an obstacle, by number. */
function allowedCandidates({ fluid }: Choice): readonly number[] {
  const { problem } = fluid
  return problem.candidates.flatMap((candidate, at) =>
    fluid.hasTraffic(at) && obstacleOf(problem, candidate) === null ? [at] : [],
  )
}

const pinnedCandidates = (problem: Problem): readonly number[] =>
  problem.candidates.flatMap(({ pinned, blockedBy }, at) =>
    pinned === 'direct' && blockedBy === null ? [at] : [],
  )
