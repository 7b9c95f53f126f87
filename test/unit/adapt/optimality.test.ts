// Properties of plans on small random networks, beside the best of all choices.

import { expect, test } from 'vitest'
import { randomNetwork } from '../../../bench/planning/networks.ts'
import { exhaustive } from '../../../src/adapt/exhaustive.ts'
import { planLinks, planOrder } from '../../../src/adapt/planner.ts'
import type { Plan, Problem } from '../../../src/adapt/types.ts'
import { seededRandom } from '../../../src/base/random.ts'

const SEEDS = Array.from({ length: 60 }, (_, at) => at + 1)

test('plans keep the budgets, are no slower than the star, and the best there is', () => {
  for (const seed of SEEDS) {
    const problem = randomNetwork(seededRandom(seed))
    const plan = planLinks(problem)
    expectBudgets(plan, problem)
    expect(plan.plannedSeconds, `seed ${seed}`).toBeLessThanOrEqual(plan.starSeconds * (1 + 1e-9))
    const best = exhaustive(problem).seconds
    expect(plan.plannedSeconds, `seed ${seed}`).toBeLessThanOrEqual(best * 1.02)
  }
})

test('the best k links are as good as the best subset of k', () => {
  for (const seed of SEEDS.slice(0, 20)) {
    const network = randomNetwork(seededRandom(seed))
    const problem = { ...network, budgets: { links: 3, linksPerHost: 6 } }
    const pairs = planOrder(problem, 3)
    if (pairs.length < 3) continue
    const present = {
      ...problem,
      candidates: problem.candidates.map((candidate) => ({
        ...candidate,
        isUp: pairs.some(({ a, b }) => `host${candidate.a}` === a && `host${candidate.b}` === b),
      })),
    }
    const { presentSeconds } = planLinks(present)
    expect(presentSeconds, `seed ${seed}`).toBeLessThanOrEqual(
      exhaustive(problem, 3).seconds * 1.05,
    )
  }
})

test('a plan that was carried out is kept', () => {
  for (const seed of SEEDS) {
    const problem = randomNetwork(seededRandom(seed))
    const plan = planLinks(problem)
    const again = planLinks(withUp(problem, plan))
    expect(linksOf(again), `seed ${seed}`).toEqual(linksOf(plan))
    expect(again.presentSeconds).toBeCloseTo(plan.plannedSeconds, 9)
  }
})

test('what was measured a little differently does not change the links', () => {
  for (const seed of SEEDS) {
    const random = seededRandom(seed)
    const problem = randomNetwork(random)
    const plan = planLinks(problem)
    const measured = withUp(problem, plan)
    const shaken = {
      ...measured,
      demands: measured.demands.map((demand) => ({
        ...demand,
        bytesPerSecond: demand.bytesPerSecond * (0.98 + 0.04 * random.next()),
      })),
    }
    for (const link of linksOf(plan)) expect(linksOf(planLinks(shaken))).toContain(link)
  }
})

test('the gains of the links multiply to the gain of the plan', () => {
  for (const seed of SEEDS) {
    const plan = planLinks(randomNetwork(seededRandom(seed)))
    const product = plan.links.reduce((sum, { gain }) => sum * gain, 1)
    if (plan.plannedSeconds > 0) {
      expect(product).toBeCloseTo(plan.starSeconds / plan.plannedSeconds, 6)
    }
  }
})

const linksOf = ({ links }: Plan): string[] => links.map(({ a, b }) => `${a} ${b}`).sort()

function withUp(problem: Problem, { links }: Plan): Problem {
  const up = new Set(links.map(({ a, b }) => `${a} ${b}`))
  return {
    ...problem,
    candidates: problem.candidates.map((candidate) => ({
      ...candidate,
      isUp: up.has(`host${candidate.a} host${candidate.b}`),
    })),
  }
}

function expectBudgets({ links }: Plan, { budgets }: Problem): void {
  expect(links.length).toBeLessThanOrEqual(budgets.links)
  for (const host of new Set(links.flatMap(({ a, b }) => [a, b]))) {
    const own = links.filter(({ a, b }) => a === host || b === host)
    expect(own.length).toBeLessThanOrEqual(budgets.linksPerHost)
  }
}
