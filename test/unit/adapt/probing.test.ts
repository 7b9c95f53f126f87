// Which links are probed: unknown ones, one a daemon, and none with traffic.

import { expect, test } from 'vitest'
import { chooseProbes, type ProbeTarget } from '../../../src/adapt/probing.ts'
import type { PathMeasure } from '../../../src/adapt/types.ts'

const HOUR_MS = 3_600_000
const NOW = 10 * HOUR_MS

function measure(more: Partial<PathMeasure> = {}): PathMeasure {
  return {
    ...{ from: '', to: '', role: 'star', rttMs: 1, jitterMs: 0, lossRatio: null, queueMs: 0 },
    ...{ bytesPerSecond: 1e7, isSaturated: true, loadBytesPerSecond: 0 },
    ...{ atMs: NOW, rateAtMs: NOW, confidence: 1 },
    ...more,
  }
}

const star = (from: string, to: string, more: Partial<ProbeTarget> = {}): ProbeTarget => ({
  ...{ from, to, role: 'star', measure: null, probedMs: null },
  ...more,
})

function chosen(
  targets: readonly ProbeTarget[],
  { busy = [] as string[], loads = {} as Record<string, number> } = {},
): string[] {
  const loadOf = (daemon: string) => loads[daemon] ?? 0
  const picked = chooseProbes(targets, { nowMs: NOW, busy: new Set(busy), loadOf })
  return picked.map(({ from, to }) => `${from} ${to}`)
}

test('no daemon takes part in two, fast paths go first', () => {
  const fast = star('alpha', 'beta', { role: 'fast-path' })
  const targets = [star('alpha', 'proxy'), star('gamma', 'proxy'), fast]
  expect(chosen(targets)).toEqual(['alpha beta', 'gamma proxy'])
  expect(chosen(targets, { busy: ['proxy'] })).toEqual(['alpha beta'])
  expect(chosen(targets, { busy: ['beta'] })).toEqual(['alpha proxy'])
})

test('a rate that is known is left alone until it is old', () => {
  const known = (rateAtMs: number) => star('alpha', 'proxy', { measure: measure({ rateAtMs }) })
  expect(chosen([known(NOW)])).toEqual([])
  expect(chosen([known(NOW - HOUR_MS)])).toEqual(['alpha proxy'])
  const asked = measure({ isSaturated: false })
  expect(chosen([star('alpha', 'proxy', { measure: asked })])).toEqual(['alpha proxy'])
  const probedMs = NOW - 120_000
  expect(chosen([star('alpha', 'proxy', { measure: asked, probedMs })])).toEqual([])
})

test('one that found nothing is tried again after a while', () => {
  expect(chosen([star('alpha', 'proxy', { probedMs: NOW - 10_000 })])).toEqual([])
  expect(chosen([star('alpha', 'proxy', { probedMs: NOW - 70_000 })])).toEqual(['alpha proxy'])
})

test('traffic is not disturbed; a new fast path only by its own', () => {
  const busy = measure({ bytesPerSecond: null, rateAtMs: null, loadBytesPerSecond: 1e6 })
  expect(chosen([star('alpha', 'proxy', { measure: busy })])).toEqual([])
  const loads = { alpha: 1e6 }
  expect(chosen([star('alpha', 'proxy')], { loads })).toEqual([])
  expect(chosen([star('alpha', 'beta', { role: 'fast-path' })], { loads })).toEqual(['alpha beta'])
})
