// Captures of several machines with clocks of their own, made from one true history of frames: the
// clocks are found, and every frame counts once, where it was sent.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type MacAddress, parseMac } from '../../../../src/base/mac.ts'
import { align } from '../../../../src/infer/captures/align.ts'
import { FileCounter } from '../../../../src/infer/captures/counter.ts'
import { type Survey, Surveyor } from '../../../../src/infer/captures/survey.ts'
import { tcpFrame } from '../../../support/captures.ts'

const guest = (number: number) => parseMac(`52:54:00:00:00:0${number}`)
const START_MS = 1_795_000_000_000
const WAY_MS = 4

interface Sent {
  readonly atMs: number
  readonly from: number
  readonly to: number
}

/** What the machine of a guest captures: all that it sends, and WAY_MS later what it gets. */
function captureOf(own: number, sent: readonly Sent[], clockMs: number) {
  return sent.flatMap(({ atMs, from, to }, index) => {
    if (own !== from && own !== to) return []
    const bytes = tcpFrame({ from: guest(from), to: guest(to), payloadBytes: 9, sequence: index })
    const seenMs = START_MS + atMs + clockMs + (own === to ? WAY_MS : 0)
    return [{ atMs: seenMs, bytes, length: bytes.length }]
  })
}

function surveyOf(file: number, frames: ReturnType<typeof captureOf>): Survey {
  const surveyor = new Surveyor(file)
  for (const { atMs, bytes, length } of frames) surveyor.add(atMs, bytes, length)
  const survey = surveyor.result(`g${file + 1}`)
  if (survey === null) throw new Error('nothing was captured')
  return survey
}

/** Frames by pair, as all the counters of the files together see them. */
function countAll(captures: readonly ReturnType<typeof captureOf>[], points: readonly Survey[]) {
  const counted = new Map<string, number>()
  const alignment = align(points)
  for (const [point, capture] of captures.entries()) {
    const counter = new FileCounter({
      ...{ points, alignment, intervalMs: 100 },
      fromMs: Number.NEGATIVE_INFINITY,
      toMs: Number.POSITIVE_INFINITY,
    })
    const intervals = [...capture.flatMap((frame) => counter.add(point, frame)), ...counter.flush()]
    for (const { guests, source, destination, frames } of intervals) {
      for (const [index, from] of source.entries()) {
        const key = `${guests[from]} ${guests[destination[index] ?? 0]}`
        counted.set(key, (counted.get(key) ?? 0) + (frames[index] ?? 0))
      }
    }
  }
  return counted
}

function expected(sent: readonly Sent[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { from, to } of sent) {
    const key = `${guest(from)} ${guest(to) satisfies MacAddress}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

const clock = fc.integer({ min: -90_000, max: 90_000 })
/** Both ways between 1 and 2 and between 2 and 3, so that all three are connected. */
const history = fc
  .array(fc.tuple(fc.constantFrom([1, 2], [2, 1], [2, 3], [3, 2]), fc.nat(200)), {
    minLength: 40,
    maxLength: 80,
  })
  .map((all) =>
    all.map(([[from = 0, to = 0], gap], index): Sent => ({ atMs: index * 250 + gap, from, to })),
  )
  .filter((all) => ['12', '21', '23', '32'].every((way) => countOf(all, way) >= 3))

function countOf(all: readonly Sent[], way: string): number {
  return all.filter(({ from, to }) => `${from}${to}` === way).length
}

describe('captures of three machines', () => {
  it('are brought to one clock, and every frame counts once', () => {
    fc.assert(
      fc.property(history, clock, clock, (sent, second, third) => {
        const captures = [0, second, third].map((ms, at) => captureOf(at + 1, sent, ms))
        const points = captures.map((frames, file) => surveyOf(file, frames))
        const { offsetsMs, isAlone } = align(points)
        expect(isAlone).toEqual([false, false, false])
        expect(offsetsMs[1]).toBeCloseTo(-second, 1)
        expect(offsetsMs[2]).toBeCloseTo(-third, 1)
        expect(countAll(captures, points)).toEqual(expected(sent))
      }),
      { numRuns: 30 },
    )
  })

  it('that saw different frames keep their clocks, and say so', () => {
    const one = surveyOf(0, captureOf(1, [{ atMs: 0, from: 1, to: 2 }], 0))
    const other = surveyOf(1, captureOf(3, [{ atMs: 0, from: 3, to: 4 }], 500))
    expect(align([one, other])).toMatchObject({ offsetsMs: [0, 0], isAlone: [false, true] })
  })

  it('where one began later, have the rest from the receiver', () => {
    const sent = Array.from({ length: 60 }, (_, index): Sent => {
      return index % 2 === 0
        ? { atMs: index * 100, from: 1, to: 2 }
        : { atMs: index * 100, from: 2, to: 1 }
    })
    const late = captureOf(1, sent, 7_000).slice(20)
    const captures = [captureOf(2, sent, 0), late]
    const points = captures.map((frames, file) => surveyOf(file, frames))
    const counted = countAll(captures, points)
    expect(counted.get(`${guest(2)} ${guest(1)}`)).toBe(30)
    // Up to half a second is missing between the two.
    const ofLate = counted.get(`${guest(1)} ${guest(2)}`)
    expect(ofLate).toBeLessThanOrEqual(30)
    expect(ofLate).toBeGreaterThanOrEqual(27)
  })
})

describe('two interfaces of one machine', () => {
  it('see the same frames, which count where they came first', () => {
    const sent = Array.from(
      { length: 50 },
      (_, index): Sent => ({
        atMs: index * 10,
        ...(index % 2 === 0 ? { from: 1, to: 2 } : { from: 2, to: 1 }),
      }),
    )
    const frames = captureOf(1, sent, 0)
    // The bridge sees what guest 1 sends 0.05 ms after its TAP device, and the rest before.
    const bridge = frames.map((frame, index) => ({
      ...frame,
      atMs: frame.atMs + (index % 2 === 0 ? 0.05 : -0.05),
    }))
    const points = [surveyOf(0, frames), surveyOf(0, bridge)]
    const { offsetsMs, homes } = align(points)
    expect(offsetsMs).toEqual([0, 0])
    expect(homes.get(0x525400000001)?.[0]).toBe(0)
    expect(homes.get(0x525400000002)?.[0]).toBe(1)
  })
})
