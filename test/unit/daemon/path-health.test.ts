// How long a fast path that stalled is held before it is used again.

import { expect, test } from 'vitest'
import { VirtualClock } from '../../../src/base/clock.ts'
import { holdMs, PathHealth } from '../../../src/daemon/path-health.ts'

const LONG_MS = 200_000

/** Stalls, answers, and waits until it is good again; how long that was. */
function stallOnce(clock: VirtualClock, health: PathHealth, released: () => number): number {
  const before = released()
  health.stalled()
  expect(health.isGood).toBe(false)
  clock.advance(5_000)
  expect(health.isGood).toBe(false)
  health.answered()
  const startMs = clock.monotonicMs()
  while (released() === before && clock.monotonicMs() < startMs + LONG_MS) clock.advance(10)
  expect(health.isGood).toBe(true)
  return clock.monotonicMs() - startMs
}

test('a path that stalls again and again waits longer each time, up to a minute', () => {
  expect([1, 2, 3, 4, 8, 9, 1_000].map(holdMs)).toEqual([
    0, 1_000, 2_000, 4_000, 60_000, 60_000, 60_000,
  ])
  const clock = new VirtualClock()
  let count = 0
  const health = new PathHealth(clock, () => count++)
  expect([health.isGood, health.hasStalled]).toEqual([true, false])
  const waits = [1, 2, 3, 4].map(() => stallOnce(clock, health, () => count))
  expect(waits).toEqual([10, 1_000, 2_000, 4_000])
  expect(health.hasStalled).toBe(true)
})

test('a minute without a stall, and it begins anew', () => {
  const clock = new VirtualClock()
  let count = 0
  const health = new PathHealth(clock, () => count++)
  for (let i = 0; i < 4; i++) stallOnce(clock, health, () => count)
  clock.advance(59_000)
  expect(stallOnce(clock, health, () => count)).toBe(8_000)
  clock.advance(60_000)
  expect(stallOnce(clock, health, () => count)).toBe(10)
})

test('a stall while it is held counts, and ends the wait', () => {
  const clock = new VirtualClock()
  let count = 0
  const health = new PathHealth(clock, () => count++)
  stallOnce(clock, health, () => count)
  health.stalled()
  health.answered()
  clock.advance(500)
  health.stalled()
  health.stalled() // told twice, once
  clock.advance(LONG_MS)
  expect([health.isGood, count]).toEqual([false, 1])
  health.answered()
  clock.advance(1_990)
  expect(health.isGood).toBe(false)
  clock.advance(10)
  expect(health.isGood).toBe(true)
})

test('nothing is told after the end', () => {
  const clock = new VirtualClock()
  let count = 0
  const health = new PathHealth(clock, () => count++)
  health.stalled()
  health.answered()
  health.stop()
  clock.advance(LONG_MS)
  expect(count).toBe(0)
})
