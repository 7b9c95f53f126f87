// The virtual clock runs timers in order; the system's clock keeps long delays long.

import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { systemClock, VirtualClock } from '../../../src/base/clock.ts'

afterEach(() => vi.useRealTimers())

test('timers run in order of time, then of setting, at their own time', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 60 }), (delays) => {
      const clock = new VirtualClock()
      const ran: [number, number][] = []
      delays.forEach((delayMs, index) => {
        clock.after(delayMs, () => ran.push([clock.monotonicMs(), index]))
      })
      clock.advance(20)
      const wanted = delays.map((delayMs, index): [number, number] => [delayMs, index])
      expect(ran).toEqual(wanted.sort((a, b) => a[0] - b[0] || a[1] - b[1]))
    }),
  )
})

test('a timer set by a timer runs in the same advance', () => {
  const clock = new VirtualClock({ wallMs: 1_000 })
  let atMs = -1
  clock.after(3, () => {
    clock.after(4, () => {
      atMs = clock.wallMs()
    })
  })
  clock.advance(6)
  expect(atMs).toBe(-1)
  clock.advance(1)
  expect(atMs).toBe(1_007)
})

test('every beats until cancelled, also from its own beat', () => {
  const clock = new VirtualClock()
  let beats = 0
  const cancel = clock.every(10, () => {
    if (++beats === 3) cancel()
  })
  clock.advance(100)
  expect(beats).toBe(3)
})

test('a cancelled timer does not run', () => {
  const clock = new VirtualClock()
  let ran = false
  const cancel = clock.after(5, () => {
    ran = true
  })
  cancel()
  clock.advance(10)
  expect(ran).toBe(false)
})

test('a delay of 60 days is not cut to 32 bits', () => {
  vi.useFakeTimers()
  const dayMs = 86_400_000
  let ran = false
  systemClock().after(60 * dayMs, () => {
    ran = true
  })
  vi.advanceTimersByTime(59 * dayMs)
  expect(ran).toBe(false)
  vi.advanceTimersByTime(dayMs)
  expect(ran).toBe(true)
})
