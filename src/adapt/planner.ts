// Which direct links the network should have: from a problem to a plan, in four steps.
//   1. candidates that nothing stands against (obstacles.ts)
//   2. the choice among them: pinned ones, then by relief (greedy.ts), then by small steps
//      (improve.ts)
//   3. the links that stand are kept, unless another choice is better by the margin
//   4. the plan as people read it: worth and reason of each link, and of each pair on the star

import { strict as assert } from 'node:assert'
import { secondsByApplication } from './applications.ts'
import { Choice } from './choice.ts'
import { addGreedily } from './greedy.ts'
import { improve } from './improve.ts'
import { obstacleOf } from './obstacles.ts'
import { describePlan } from './plan-text.ts'
import { type HostPair, hostPair, type Plan, type Problem } from './types.ts'

/** Above, no small steps: they would take more than the planning itself. */
const IMPROVED_MAX = 256

/**
 * The plan for a problem. The same problem always gives the same plan. Links are added whenever
 * they help; a link that is up and has traffic goes only if a choice without it is faster by the
 * margin for one of the applications.
 */
export function planLinks(problem: Problem): Plan {
  const choice = choose(problem)
  return describePlan({ ...choice, links: inOrder(problem, choice.links()) })
}

/**
 * The best `count` links, the most worthy first, whether they all help or not: to show what each
 * number of links is good for. Fewer where the budgets of the hosts do not allow so many.
 */
export function planOrder(problem: Problem, count: number): readonly HostPair[] {
  const limited = { ...problem, budgets: { ...problem.budgets, links: count } }
  const choice = chooseAfresh(limited)
  const allowed = allowedCandidates(choice)
  for (const candidate of byRelief(choice, allowed)) {
    if (choice.budget.allows(candidate)) choice.add(candidate)
  }
  improveSmall(choice, { start: [], keepsSize: true })
  return inOrder(limited, choice.links()).map((at) => {
    const { a, b } = problem.candidates[at] ?? { a: 0, b: 0 }
    return hostPair(problem.hosts[a]?.name ?? '', problem.hosts[b]?.name ?? '')
  })
}

function choose(problem: Problem): Choice {
  const present = problem.candidates.flatMap(({ isUp }, at) => (isUp ? [at] : []))
  if (present.length === 0) return chooseAfresh(problem)
  const kept = chooseFrom(problem, present)
  const fresh = chooseAfresh(problem)
  if (allowedCandidates(kept).length > IMPROVED_MAX) return isBetter(fresh, kept) ? fresh : kept
  // A choice near the present one is preferred to one that changes everything for little more.
  const moved = chooseFrom(problem, present)
  improveSmall(moved, { start: [], keepsSize: false })
  improveSmall(kept, { start: present, keepsSize: false })
  const better = isBetter(fresh, moved) ? fresh : moved
  return isBetter(better, kept) ? better : kept
}

function chooseAfresh(problem: Problem): Choice {
  const choice = chooseFrom(problem, [])
  improveSmall(choice, { start: [], keepsSize: false })
  return choice
}

/** Pinned links, then those of `start`, then all that help, as far as the budgets allow. */
function chooseFrom(problem: Problem, start: readonly number[]): Choice {
  const choice = new Choice(problem)
  const allowed = allowedCandidates(choice)
  const isAllowed = new Set(allowed)
  const standing = start.filter((candidate) => isAllowed.has(candidate))
  for (const candidate of pinnedCandidates(problem)) {
    if (choice.budget.allows(candidate)) choice.add(candidate)
  }
  addGreedily(choice, standing)
  for (const candidate of standing) {
    if (choice.budget.allows(candidate)) choice.add(candidate)
  }
  addGreedily(choice, allowed)
  return choice
}

function improveSmall(
  choice: Choice,
  { start, keepsSize }: { readonly start: readonly number[]; readonly keepsSize: boolean },
): void {
  const allowed = allowedCandidates(choice)
  if (allowed.length > IMPROVED_MAX) return
  const fixed = new Set([...pinnedCandidates(choice.fluid.problem), ...start])
  improve({ choice, allowed, fixed, keepsSize })
}

/** True if one application is faster by the margin, and all together are not slower. */
function isBetter(one: Choice, other: Choice): boolean {
  const { margin } = one.fluid.problem
  const [now, before] = [secondsByApplication(one.fluid), secondsByApplication(other.fluid)]
  const sum = (seconds: Float64Array): number => seconds.reduce((total, each) => total + each, 0)
  const isFaster = now.some((seconds, at) => seconds < (before[at] as number) * (1 - margin))
  return isFaster && sum(now) < sum(before)
}

/** The same links in the order of their worth; many are left in the order of their choice. */
function inOrder(problem: Problem, links: readonly number[]): readonly number[] {
  if (links.length > IMPROVED_MAX) return links
  const choice = new Choice(problem)
  for (const candidate of pinnedCandidates(problem)) {
    if (links.includes(candidate)) choice.add(candidate)
  }
  addGreedily(choice, links)
  for (const candidate of byRelief(choice, links)) choice.add(candidate)
  assert.equal(choice.size(), links.length, 'a budget was passed')
  return choice.links()
}

function byRelief(choice: Choice, candidates: readonly number[]): readonly number[] {
  const { fluid } = choice
  fluid.rescale()
  return candidates
    .filter((candidate) => !choice.has(candidate))
    .map((candidate) => ({ candidate, relief: fluid.relief(candidate) }))
    .sort((one, other) => other.relief - one.relief)
    .map(({ candidate }) => candidate)
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
