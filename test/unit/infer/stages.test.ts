// The stages by themselves: numbering of pairs, sequences, clocks, the split of loads, settling.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PAIR_TABLE_MAX } from '../../../src/base/limits.ts'
import type { MacAddress } from '../../../src/base/mac.ts'
import { createClockSkew } from '../../../src/infer/clock-skew.ts'
import { GuestTable, NONE, PairTable } from '../../../src/infer/pairs.ts'
import { DEFAULT_INFER_PARAMETERS, withParameters } from '../../../src/infer/parameters.ts'
import { SequenceLog } from '../../../src/infer/sequences.ts'
import { createSettling, settle } from '../../../src/infer/settle.ts'
import { splitLoads } from '../../../src/infer/split.ts'
import { shapeOf, Window } from '../../../src/infer/window.ts'

test('pairs keep their numbers while others come and go', () => {
  const step = fc.record({
    source: fc.integer({ min: 0, max: 30 }),
    destination: fc.integer({ min: 31, max: 60 }),
    isRemoved: fc.boolean(),
    isTurned: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const guests = new GuestTable()
      for (let i = 0; i <= 60; i += 1) guests.intern(`guest ${i}` as MacAddress)
      const pairs = new PairTable(guests)
      const numbers = new Map<string, number>()
      for (const { source, destination, isRemoved, isTurned } of steps) {
        const [from, to] = isTurned ? [destination, source] : [source, destination]
        const key = `${from} ${to}`
        const known = numbers.get(key)
        if (isRemoved && known !== undefined) {
          pairs.remove(known)
          numbers.delete(key)
        } else if (!isRemoved) {
          const pair = pairs.intern(from, to)
          if (known !== undefined) expect(pair).toBe(known)
          numbers.set(key, pair)
        }
      }
      expect(pairs.size).toBe(numbers.size)
      expect(new Set(numbers.values()).size).toBe(numbers.size)
      for (const [key, pair] of numbers) {
        const [from = 0, to = 0] = key.split(' ').map(Number)
        expect(pairs.find(from, to)).toBe(pair)
        expect(pairs.reverse[pair]).toBe(numbers.get(`${to} ${from}`) ?? NONE)
      }
    }),
    { numRuns: 100 },
  )
})

test('the table of pairs is full at its bound, and has room again', () => {
  const guests = new GuestTable()
  const pairs = new PairTable(guests)
  for (let i = 0; i < PAIR_TABLE_MAX; i += 1) pairs.intern(i >> 9, 1_000 + (i & 511))
  expect(pairs.size).toBe(PAIR_TABLE_MAX)
  expect(pairs.intern(99_999, 1)).toBe(NONE)
  pairs.remove(5)
  expect(pairs.intern(99_999, 1)).toBe(5)
})

test('sequences: duplicates, losses, late ones, silent stretches', () => {
  const log = new SequenceLog()
  const at = (sequence: number) => ({ fromMs: sequence * 100, toMs: sequence * 100 + 60 })
  expect(log.note(5, at(5))).toEqual([])
  expect(log.note(6, at(6))).toEqual([{ fromMs: 560, toMs: 600 }])
  expect(log.note(9, at(9))).toEqual([])
  expect([log.lost, log.isNew(6), log.isNew(8)]).toEqual([2, false, true])
  expect(log.note(8, at(8))).toEqual([{ fromMs: 860, toMs: 900 }])
  expect(log.note(7, at(7))).toHaveLength(2)
  expect([log.lost, log.isNew(7)]).toEqual([0, false])
  log.note(1_000, at(1_000))
  expect(log.isNew(10)).toBe(false)
})

test('a clock: travel is no skew, skew is found, a step is found after a while', () => {
  const skew = createClockSkew()
  let nowMs = 1_800_000_000_000
  const see = (count: number, delayMs: number) => {
    for (let i = 0; i < count; i += 1) {
      nowMs += 100
      skew.see(nowMs - delayMs, nowMs)
    }
  }
  see(10, 120)
  expect(skew.correctionMs()).toBe(0)
  see(1, -3_000)
  expect(skew.correctionMs()).toBe(-3_000)
  see(10, 0)
  expect(skew.correctionMs()).toBe(-3_000)
  see(15, 0)
  expect(skew.correctionMs()).toBe(0)
  see(700, 900)
  expect(skew.correctionMs()).toBe(900)
})

const options = { detectionThreshold: 0.1, floorBytesPerSecond: 16_000 }
const split = (loads: number[], pairs: number) =>
  splitLoads(Float64Array.from(loads), pairs, options)

test('loads part at the widest gap near the threshold', () => {
  const { enter, background } = split([20e3, 22e3, 25e3, 400e3, 700e3, 1e6], 12)
  expect(enter).toBeGreaterThan(25e3)
  expect(enter).toBeLessThan(400e3)
  expect(background).toBeCloseTo(22_333, -1)
})

test('without background all loads are edges', () => {
  expect(split([200e3, 210e3, 400e3, 1e6], 12).enter).toBeLessThan(200e3)
})

test('loads below the floor are no edges', () => {
  expect(split([100, 200, 15_999], 6).enter).toBeGreaterThan(15_999)
})

test('edges a thousandfold weaker than one are found, even background is not', () => {
  const weak = Array.from({ length: 8 }, (_, i) => 100e3 + i * 1e3)
  expect(split([...weak, 100e6], 30).enter).toBeLessThan(100e3)
  const even = Array.from({ length: 25 }, (_, i) => 100e3 + i * 1e3)
  expect(split([...even, 100e6], 30).enter).toBeGreaterThan(125e3)
})

test('any loads part somewhere', () => {
  const loads = fc.array(fc.double({ min: 1, max: 1e12, noNaN: true }), { minLength: 1 })
  fc.assert(
    fc.property(loads, fc.integer({ min: 0, max: 10_000 }), (values, pairs) => {
      const sorted = values.toSorted((a, b) => a - b)
      const { enter, background } = split(sorted, pairs)
      expect(enter).toBeGreaterThanOrEqual(options.floorBytesPerSecond)
      expect(background).toBeLessThanOrEqual(sorted.at(-1) ?? 0)
    }),
  )
})

test('new edges are told when they have been stable, or after three intervals', () => {
  const settling = createSettling()
  const at = (nowMs: number, isChanged: boolean) =>
    settle(settling, nowMs, { isChanged, added: 1, removed: 1 }, DEFAULT_INFER_PARAMETERS)
  const told = (changes: readonly boolean[], startMs: number) =>
    changes.map((isChanged, i) => at(startMs + i * 100, isChanged)).indexOf(true)
  expect(told([false, true, false, false], 0)).toBe(2)
  expect(told([true, true, true, true, true], 1_000)).toBe(3)
})

test('edges that only leave are told together, with less hurry', () => {
  const settling = createSettling()
  const at = (nowMs: number, isChanged: boolean) =>
    settle(settling, nowMs, { isChanged, added: 0, removed: 1 }, DEFAULT_INFER_PARAMETERS)
  const told = (changes: readonly boolean[], startMs: number) =>
    changes.map((isChanged, i) => at(startMs + i * 100, isChanged)).indexOf(true)
  expect(told([true, false, true, false, false, false], 0)).toBe(4)
  expect(told([true, true, true, true, true, true, true], 1_000)).toBe(5)
})

test('a window has at most sixteen buckets of whole update intervals', () => {
  const shape = (updateIntervalMs: number, smoothingIntervalMs: number) =>
    shapeOf(withParameters(DEFAULT_INFER_PARAMETERS, { updateIntervalMs, smoothingIntervalMs }))
  expect(shape(100, 1_000)).toMatchObject({ bucketMs: 100, buckets: 10 })
  expect(shape(100, 60_000)).toMatchObject({ bucketMs: 3_800, buckets: 16 })
  expect(shape(5_000, 200)).toMatchObject({ bucketMs: 5_000, buckets: 2 })
})

test('a window forgets what is too old, also after a long sleep', () => {
  const window = new Window({ bucketMs: 100, buckets: 4, recent: 2 }, 10)
  window.add(0, 10, 1_000, 1, 0)
  window.advance(11, 1)
  expect([window.bytes[0], window.recent[0], window.active[0]]).toEqual([1_000, 1_000, 1])
  window.advance(13, 1)
  expect([window.bytes[0], window.recent[0]]).toEqual([1_000, 0])
  window.advance(15, 1)
  expect([window.bytes[0], window.active[0], window.isEmpty(0)]).toEqual([0, 0, true])
  window.add(0, 16, 500, 1, 0)
  window.advance(1_000, 1)
  expect([window.bytes[0], window.isEmpty(0)]).toEqual([0, true])
})
