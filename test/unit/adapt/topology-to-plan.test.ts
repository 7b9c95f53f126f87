// From guests that talk to the links of their hosts.

import { expect, test } from 'vitest'
import { planLinks } from '../../../src/adapt/planner.ts'
import { buildProblem, type ProblemInput } from '../../../src/adapt/problem.ts'
import { pairKey } from '../../../src/adapt/types.ts'
import { type MacAddress, parseMac } from '../../../src/base/mac.ts'
import type { Edge, Topology } from '../../../src/infer/types.ts'

const [A1, A2, B1, C1, P1] = ['a1', 'a2', 'b1', 'c1', 'd1'].map((end) =>
  parseMac(`02:00:00:00:00:${end}`),
) as [MacAddress, MacAddress, MacAddress, MacAddress, MacAddress]

const edge = (source: MacAddress, destination: MacAddress, bytesPerSecond: number): Edge => ({
  source,
  destination,
  bytesPerSecond,
  sinceMs: 0,
  isThrottled: false,
})

const topologyOf = (...edges: Edge[]): Topology => ({ guests: [], edges })

const CAPACITY = { sendBytesPerSecond: 1e6, receiveBytesPerSecond: 1e6 }

const input = (overrides: Partial<ProblemInput>): ProblemInput => ({
  topology: topologyOf(),
  places: new Map([
    [A1, 'alpha'],
    [A2, 'alpha'],
    [B1, 'beta'],
    [C1, 'gamma'],
    [P1, 'proxy'],
  ]),
  proxyName: 'proxy',
  hosts: ['gamma', 'beta', 'alpha'],
  network: {
    proxy: () => CAPACITY,
    access: () => CAPACITY,
    star: () => ({ ...CAPACITY, rttMs: 1, lossRatio: 0 }),
    path: () => null,
  },
  budgets: { linksPerHost: 8, links: 8 },
  margin: 0.1,
  pins: [],
  blocked: new Map(),
  up: new Set(),
  ...overrides,
})

test('edges of guests are summed up between their hosts; those on one host are no demand', () => {
  const topology = topologyOf(
    edge(A1, B1, 1000),
    edge(A2, B1, 500),
    edge(A1, A2, 9000),
    edge(C1, P1, 100),
  )
  const problem = buildProblem(
    input({ topology, up: new Set([pairKey({ a: 'alpha', b: 'beta' })]) }),
  )
  expect(problem.hosts.map(({ name }) => name)).toEqual(['alpha', 'beta', 'gamma'])
  expect(problem.demands).toMatchObject([
    { source: 0, destination: 1, bytesPerSecond: 1500 },
    { source: 2, destination: -1, bytesPerSecond: 100 },
  ])
  expect(problem.candidates).toMatchObject([{ a: 0, b: 1, isUp: true, pinned: null }])
})

test('a guest whose host is not known or not connected makes no demand', () => {
  const topology = topologyOf(edge(A1, B1, 1000))
  expect(buildProblem(input({ topology, hosts: ['alpha'] })).demands).toEqual([])
})

test('guests pinned to the star stay there, others of the same hosts get their link', () => {
  const topology = topologyOf(edge(A1, B1, 1000), edge(B1, A1, 1000), edge(A2, B1, 400))
  const pins = [{ source: B1, destination: A1, path: 'star' as const }]
  const problem = buildProblem(input({ topology, pins }))
  const plan = planLinks(problem)
  expect(plan.links).toMatchObject([{ a: 'alpha', b: 'beta' }])
  // 1000 of A1 to B1 and 400 of A2 leave alpha, on whatever path; the link takes only the 400.
  expect(plan.plannedSeconds).toBeGreaterThanOrEqual(0.002)
  const all = buildProblem(input({ topology: topologyOf(edge(A1, B1, 1000)), pins }))
  expect(planLinks(all)).toMatchObject({
    links: [],
    onStar: [{ a: 'alpha', b: 'beta', reason: 'it is pinned to the star' }],
  })
})

test('guests pinned to a direct path get it without traffic and before all others', () => {
  const topology = topologyOf(edge(A1, B1, 1000), edge(B1, C1, 1000))
  const pins = [{ source: A1, destination: C1, path: 'direct' as const }]
  const budgets = { linksPerHost: 8, links: 1 }
  const plan = planLinks(buildProblem(input({ topology, pins, budgets })))
  expect(plan.links).toMatchObject([{ a: 'alpha', b: 'gamma', reason: 'it is pinned' }])
  expect(plan.onStar.map(({ reason }) => reason)).toEqual([
    'the budget of 1 links is used up',
    'the budget of 1 links is used up',
  ])
})
