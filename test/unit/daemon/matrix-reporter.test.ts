// Cuts of the traffic matrix: at common edges, sparse, and none that nobody ordered.

import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/base/clock.ts'
import { parseMac } from '../../../src/base/mac.ts'
import { createMatrixReporter, type MatrixCut } from '../../../src/daemon/matrix-reporter.ts'
import { createTraffic } from '../../../src/daemon/traffic.ts'
import { pairColumns } from '../../../src/plane/pair-columns.ts'

const PAIR = {
  source: parseMac('02:00:00:00:00:01'),
  destination: parseMac('02:00:00:00:00:02'),
  ...{ frames: 2, bytes: 1_000, droppedFrames: 0 },
}

/** A host whose proxy's clock is `aheadMs` ahead; null: it is not known. */
function reporting({ aheadMs = 30 as number | null, isTalking = true } = {}) {
  const clock = new VirtualClock({ wallMs: 1_000_000_000 })
  const cuts: MatrixCut[] = []
  const state = { aheadMs, isTalking, drains: 0 }
  const traffic = createTraffic(clock.monotonicMs())
  const reporter = createMatrixReporter({
    plane: {
      drainTraffic: () => {
        state.drains++
        return pairColumns(state.isTalking ? [PAIR] : [])
      },
    },
    ...{ clock, traffic, onCut: (cut) => cuts.push(cut) },
    proxyNowMs: () => (state.aheadMs === null ? null : clock.wallMs() + state.aheadMs),
  })
  return { clock, cuts, state, traffic, reporter }
}

describe('a reporter', () => {
  test('counts on without an order, and reports nothing', () => {
    const { clock, cuts, traffic } = reporting()
    clock.advance(3_000)
    expect(cuts).toEqual([])
    expect(traffic.rows()).toMatchObject([{ bytes: 3_000, bytesPerSecond: 1_000 }])
  })

  test("cuts at multiples of the interval by the proxy's clock", () => {
    const { clock, cuts, reporter, traffic } = reporting()
    reporter.order(100)
    clock.advance(500)
    const edges = [100, 200, 300, 400, 500].map((ms) => 1_000_000_000 + ms)
    expect(cuts.map(({ toMs }) => toMs)).toEqual(edges)
    expect(cuts.slice(1).map(({ fromMs }) => fromMs)).toEqual(edges.slice(0, -1))
    // Since the start of the daemon: 70 ms before the first edge.
    expect(cuts[0]?.fromMs).toBe(1_000_000_030)
    expect(cuts.map(({ sequence }) => sequence)).toEqual([2, 3, 4, 5, 6])
    clock.advance(600)
    expect(traffic.rows()[0]?.bytesPerSecond).toBeCloseTo(10_000, -3)
  })

  test('is soon silent with its guests, but for a heartbeat, and leaves no number out', () => {
    const { clock, cuts, reporter, state } = reporting()
    reporter.order(100)
    clock.advance(170)
    state.isTalking = false
    clock.advance(2_000)
    expect(cuts.filter(({ columns }) => columns.source.length === 0)).toHaveLength(20)
    clock.advance(6_000)
    expect(cuts.filter(({ columns }) => columns.source.length === 0)).toHaveLength(23)
    state.isTalking = true
    clock.advance(100)
    expect(cuts.at(-1)?.columns.source).toHaveLength(1)
    expect(cuts.map(({ sequence }) => sequence)).toEqual(cuts.map((_, index) => index + 2))
    const last = cuts.at(-1)
    expect((last?.toMs ?? 0) - (last?.fromMs ?? 0)).toBe(100)
  })

  test("waits for the proxy's clock", () => {
    const { clock, cuts, reporter, state } = reporting({ aheadMs: null })
    reporter.order(100)
    clock.advance(1_000)
    expect(cuts).toEqual([])
    expect(state.drains).toBe(10)
    state.aheadMs = 3_600_000
    clock.advance(200)
    expect(cuts.length).toBeGreaterThan(0)
    expect(cuts[0]?.toMs).toBe(1_000_000_000 + 3_600_000 + 1_100)
  })

  test('changes its interval, ends with the order, and skips a number when it begins again', () => {
    const { clock, cuts, reporter, state } = reporting()
    reporter.order(100)
    clock.advance(470)
    reporter.order(1_000)
    clock.advance(1_500)
    expect(cuts.slice(-2).map(({ toMs }) => toMs % 10_000)).toEqual([1_000, 2_000])
    reporter.order(0)
    const before = cuts.at(-1)
    clock.advance(2_000)
    expect(cuts.at(-1)).toBe(before)
    reporter.order(100)
    clock.advance(100)
    expect(cuts.at(-1)?.sequence).toBe((before?.sequence ?? 0) + 2)
    reporter.stop()
    const { drains } = state
    clock.advance(5_000)
    expect(state.drains).toBe(drains)
  })
})
