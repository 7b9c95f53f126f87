// Fixed answers about the plan: of a real planner for three hosts whose traffic the proxy limits,
// one pair of which has a slow direct path.

import { forecast } from '../../src/adapt/forecast.ts'
import { planLinks } from '../../src/adapt/planner.ts'
import type { LinkView, PathMeasure } from '../../src/adapt/types.ts'
import { parseMac } from '../../src/base/mac.ts'
import type { Explanation, PlanningBackend, PlanView } from '../../src/control/planned.ts'
import { NOW_MS } from './admin-links.ts'
import { allPairs, bothWays, candidate, FAST_ETHERNET, problem, problemHost } from './problems.ts'

const PROBLEM = problem({
  hosts: ['alpha', 'beta', 'gamma'].map((name, at) => problemHost(at, { name, starRttMs: 1 })),
  demands: bothWays(allPairs(3), FAST_ETHERNET / 10),
  candidates: [
    candidate(0, 1, { isUp: true }),
    candidate(0, 2),
    candidate(1, 2, { aToBBytesPerSecond: FAST_ETHERNET / 30, rttMs: 3, lossRatio: 0.001 }),
  ],
})
const PLAN = planLinks(PROBLEM)

export const PLAN_VIEW: PlanView = {
  level: 'auto',
  plan: {
    ...PLAN,
    number: 3,
    atMs: NOW_MS - 4_000,
    links: PLAN.links.map((link) => ({ ...link, isUp: link.b === 'beta' })),
  },
}

const MEASURE: PathMeasure = {
  ...{ from: 'beta', to: 'proxy', role: 'star', rttMs: 1, jitterMs: 0.1, lossRatio: 0 },
  ...{ queueMs: 12, bytesPerSecond: FAST_ETHERNET, isSaturated: true },
  ...{ loadBytesPerSecond: FAST_ETHERNET / 10, atMs: NOW_MS - 1_000, confidence: 0.9 },
}

export const EXPLANATION: Explanation = {
  a: { asked: 'vm2', mac: parseMac('52:54:00:00:00:02'), name: 'vm2', host: 'beta' },
  b: { asked: 'vm3', mac: parseMac('52:54:00:00:00:03'), name: '', host: 'gamma' },
  path: 'star',
  traffic: { aToB: FAST_ETHERNET / 10, bToA: FAST_ETHERNET / 10 },
  why: PLAN.onStar[0]?.reason ?? '',
  obstacles: [PLAN.onStar[0]?.reason ?? '', 'another'],
  star: [MEASURE, { ...MEASURE, from: 'proxy', to: 'beta', lossRatio: null, jitterMs: null }],
  direct: [
    {
      ...{ ...MEASURE, from: 'beta', to: 'gamma', role: 'fast-path', rttMs: 3, lossRatio: 0.001 },
      ...{ bytesPerSecond: FAST_ETHERNET / 30, isSaturated: false, confidence: 0.5 },
    },
  ],
  link: null,
  backOff: null,
  forecast: forecast(PROBLEM, PLAN, { a: 'beta', b: 'gamma' }),
  changes: [
    {
      ...{ atMs: NOW_MS - 60_000, action: 'link-withdrawn', pair: { a: 'beta', b: 'gamma' } },
      ...{ host: null, reason: 'the plan has it no more', plan: 2 },
    },
  ],
}

export const LINK_VIEWS: readonly LinkView[] = [
  {
    ...{ a: 'alpha', b: 'beta', phase: 'standing', isConnected: true, isManual: false },
    ...{ isWanted: true, sinceMs: NOW_MS - 30_000, edges: 2, reason: PLAN.links[0]?.reason ?? '' },
  },
  {
    ...{ a: 'alpha', b: 'delta', phase: 'standing', isConnected: false, isManual: true },
    ...{ isWanted: false, sinceMs: NOW_MS - 3_000, edges: 0, reason: 'made by hand' },
  },
]

export function fixedPlanning(onAsked: (act: string, ...details: string[]) => void) {
  const backend: PlanningBackend = {
    plan: () => PLAN_VIEW,
    explain(a, b) {
      onAsked('explain', a, b)
      return EXPLANATION
    },
  }
  return backend
}
