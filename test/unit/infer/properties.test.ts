// What must hold for any traffic: the sums are those of all reports told again, order and numbering
// make no difference, neither do duplicates, and nothing grows without bound.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { MacAddress } from '../../../src/base/mac.ts'
import { seededRandom } from '../../../src/base/random.ts'
import { createInference } from '../../../src/infer/inference.ts'
import { DEFAULT_INFER_PARAMETERS, withParameters } from '../../../src/infer/parameters.ts'
import type { Inference, MatrixReport, TickRecord } from '../../../src/infer/types.ts'
import { shapeOf } from '../../../src/infer/window.ts'
import { matrixReport, type Row } from '../../support/matrix.ts'
import { referenceWindow } from './reference.ts'

// A counterexample is worth having today, even if there is a smaller one.
fc.configureGlobal({ interruptAfterTimeLimit: 8_000 })

const START_MS = 1_800_000_000_000
const INTERVAL_MS = 100
const GUESTS = 6

const row: fc.Arbitrary<Row> = fc
  .record({
    from: fc.integer({ min: 1, max: GUESTS }),
    to: fc.integer({ min: 1, max: GUESTS }),
    bytes: fc.oneof(fc.integer({ min: 60, max: 9_000 }), fc.integer({ min: 60, max: 900_000 })),
  })
  .filter(({ from, to }) => from !== to)

/** By interval and host, what is sent; null: the report is lost. */
const traffic = fc.array(
  fc.array(fc.option(fc.uniqueArray(row, { maxLength: 8, selector: keyOf }), { freq: 8 }), {
    minLength: 3,
    maxLength: 3,
  }),
  { minLength: 1, maxLength: 40 },
)

function keyOf({ from, to }: Row): string {
  return `${from} ${to}`
}

interface Timed {
  readonly receivedMs: number
  readonly report: MatrixReport
}

/** The reports of each interval. Host h sends what guests h, h + 3, ... do. */
function reportsOf(intervals: readonly (readonly (readonly Row[] | null)[])[]): Timed[][] {
  return intervals.map((hosts, interval) => {
    const fromMs = START_MS + interval * INTERVAL_MS
    const toMs = fromMs + INTERVAL_MS
    return hosts.flatMap((rows, host) => {
      if (rows === null) return []
      const own = rows.filter(({ from }) => from % 3 === host)
      const head = { host: `host-${host}`, sequence: interval + 1, fromMs, toMs }
      return [{ receivedMs: toMs + 5, report: matrixReport(head, own) }]
    })
  })
}

const tickMs = (interval: number) => START_MS + (interval + 1) * INTERVAL_MS + 20

function run(intervals: readonly (readonly Timed[])[], each?: (inference: Inference) => void) {
  const inference = createInference()
  const records: TickRecord[] = []
  for (const [interval, timed] of intervals.entries()) {
    for (const { report, receivedMs } of timed) inference.ingest(report, receivedMs)
    inference.tick(tickMs(interval))
    each?.(inference)
    records.push(inference.record())
  }
  return records
}

/** What is decided, without who told it. */
const decisionsOf = (records: readonly TickRecord[]) =>
  records.map(({ pairs, topology, change }) => ({ pairs, topology, change }))

test('the sums are those of all reports told again', () => {
  fc.assert(
    fc.property(traffic, (intervals) => {
      const timed = reportsOf(intervals)
      const shape = shapeOf(DEFAULT_INFER_PARAMETERS)
      const seconds = (shape.bucketMs * shape.buckets) / 1_000
      for (const [interval, { pairs }] of run(timed).entries()) {
        const all = timed.slice(0, interval + 1).flat()
        const reports = all.map(({ report }) => report)
        const isLossy = intervals.slice(0, interval + 1).some((hosts) => hosts.includes(null))
        const expected = referenceWindow(reports, shape, tickMs(interval))
        for (const pair of pairs) {
          const sum = expected.get(`${pair.source} ${pair.destination}`) ?? 0
          const bytes = pair.smoothedBytesPerSecond * seconds
          if (isLossy) {
            // Scaled up for what is lost, at most twofold.
            expect(bytes).toBeGreaterThanOrEqual(sum - 1e-6)
            expect(bytes).toBeLessThanOrEqual(2 * sum + 1e-6)
          } else expect(bytes).toBeCloseTo(sum, 6)
        }
        const shown = pairs.filter((pair) => pair.framesPerSecond > 0).length
        expect(shown).toBe([...expected.values()].filter((sum) => sum > 0).length)
      }
    }),
    { numRuns: 60 },
  )
})

test('the order of arrival and duplicates make no difference', () => {
  fc.assert(
    fc.property(traffic, fc.integer(), (intervals, seed) => {
      const timed = reportsOf(intervals)
      const random = seededRandom(seed)
      const mixed = timed.map((one) =>
        [...one, ...one.filter(() => random.next() < 0.3)]
          .map((report) => ({ report, at: random.next() }))
          .sort((a, b) => a.at - b.at)
          .map(({ report }) => report),
      )
      expect(decisionsOf(run(mixed))).toEqual(decisionsOf(run(timed)))
    }),
    { numRuns: 60 },
  )
})

test('what is late ends up where it belongs', () => {
  fc.assert(
    fc.property(traffic, fc.integer(), (intervals, seed) => {
      const timed = reportsOf(intervals)
      const random = seededRandom(seed)
      const late: Timed[][] = timed.map(() => [])
      const punctual = new Set<string>()
      for (const [interval, own] of timed.entries()) {
        for (const one of own) {
          // A host whose very first report is late looks like one whose clock is slow.
          const isKnown = punctual.has(one.report.host)
          const isLate = isKnown && random.next() < 0.2
          if (!isLate) punctual.add(one.report.host)
          const delay = isLate ? 1 + Math.floor(random.next() * 4) : 0
          const at = Math.min(interval + delay, timed.length - 1)
          const receivedMs = one.receivedMs + (at - interval) * INTERVAL_MS
          late[at]?.push({ report: one.report, receivedMs })
        }
      }
      const [inTime, lately] = [run(timed).at(-1), run(late).at(-1)]
      const rates = (record: TickRecord | undefined) =>
        record?.pairs
          .filter((pair) => pair.smoothedBytesPerSecond > 0)
          .map((pair) => [pair.source, pair.destination, pair.smoothedBytesPerSecond])
      expect(rates(lately)).toEqual(rates(inTime))
    }),
    { numRuns: 60 },
  )
})

test('the numbering of the guests makes no difference', () => {
  fc.assert(
    fc.property(traffic, (intervals) => {
      const timed = reportsOf(intervals)
      // Another dictionary, entries in another order: the same traffic.
      const turned = timed.map((own) =>
        own.map(({ receivedMs, report }) => ({ receivedMs, report: turnedReport(report) })),
      )
      expect(decisionsOf(run(turned))).toEqual(decisionsOf(run(timed)))
    }),
    { numRuns: 60 },
  )
})

function turnedReport(report: MatrixReport): MatrixReport {
  const last = report.guests.length - 1
  return {
    ...report,
    guests: report.guests.toReversed(),
    source: report.source.toReversed().map((index) => last - index),
    destination: report.destination.toReversed().map((index) => last - index),
    bytes: report.bytes.toReversed(),
    frames: report.frames.toReversed(),
    droppedFrames: report.droppedFrames.toReversed(),
  }
}

test('losing reports of steady traffic adds no edge', () => {
  const steady = row.map((one) => ({ ...one, bytes: one.bytes < 9_000 ? 400 : one.bytes + 90_000 }))
  const losses = fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 30, maxLength: 30 })
  fc.assert(
    fc.property(
      fc.uniqueArray(steady, { minLength: 1, maxLength: 12, selector: keyOf }),
      losses,
      (rows, lost) => {
        const whole = lost.map(() => [rows, rows, rows])
        // Each time one of the three hosts, or none.
        const lossy = lost.map((which, i) =>
          [0, 1, 2].map((host) => (which === host && i >= 12 ? null : rows)),
        )
        const all = edgesOf(run(reportsOf(whole)).at(-1))
        for (const record of run(reportsOf(lossy)).slice(12)) {
          for (const edge of edgesOf(record)) expect(all).toContain(edge)
        }
      },
    ),
    { numRuns: 40 },
  )
})

const edgesOf = (record: TickRecord | undefined) =>
  record?.topology.edges.map(({ source, destination }) => `${source} ${destination}`) ?? []

test('every edge is told once, and taken back before it is told again', () => {
  fc.assert(
    fc.property(traffic, (intervals) => {
      const told = new Set<string>()
      const key = (edge: { source: MacAddress; destination: MacAddress }) =>
        `${edge.source} ${edge.destination}`
      for (const { change, topology } of run(reportsOf(intervals))) {
        for (const edge of change?.added ?? []) {
          expect(told.has(key(edge))).toBe(false)
          told.add(key(edge))
        }
        for (const edge of change?.removed ?? []) expect(told.delete(key(edge))).toBe(true)
        expect(topology.edges.map(key).sort()).toEqual([...told].sort())
      }
    }),
    { numRuns: 60 },
  )
})

test('stages add up to the time that a change took', () => {
  fc.assert(
    fc.property(traffic, (intervals) => {
      for (const { change } of run(reportsOf(intervals))) {
        if (change === null) continue
        const { countMs, reportMs, smoothMs, decideMs } = change.stages
        for (const stage of [countMs, reportMs, smoothMs, decideMs]) {
          expect(stage).toBeGreaterThanOrEqual(0)
        }
        const sum = countMs + reportMs + smoothMs + decideMs
        expect(sum).toBeCloseTo(change.atMs - change.firstFrameMs, 6)
      }
    }),
    { numRuns: 60 },
  )
})

test('any report is taken or refused, never thrown at, and any parameters will do', () => {
  const number = fc.oneof(fc.integer(), fc.double(), fc.constant(START_MS))
  const column = fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 6 })
  const report = fc.record({
    host: fc.constantFrom('a', 'b', ''),
    instance: fc.constantFrom('1', '2', '3'),
    sequence: number,
    fromMs: number,
    toMs: fc.oneof(number, fc.constant(START_MS + 100)),
    guests: fc.array(fc.constantFrom('02:00:00:00:00:01', '02:00:00:00:00:02', 'ff:ff')),
    source: column.map((values) => Uint32Array.from(values)),
    destination: column.map((values) => Uint32Array.from(values)),
    bytes: fc.array(fc.double(), { maxLength: 6 }).map((values) => Float64Array.from(values)),
    frames: column.map((values) => Uint32Array.from(values)),
    droppedFrames: column.map((values) => Uint32Array.from(values)),
  })
  const parameters = fc.record({
    updateIntervalMs: fc.integer({ min: 50, max: 5_000 }),
    smoothingIntervalMs: fc.integer({ min: 200, max: 60_000 }),
    hysteresis: fc.double({ min: 0.05, max: 1, noNaN: true }),
  })
  fc.assert(
    fc.property(fc.array(fc.tuple(report, number, parameters), { maxLength: 20 }), (steps) => {
      const inference = createInference()
      for (const [one, nowMs, changes] of steps) {
        const ms = Number.isFinite(nowMs) ? Math.abs(nowMs) % 1e13 : START_MS
        inference.ingest(one as unknown as MatrixReport, ms)
        inference.tick(ms)
        inference.setParameters(withParameters(DEFAULT_INFER_PARAMETERS, changes))
        inference.record()
      }
    }),
    { numRuns: 200 },
  )
})
