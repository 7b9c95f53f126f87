// The wall clock without its leaps.

import { expect, test } from 'vitest'
import { createSteadyClock } from '../../../src/base/steady-clock.ts'

function settableClock() {
  const time = { wallMs: 1_000_000, monotonicMs: 50 }
  const clock = {
    wallMs: () => time.wallMs,
    monotonicMs: () => time.monotonicMs,
    after: () => () => {},
    every: () => () => {},
  }
  return { time, steady: createSteadyClock(clock) }
}

test('goes with the monotonic clock, and slowly towards the wall clock', () => {
  const { time, steady } = settableClock()
  expect(steady.nowMs()).toBe(1_000_000)
  time.wallMs += 10_100 // 100 ms were put in
  time.monotonicMs += 10_000
  expect(steady.nowMs()).toBe(1_010_000)
  expect(steady.follow()).toBe(false)
  expect(steady.nowMs()).toBe(1_010_005)
  time.monotonicMs += 1_000_000
  time.wallMs += 1_000_000
  expect(steady.follow()).toBe(false)
  expect(steady.nowMs()).toBe(time.wallMs)
})

test('leaps when the wall clock was set, and says so', () => {
  const { time, steady } = settableClock()
  time.wallMs -= 3_600_000
  expect(steady.follow()).toBe(true)
  expect(steady.nowMs()).toBe(time.wallMs)
  expect(steady.follow()).toBe(false)
})
