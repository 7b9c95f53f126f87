// Why a pair is where it is, for each of the causes that there are.

import { expect, test } from 'vitest'
import { forecast } from '../../../src/adapt/forecast.ts'
import { planLinks } from '../../../src/adapt/planner.ts'
import type { LinkView } from '../../../src/adapt/types.ts'
import { parseMac } from '../../../src/base/mac.ts'
import { explainPath, type PathFacts } from '../../../src/proxy/explain-path.ts'
import { candidate, demand, FAST_ETHERNET, problem } from '../../support/problems.ts'

const end = (at: 1 | 2, host: string | null) => ({
  asked: `vm${at}`,
  mac: parseMac(`02:00:00:00:00:0${at}`),
  name: `vm${at}`,
  host,
})

const LINK: LinkView = {
  ...{ a: 'host0', b: 'host1', phase: 'standing', isConnected: true, isManual: false },
  ...{ isWanted: true, sinceMs: 0, edges: 2, reason: '80 Mbit/s leave the star' },
}

const factsWith = (overrides: Partial<PathFacts>): PathFacts => ({
  a: end(1, 'host0'),
  b: end(2, 'host1'),
  traffic: { aToB: 1e6, bToA: 0 },
  link: null,
  backOff: null,
  forecast: forecastWith({}),
  level: 'auto',
  proxy: 'proxy',
  nowMs: 1_000,
  isSettling: false,
  pin: null,
  hasRule: () => false,
  ...overrides,
})

function forecastWith(overrides: Parameters<typeof candidate>[2]) {
  const asked = problem({
    demands: [demand(0, 1, FAST_ETHERNET / 2), demand(1, 0, FAST_ETHERNET / 2)],
    candidates: [candidate(0, 1, overrides)],
  })
  return forecast(asked, planLinks(asked), { a: 'host0', b: 'host1' })
}

test('guests of one host, at the proxy, and at no host', () => {
  const local = explainPath(factsWith({ b: end(2, 'host0') }))
  expect(local).toMatchObject({ path: 'local', obstacles: [] })
  expect(explainPath(factsWith({ b: end(2, 'proxy') }))).toMatchObject({ path: 'star' })
  expect(explainPath(factsWith({ b: end(2, null) }))).toEqual({
    path: 'unknown',
    why: 'vm2 was not seen at any host',
    obstacles: [],
  })
})

test('rules at both hosts make a direct path, at one a changing one', () => {
  const direct = explainPath(factsWith({ link: LINK, hasRule: () => true }))
  expect(direct).toMatchObject({ path: 'direct', obstacles: [] })
  expect(direct.why).toMatch(/Mbit\/s leave the star/)
  const mixed = explainPath(factsWith({ link: LINK, hasRule: (_, __, host) => host === 'host0' }))
  expect(mixed.path).toBe('mixed')
})

test('on the star: each cause is named, the deciding one first', () => {
  const cases: readonly [Partial<PathFacts>, RegExp][] = [
    [{ level: 'off' }, /adaptation is off/],
    [{ level: 'recommend' }, /only recommends/],
    [{ pin: 'star' }, /pinned it to the star/],
    [{ traffic: { aToB: 0, bToA: 0 } }, /do not talk enough/],
    [{ forecast: null }, /no plan was made yet/],
    [{ forecast: forecastWith({ blockedBy: 'it timed out' }) }, /it timed out/],
    [{ forecast: forecastWith({ aToBBytesPerSecond: 1e5 }) }, /the direct path is slower/],
    [{ forecast: forecastWith({ lossRatio: 0.02 }) }, /loses 2 %/],
    [{ forecast: forecastWith({ rttMs: 100 }) }, /round trip takes 100.0 ms/],
    [
      { backOff: { a: 'host0', b: 'host1', failures: 1, untilMs: 6_000, reason: 'it timed out' } },
      /left alone for 5 s more: it timed out/,
    ],
    [{ link: { ...LINK, phase: 'ordering', reason: 'planned' } }, /its link is ordering: planned/],
    [{ link: { ...LINK, isConnected: false } }, /its link is down/],
    [{ isSettling: true }, /just started/],
  ]
  for (const [overrides, expected] of cases) {
    const { path, why, obstacles } = explainPath(factsWith(overrides))
    expect({ path, why }).toEqual({ path: 'star', why: expect.stringMatching(expected) })
    expect(obstacles[0]).toBe(why)
  }
})

test('a forecast tells the phase on both paths, all else as planned', () => {
  const good = forecastWith({})
  expect(good).toMatchObject({ isPlanned: true, obstacle: null })
  // The proxy sends and receives both halves: a second. Directly each end sends one half.
  expect(good?.starSeconds).toBeCloseTo(1, 9)
  expect(good?.directSeconds).toBeCloseTo(0.5, 9)
  const slow = forecastWith({ aToBBytesPerSecond: FAST_ETHERNET / 10 })
  expect(slow).toMatchObject({ isPlanned: false, directBottleneck: 'direct path host0 -> host1' })
  expect(slow?.directSeconds).toBeCloseTo(5, 9)
})
