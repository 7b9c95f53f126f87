// What the planner does beyond one program at rest: several programs, links that stand, budgets,
// paths that are worse.

import { expect, test } from 'vitest'
import { planLinks } from '../../../src/adapt/planner.ts'
import type { Candidate, Plan } from '../../../src/adapt/types.ts'
import {
  allPairs,
  bothWays,
  candidate,
  demand,
  FAST_ETHERNET,
  problem,
  problemHost,
} from '../../support/problems.ts'

const MESSAGE = FAST_ETHERNET / 100

const linksOf = ({ links }: Plan): string[] => links.map(({ a, b }) => `${a} ${b}`).sort()

test('two clusters over a MAN: neighbours on the bus get links, but over the slow line', () => {
  const bus = Array.from({ length: 7 }, (_, at): [number, number] => [at, at + 1])
  // The line between the clusters has a tenth of the rate, on which the proxy lies, too.
  const between = { aToBBytesPerSecond: FAST_ETHERNET / 5, bToABytesPerSecond: FAST_ETHERNET / 5 }
  const plan = planLinks(
    problem({
      demands: bothWays(bus, MESSAGE),
      candidates: bus.map(([a, b]) => candidate(a, b, a === 3 ? between : {})),
    }),
  )
  // The slow line takes 5 messages' time for one: by the star the pair takes 2 at the proxy.
  expect(plan.links).toHaveLength(6)
  expect(plan.plannedSeconds).toBeCloseTo(0.02, 9)
  expect(plan.onStar).toMatchObject([{ a: 'host3', b: 'host4' }])
})

test('one slow direct path among many stays on the star, which has room then', () => {
  const pairs = allPairs(8)
  const slow = { aToBBytesPerSecond: FAST_ETHERNET / 10, bToABytesPerSecond: FAST_ETHERNET / 10 }
  const candidates = pairs.map(([a, b]) => candidate(a, b, a === 0 && b === 1 ? slow : {}))
  const plan = planLinks(problem({ demands: bothWays(pairs, MESSAGE), candidates }))
  expect(plan.links).toHaveLength(27)
  expect(plan.plannedSeconds).toBeCloseTo(0.07, 9)
})

test('a small program gets its link although a large one is limited by its own hosts', () => {
  const demands = [...bothWays([[0, 1]], 90 * MESSAGE), ...bothWays([[2, 3]], MESSAGE)]
  expect(linksOf(planLinks(problem({ demands })))).toEqual(['host0 host1', 'host2 host3'])
})

test('the budget goes to the pairs that pass what is busy, not to those with most traffic', () => {
  // Host 3's star link is slow: its little traffic limits the phase.
  const hosts = [0, 1, 2, 3].map((at) =>
    problemHost(at, at === 3 ? { starSendBytesPerSecond: FAST_ETHERNET / 50 } : {}),
  )
  const demands = [demand(0, 1, 5 * MESSAGE), demand(3, 2, 2 * MESSAGE)]
  const plan = planLinks(problem({ hosts, demands, budgets: { links: 1, linksPerHost: 4 } }))
  expect(linksOf(plan)).toEqual(['host2 host3'])
  expect(plan.onStar).toMatchObject([{ reason: 'the budget of 1 links is used up' }])
})

test('a link that stands stays unless another choice is better by the margin', () => {
  const demands = [...bothWays([[0, 1]], 10 * MESSAGE), ...bothWays([[2, 3]], 10.4 * MESSAGE)]
  const budgets = { links: 1, linksPerHost: 1 }
  const standing = [candidate(0, 1, { isUp: true }), candidate(2, 3)]
  const cold = planLinks(problem({ demands, budgets }))
  expect(linksOf(cold)).toEqual(['host2 host3'])
  const warm = planLinks(problem({ demands, budgets, candidates: standing }))
  expect(linksOf(warm)).toEqual(['host0 host1'])
  const much = [...bothWays([[0, 1]], 10 * MESSAGE), ...bothWays([[2, 3]], 30 * MESSAGE)]
  const moved = planLinks(problem({ demands: much, budgets, candidates: standing }))
  expect(linksOf(moved)).toEqual(['host2 host3'])
})

test('a link that stands goes when its path is worse than the star by the margin', () => {
  const demands = bothWays([[0, 1]], 10 * MESSAGE)
  const planWith = (overrides: Partial<Candidate>): Plan =>
    planLinks(problem({ demands, candidates: [candidate(0, 1, { isUp: true, ...overrides })] }))
  // On the star: 20 messages at the proxy, 0.2 s.
  expect(planWith({ aToBBytesPerSecond: FAST_ETHERNET / 1.9 }).links).toHaveLength(1)
  expect(planWith({ aToBBytesPerSecond: FAST_ETHERNET / 3 }).links).toEqual([])
  expect(planWith({ lossRatio: 0.02 }).links).toEqual([])
  expect(planWith({ rttMs: 100 }).links).toEqual([])
  expect(planWith({ rttMs: 0.2, lossRatio: 0.001 }).links).toHaveLength(1)
})

test('nothing known, nothing asked', () => {
  const empty = problem({ demands: [demand(0, 1, 0)] })
  expect(planLinks(empty)).toMatchObject({ links: [], onStar: [], plannedSeconds: 0 })
  expect(planLinks({ ...empty, demands: [], candidates: [], hosts: [] })).toMatchObject({
    starSeconds: 0,
    bottleneck: 'nothing',
  })
})
