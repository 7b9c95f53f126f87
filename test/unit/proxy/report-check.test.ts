// Hosts report their own guests only: what is let pass, what is left out, and what is told of it.

import { beforeEach, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/base/clock.ts'
import { type MacAddress, macFromNumber } from '../../../src/base/mac.ts'
import type { MatrixReport } from '../../../src/infer/types.ts'
import {
  createReportCheck,
  HOME_GRACE_MS,
  type ReportCheck,
} from '../../../src/proxy/report-check.ts'

const [A, B, C] = [1, 2, 3].map((number) => macFromNumber(0x020000000000 + number)) as [
  MacAddress,
  MacAddress,
  MacAddress,
]
const homes = new Map<MacAddress, string>()
let clock: VirtualClock
let check: ReportCheck

beforeEach(() => {
  homes.clear()
  homes.set(A, 'alpha').set(B, 'beta')
  clock = new VirtualClock()
  check = createReportCheck({ clock, homeOf: (mac) => homes.get(mac) ?? null })
})

function report(host: string, pairs: readonly (readonly [MacAddress, MacAddress])[]): MatrixReport {
  const guests = [A, B, C]
  const place = (mac: MacAddress) => guests.indexOf(mac)
  const { length } = pairs
  return {
    ...{ host, instance: 'one', sequence: 1, fromMs: 100, toMs: 200, guests },
    source: Uint32Array.from(pairs, ([source]) => place(source)),
    destination: Uint32Array.from(pairs, ([, destination]) => place(destination)),
    bytes: Float64Array.from({ length }, (_, at) => 1_000 + at),
    frames: new Uint32Array(length).fill(1),
    droppedFrames: new Uint32Array(length),
  }
}

/** Sources of what is left of a report. */
const sift = (host: string, ...sources: readonly MacAddress[]) => {
  const sifted = check.sift(
    report(
      host,
      sources.map((source) => [source, source === C ? A : C] as const),
    ),
  )
  return Array.from(sifted.source, (number) => sifted.guests[number])
}

test('the own guests pass, and the report stays the same object', () => {
  const own = report('alpha', [
    [A, B],
    [A, C],
  ])
  expect(check.sift(own)).toBe(own)
  expect(check.refusedPairs()).toBe(0)
})

test("another host's guests are left out, with all their columns, and counted", () => {
  const sifted = check.sift(
    report('alpha', [
      [B, A],
      [A, B],
      [B, C],
    ]),
  )
  expect([...sifted.source]).toEqual([0])
  expect([...sifted.destination]).toEqual([1])
  expect([...sifted.bytes]).toEqual([1_001])
  expect([sifted.frames.length, sifted.droppedFrames.length]).toEqual([1, 1])
  expect(check.refusedPairs()).toBe(2)
  expect(check.foreign.get('alpha')).toMatchObject({ pairs: 2, mac: B, home: 'beta' })
  expect(check.foreign.has('beta')).toBe(false)
})

test('a guest that moved is taken from both hosts for a while', async () => {
  expect(sift('alpha', A)).toEqual([A])
  homes.set(A, 'beta')
  expect(sift('alpha', A)).toEqual([A])
  await clock.advance(HOME_GRACE_MS - 1)
  expect(sift('alpha', A)).toEqual([A])
  expect(sift('beta', A)).toEqual([A])
  await clock.advance(1)
  expect(sift('alpha', A)).toEqual([])
  expect(sift('beta', A)).toEqual([A])
})

test('a guest that nobody announced is taken for a while, and again once announced', async () => {
  expect(sift('alpha', C)).toEqual([C])
  await clock.advance(HOME_GRACE_MS)
  expect(sift('alpha', C, A)).toEqual([A])
  expect(check.foreign.get('alpha')).toMatchObject({ mac: C, home: null })
  homes.set(C, 'alpha')
  expect(sift('alpha', C)).toEqual([C])
  homes.delete(C)
  expect(sift('alpha', C)).toEqual([C])
  await clock.advance(HOME_GRACE_MS)
  expect(sift('alpha', C)).toEqual([])
})
