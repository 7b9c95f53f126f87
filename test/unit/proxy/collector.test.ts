// Reports on their way: cut into messages, sent, put together again; and what cannot be.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { macFromBytes, macFromNumber } from '../../../src/base/mac.ts'
import { matrixMessages } from '../../../src/daemon/matrix-message.ts'
import { pairColumns, pairRows } from '../../../src/plane/pair-columns.ts'
import { createCollector } from '../../../src/proxy/collector.ts'
import { decodeControl, encodeControl } from '../../../src/wire/control.ts'
import { type ControlMessageOf, MATRIX_PAIRS_PER_MESSAGE_MAX } from '../../../src/wire/message.ts'
import { anyMessageOf } from '../../support/control-messages.ts'

type Report = ControlMessageOf<'matrixReport'>
const FROM = { host: 'alpha', instance: 'a1' }

/** As it arrives at the other end. */
function sent(message: Report): Report {
  const result = decodeControl(encodeControl(message))
  if (!result.ok || result.message.kind !== 'matrixReport') throw new Error('not decoded')
  return result.message
}

function cutOf(pairs: number, { sequence = 1, isDropping = true } = {}) {
  const rows = Array.from({ length: pairs }, (_, at) => ({
    source: macFromNumber(2 ** 41 + Math.floor(at / 97)),
    destination: macFromNumber(2 ** 41 + 1_000 + (at % 97)),
    ...{ frames: at + 1, bytes: at * 1_448, droppedFrames: isDropping ? at % 3 : 0 },
  }))
  return { rows, cut: { sequence, fromMs: 5_000, toMs: 5_100, columns: pairColumns(rows) } }
}

function rowsOf(report: ReturnType<ReturnType<typeof createCollector>['receive']>) {
  return Array.from(report?.source ?? [], (source, at) => ({
    source: report?.guests[source],
    destination: report?.guests[report.destination[at] ?? 0],
    frames: report?.frames[at],
    bytes: report?.bytes[at],
    droppedFrames: report?.droppedFrames[at],
  }))
}

describe('a cut', () => {
  test.each([0, 1, 56, MATRIX_PAIRS_PER_MESSAGE_MAX, 5_000])(
    'of %i pairs arrives whole',
    (pairs) => {
      const collector = createCollector()
      const { rows, cut } = cutOf(pairs)
      const messages = matrixMessages(cut)
      expect(messages).toHaveLength(Math.max(1, Math.ceil(pairs / MATRIX_PAIRS_PER_MESSAGE_MAX)))
      const reports = messages.map((message) => collector.receive(FROM, sent(message)))
      expect(reports.slice(0, -1).every((report) => report === null)).toBe(true)
      const report = reports.at(-1) ?? null
      expect(report).toMatchObject({ ...FROM, sequence: 1, fromMs: 5_000, toMs: 5_100 })
      expect(rowsOf(report)).toEqual(rows)
      expect(rowsOf(collector.own(FROM, cut))).toEqual(rows)
      expect(collector.refused()).toBe(0)
    },
  )

  test('of 8 guests that all talk to all is small', () => {
    const macs = Array.from({ length: 8 }, (_, at) => macFromNumber(2 ** 41 + at))
    const rows = macs.flatMap((source) =>
      macs
        .filter((mac) => mac !== source)
        .map((destination) => ({
          ...{ source, destination, frames: 80_000, bytes: 120_000_000, droppedFrames: 3 },
        })),
    )
    const columns = pairColumns(rows)
    const cut = { sequence: 1e6, fromMs: 1.8e12, toMs: 1.8e12 + 100, columns }
    const bytes = matrixMessages(cut).map((message) => encodeControl(message).length)
    expect(bytes).toHaveLength(1)
    expect(bytes[0]).toBeLessThan(700)
    expect(pairRows(columns)).toEqual(rows)
  })
})

describe('a collector', () => {
  test('refuses parts out of order or of two reports, and takes the next whole one', () => {
    const collector = createCollector()
    const [a = fail(), b = fail(), c = fail()] = matrixMessages(cutOf(5_000).cut)
    const [other = fail()] = matrixMessages(cutOf(5_000, { sequence: 2 }).cut)
    for (const wrong of [[b], [a, c], [a, b, other, c], [a, a, c]]) {
      expect(
        wrong.map((message) => collector.receive(FROM, message)).every((r) => r === null),
      ).toBe(true)
    }
    expect(collector.refused()).toBeGreaterThanOrEqual(4)
    collector.receive(FROM, a)
    collector.forget(FROM.host)
    expect([b, c].map((message) => collector.receive(FROM, message))).toEqual([null, null])
    expect([a, b, c].map((message) => collector.receive(FROM, message))[2]).not.toBe(null)
  })

  test('takes nothing from a report that points outside of itself', () => {
    const [message = fail()] = matrixMessages(cutOf(3).cut)
    const collector = createCollector()
    const wrong: Partial<Report>[] = [
      { source: Uint32Array.of(0, 0, 99) },
      { bytes: Float64Array.of(1, 2) },
      { guests: message.guests.subarray(1) },
      { droppedFrames: Uint32Array.of(1) },
      { parts: 0 },
      { part: 1 },
      { parts: 4_000_000_000 },
    ]
    for (const fault of wrong) expect(collector.receive(FROM, { ...message, ...fault })).toBe(null)
    expect(collector.refused()).toBe(wrong.length)
    expect(collector.receive(FROM, message)).not.toBe(null)
  })

  test('survives any message', () => {
    const collector = createCollector()
    fc.assert(
      fc.property(anyMessageOf('matrixReport'), (message) => {
        const report = collector.receive(FROM, message as Report)
        for (const row of rowsOf(report)) expect(row.source).toMatch(/^[0-9a-f:]{17}$/)
      }),
      { numRuns: 500 },
    )
  })

  test('names a MAC as everybody does', () => {
    const bytes = Uint8Array.of(0, 0x1b, 0x21, 0xff, 0, 9)
    const rows = [{ source: macFromBytes(bytes), destination: macFromBytes(bytes) }]
    const counts = { frames: 1, bytes: 60, droppedFrames: 0 }
    const columns = pairColumns(rows.map((row) => ({ ...row, ...counts })))
    const report = createCollector().own(FROM, { sequence: 1, fromMs: 0, toMs: 1, columns })
    expect(report.guests).toEqual(['00:1b:21:ff:00:09'])
  })
})

function fail(): never {
  throw new Error('too few messages')
}
