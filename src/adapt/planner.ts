// Which direct links the network should have: from a problem to a plan, in four steps.
//   1. candidates that nothing stands against (obstacles.ts)
//   2. the choice among them: pinned ones, then by relief (greedy.ts), then by small steps
//      (improve.ts)
//   3. the links that stand are kept, unless another choice is better by the margin
//   4. the plan as people read it: worth and reason of each link, and of each pair on the star

import { strict as assert } from 'node:assert'
import { secondsByApplication } from './applications.ts'
import { Choice, type Choices, choicesFor } from './choice.ts'
import { addGreedily } from './greedy.ts'
import { improve } from './improve.ts'
import { describePlan } from './plan-text.ts'
import { type HostPair, hostPair, type Plan, type Problem } from './types.ts'

/** Above, no small steps: they would take more than the planning itself. */
const IMPROVED_MAX = 256
/** Times closer to each other than this share are equal. */
const SAME = 1e-9

/**
 * The plan for a problem. The same problem always gives the same plan. Links are added whenever
 * they help; a link that is up and has traffic goes only if a choice without it is faster by the
 * margin for the applications that it concerns.
 */
export function planLinks(problem: Problem): Plan {
  const choices = choicesFor(problem)
  const choice = choose(choices)
  const { fluid, budget } = choice
  return describePlan({ fluid, budget, links: inOrder(choices, choice.links()) })
}

/**
 * The best `count` links, the most worthy first, whether they all help or not: to show what each
 * number of links is good for. Fewer where the budgets of the hosts do not allow so many.
 */
export function planOrder(problem: Problem, count: number): readonly HostPair[] {
  const choices = choicesFor({ ...problem, budgets: { ...problem.budgets, links: count } })
  const choice = chooseAfresh(choices)
  for (const candidate of byRelief(choice, choices.allowed)) {
    if (choice.budget.allows(candidate)) choice.add(candidate)
  }
  improveSmall(choices, choice, { start: [], keepsSize: true })
  return inOrder(choices, choice.links()).map((at) => {
    const { a, b } = problem.candidates[at] ?? { a: 0, b: 0 }
    return hostPair(problem.hosts[a]?.name ?? '', problem.hosts[b]?.name ?? '')
  })
}

function choose(choices: Choices): Choice {
  const { problem, allowed } = choices
  const present = problem.candidates.flatMap(({ isUp }, at) => (isUp ? [at] : []))
  const fresh = chooseAfresh(choices)
  if (present.length === 0) return fresh
  const kept = chooseFrom(choices, present)
  if (allowed.length > IMPROVED_MAX) return isBetter(fresh, kept) ? fresh : kept
  // A choice near the present one is preferred to one that changes everything for little more.
  const moved = chooseFrom(choices, present)
  improveSmall(choices, moved, { start: [], keepsSize: false })
  improveSmall(choices, kept, { start: present, keepsSize: false })
  const better = isBetter(fresh, moved) ? fresh : moved
  return isBetter(better, kept) ? better : kept
}

function chooseAfresh(choices: Choices): Choice {
  const choice = chooseFrom(choices, [])
  improveSmall(choices, choice, { start: [], keepsSize: false })
  return choice
}

/** Pinned links, then those of `start`, then all that help, as far as the budgets allow. */
function chooseFrom(choices: Choices, start: readonly number[]): Choice {
  const choice = new Choice(choices)
  const isAllowed = new Set(start.length > 0 ? choices.allowed : [])
  const standing = start.filter((candidate) => isAllowed.has(candidate))
  for (const candidate of choices.pinned) {
    if (choice.budget.allows(candidate)) choice.add(candidate)
  }
  addGreedily(choice, standing)
  for (const candidate of standing) {
    if (choice.budget.allows(candidate)) choice.add(candidate)
  }
  addGreedily(choice, choices.allowed)
  return choice
}

function improveSmall(
  { allowed, pinned }: Choices,
  choice: Choice,
  { start, keepsSize }: { readonly start: readonly number[]; readonly keepsSize: boolean },
): void {
  if (allowed.length > IMPROVED_MAX) return
  improve({ choice, allowed, fixed: new Set([...pinned, ...start]), keepsSize })
}

/**
 * True if the applications that it makes any difference to are faster by the margin, all together:
 * those that another choice would leave as they are do not count.
 */
function isBetter(one: Choice, other: Choice): boolean {
  const { margin } = one.fluid.problem
  const [now, before] = [secondsByApplication(one.fluid), secondsByApplication(other.fluid)]
  let [gained, affected] = [0, 0]
  before.forEach((seconds, at) => {
    const gain = seconds - (now[at] as number)
    if (Math.abs(gain) <= SAME * seconds) return
    gained += gain
    affected += seconds
  })
  return gained > 0 && gained >= margin * affected
}

/** The same links in the order of their worth; many are left in the order of their choice. */
function inOrder(choices: Choices, links: readonly number[]): readonly number[] {
  if (links.length > IMPROVED_MAX) return links
  const choice = new Choice(choices)
  for (const candidate of choices.pinned) if (links.includes(candidate)) choice.add(candidate)
  addGreedily(choice, links)
  for (const candidate of byRelief(choice, links)) choice.add(candidate)
  assert.equal(choice.size(), links.length, 'a link was lost')
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
