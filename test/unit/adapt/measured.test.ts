// What is believed of the network, out of what daemons tell each second.

import { describe, expect, test } from 'vitest'
import { createMeasuredNetwork, type MeasuredNetwork } from '../../../src/adapt/measured.ts'
import type { LinkSample } from '../../../src/adapt/sampling.ts'
import { hostPair } from '../../../src/adapt/types.ts'

const MINUTE_MS = 60_000
/** 100 Mbit/s. */
const FAST = 12_500_000

function sample(peer: string, more: Partial<LinkSample> = {}): LinkSample {
  return {
    peer,
    role: peer === 'proxy' ? 'star' : 'fast-path',
    ...{ minRttUs: 2_000, jitterUs: 100, sentBytes: 0, resentBytes: 0, queueUs: 0 },
    ...{ loadBytesPerSecond: 0, rateBytesPerSecond: null, isSaturated: false },
    ...more,
  }
}

/** A second in which the path was the limit, or (`isFull` false) the sender. */
function busy(peer: string, rate: number, isFull = true): LinkSample {
  const carried = { loadBytesPerSecond: rate, rateBytesPerSecond: rate, isSaturated: isFull }
  return sample(peer, { ...carried, sentBytes: rate })
}

/** One report a second; returns the time of the last. */
function say(
  network: MeasuredNetwork,
  from: string,
  seconds: readonly (readonly LinkSample[])[],
  { startMs = 1_000, received = 0 } = {},
): number {
  let nowMs = startMs
  for (const links of seconds) {
    network.report({ from, receivedBytesPerSecond: received, links }, nowMs)
    nowMs += 1_000
  }
  return nowMs - 1_000
}

const times = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value)

describe('a path', () => {
  const path = { from: 'alpha', to: 'beta' }

  test('is unknown before anybody spoke of it', () => {
    const network = createMeasuredNetwork('proxy')
    expect(network.path(path, 1_000)).toBeNull()
    expect(network.paths(1_000)).toEqual([])
    expect(network.figures(1_000).path(hostPair('alpha', 'beta'))).toBeNull()
  })

  test('that carries nothing has a round trip and no rate', () => {
    const network = createMeasuredNetwork('proxy')
    const nowMs = say(network, 'alpha', [[sample('beta', { minRttUs: 20_000 })]])
    expect(network.path(path, nowMs)).toEqual({
      ...path,
      ...{ role: 'fast-path', rttMs: 20, jitterMs: 0.1, lossRatio: null, queueMs: 0 },
      ...{ bytesPerSecond: null, isSaturated: false, loadBytesPerSecond: 0 },
      ...{ atMs: nowMs, rateAtMs: null, confidence: 0 },
    })
    const known = network.figures(nowMs).path(hostPair('beta', 'alpha'))
    expect(known).toMatchObject({ rttMs: 20, aToBBytesPerSecond: Number.POSITIVE_INFINITY })
  })

  test('at its limit has a capacity, surer with each second and less so with its age', () => {
    const network = createMeasuredNetwork('proxy')
    const nowMs = say(network, 'alpha', [[busy('beta', FAST)]])
    const first = network.path(path, nowMs)
    expect(first).toMatchObject({ bytesPerSecond: FAST, isSaturated: true, rateAtMs: nowMs })
    const laterMs = say(network, 'alpha', times(3, [busy('beta', FAST)]), { startMs: nowMs + 1 })
    const sure = network.path(path, laterMs)
    expect(sure?.confidence).toBe(1)
    expect(first?.confidence).toBeLessThan(0.5)
    expect(network.path(path, laterMs + 10 * MINUTE_MS)?.confidence).toBeCloseTo(0.5)
    expect(network.path(path, laterMs + 60 * MINUTE_MS)?.bytesPerSecond).toBe(FAST)
  })

  test('that was only asked for little may carry more', () => {
    const network = createMeasuredNetwork('proxy')
    const nowMs = say(network, 'alpha', times(5, [busy('beta', FAST / 10, false)]))
    const measure = network.path(path, nowMs)
    expect(measure).toMatchObject({ bytesPerSecond: FAST / 10, isSaturated: false })
    const { aToBBytesPerSecond } = network.figures(nowMs).path(hostPair('alpha', 'beta')) ?? {}
    expect(aToBBytesPerSecond).toBe(Number.POSITIVE_INFINITY)
  })

  test('holds its peak over slower seconds, and is believed to be slower after some', () => {
    const network = createMeasuredNetwork('proxy')
    let nowMs = say(network, 'alpha', times(3, [busy('beta', FAST)]))
    nowMs = say(network, 'alpha', times(5, [busy('beta', FAST / 10)]), { startMs: nowMs + 1_000 })
    expect(network.path(path, nowMs)?.bytesPerSecond).toBe(FAST)
    nowMs = say(network, 'alpha', times(5, [busy('beta', FAST / 10)]), { startMs: nowMs + 1_000 })
    expect(network.path(path, nowMs)?.bytesPerSecond).toBe(FAST / 10)
  })

  test('is not held to be slow because other links took their share of its ends', () => {
    const network = createMeasuredNetwork('proxy')
    let nowMs = say(network, 'alpha', times(3, [busy('beta', FAST)]))
    const shared = [busy('beta', FAST / 4), busy('gamma', FAST / 4), busy('delta', FAST / 2)]
    nowMs = say(network, 'alpha', times(20, shared), { startMs: nowMs + 1_000 })
    expect(network.path(path, nowMs)).toMatchObject({ bytesPerSecond: FAST, isSaturated: true })
    // Nor where the other end is busy with others.
    const other = createMeasuredNetwork('proxy')
    say(other, 'alpha', times(3, [busy('beta', FAST)]))
    for (let at = 10_000; at < 30_000; at += 1_000) {
      say(other, 'beta', [[]], { startMs: at, received: FAST })
      nowMs = say(other, 'alpha', [[busy('beta', FAST / 5)]], { startMs: at + 500 })
    }
    expect(other.path(path, nowMs)?.bytesPerSecond).toBe(FAST)
  })

  test('has the share of losses of its last megabytes', () => {
    const network = createMeasuredNetwork('proxy')
    const lossy = { ...busy('beta', FAST), resentBytes: FAST / 50 }
    let nowMs = say(network, 'alpha', times(3, [lossy]))
    expect(network.path(path, nowMs)?.lossRatio).toBeCloseTo(0.02, 5)
    nowMs = say(network, 'alpha', times(3, [busy('beta', FAST)]), { startMs: nowMs + 1_000 })
    expect(network.path(path, nowMs)?.lossRatio).toBe(0)
  })

  test('carries nothing once nobody speaks of it', () => {
    const network = createMeasuredNetwork('proxy')
    const nowMs = say(network, 'alpha', [[busy('beta', FAST)]])
    expect(network.load('alpha', nowMs).sendBytesPerSecond).toBe(FAST)
    expect(network.load('beta', nowMs).receiveBytesPerSecond).toBe(FAST)
    expect(network.path(path, nowMs + 5_000)?.loadBytesPerSecond).toBe(0)
    expect(network.load('alpha', nowMs + 5_000).sendBytesPerSecond).toBe(0)
  })

  test('takes the result of a probe as a second at its limit, or as a lower bound', () => {
    const network = createMeasuredNetwork('proxy')
    const probe = { ...path, role: 'fast-path', bytesPerSecond: FAST } as const
    network.probed({ ...probe, isSaturated: false }, 1_000)
    expect(network.path(path, 1_000)).toMatchObject({ bytesPerSecond: FAST, isSaturated: false })
    network.probed({ ...probe, isSaturated: true }, 2_000)
    expect(network.path(path, 2_000)).toMatchObject({ bytesPerSecond: FAST, isSaturated: true })
  })
})

describe('the access of a daemon', () => {
  const none = Number.POSITIVE_INFINITY

  test('is unknown while one link alone is at its limit', () => {
    const network = createMeasuredNetwork('proxy')
    const nowMs = say(network, 'alpha', times(5, [busy('proxy', FAST)]))
    expect(network.figures(nowMs).access('alpha').sendBytesPerSecond).toBe(none)
    expect(network.figures(nowMs).star('alpha')).toMatchObject({ sendBytesPerSecond: FAST })
    expect(network.figures(nowMs).access('nobody').sendBytesPerSecond).toBe(none)
  })

  test('is what star and fast path have in common', () => {
    const network = createMeasuredNetwork('proxy')
    let nowMs = say(network, 'alpha', [[busy('proxy', FAST)]])
    nowMs = say(network, 'alpha', [[busy('beta', 0.95 * FAST)]], { startMs: nowMs + 1_000 })
    expect(network.figures(nowMs).access('alpha').sendBytesPerSecond).toBe(FAST)
    const fast = createMeasuredNetwork('proxy')
    nowMs = say(fast, 'alpha', [[busy('proxy', FAST)]])
    nowMs = say(fast, 'alpha', [[busy('beta', 8 * FAST)]], { startMs: nowMs + 1_000 })
    expect(fast.figures(nowMs).access('alpha').sendBytesPerSecond).toBe(none)
  })

  test('shows when links at their limits carry less than each of them alone', () => {
    const network = createMeasuredNetwork('proxy')
    let nowMs = say(network, 'proxy', [[busy('alpha', FAST)]])
    nowMs = say(network, 'proxy', [[busy('beta', FAST)]], { startMs: nowMs + 5_000 })
    const both = [busy('alpha', 0.6 * FAST), busy('beta', 0.6 * FAST)]
    nowMs = say(network, 'proxy', times(3, both), { startMs: nowMs + 5_000 })
    expect(network.figures(nowMs).proxy().sendBytesPerSecond).toBeCloseTo(1.2 * FAST)
    expect(network.figures(nowMs).proxy().receiveBytesPerSecond).toBe(none)
  })

  test('is not limited by links that all carry what they can', () => {
    const network = createMeasuredNetwork('proxy')
    let nowMs = say(network, 'proxy', [[busy('alpha', FAST)]])
    nowMs = say(network, 'proxy', [[busy('beta', FAST)]], { startMs: nowMs + 5_000 })
    const both = [busy('alpha', FAST), busy('beta', FAST)]
    nowMs = say(network, 'proxy', times(3, both), { startMs: nowMs + 5_000 })
    expect(network.figures(nowMs).proxy().sendBytesPerSecond).toBe(none)
  })

  test('receives at most what it did while several senders waited', () => {
    const network = createMeasuredNetwork('proxy')
    let nowMs = 1_000
    for (const host of ['alpha', 'beta']) {
      nowMs = say(network, host, [[busy('proxy', FAST)]], { startMs: nowMs + 5_000 })
    }
    nowMs += 5_000
    for (const host of ['alpha', 'beta'])
      say(network, host, [[busy('proxy', FAST / 2)]], { startMs: nowMs })
    say(network, 'proxy', [[]], { startMs: nowMs + 100, received: FAST })
    expect(network.figures(nowMs + 100).proxy().receiveBytesPerSecond).toBe(FAST)
  })
})

test('remembers whether two hosts can connect, and forgets hosts that left', () => {
  const network = createMeasuredNetwork('proxy')
  const pair = hostPair('beta', 'alpha')
  network.reached(pair, { isReachable: false, reason: 'refused', atMs: 1_000 })
  say(network, 'alpha', [[sample('beta'), sample('proxy')]])
  expect(network.reachability()).toEqual([
    { ...pair, isReachable: false, reason: 'refused', atMs: 1_000 },
  ])
  network.forget('beta')
  expect(network.reachability()).toEqual([])
  expect(network.paths(1_000).map(({ to }) => to)).toEqual(['proxy'])
})
