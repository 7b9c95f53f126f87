// The other end's clock, from answers of various round trips.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createClockFilter } from '../../../src/link/clock-filter.ts'

const OFFSET_MS = 5_000_000

/** A question at `askedMs` whose ways took so long there and back. */
function sample(askedMs: number, thereMs: number, backMs: number, offsetMs = OFFSET_MS) {
  return { askedMs, answeredMs: askedMs + thereMs + backMs, theirsMs: askedMs + thereMs + offsetMs }
}

test('the offset is off by at most half the shortest round trip', () => {
  const way = fc.double({ min: 0, max: 200, noNaN: true })
  fc.assert(
    fc.property(fc.array(fc.tuple(way, way), { minLength: 1, maxLength: 8 }), (ways) => {
      const filter = createClockFilter()
      let atMs = 0
      for (const [there, back] of ways) {
        filter.add(sample(atMs, there, back))
        atMs += 1_000
      }
      const shortest = Math.min(...ways.map(([there, back]) => there + back))
      // Old answers lose a little of their weight: 0.2 ms a second.
      expect(Math.abs((filter.offsetMs() ?? 0) - OFFSET_MS)).toBeLessThan(shortest / 2 + 2)
    }),
  )
})

test('a quick answer counts more than a slow one after it, but not for ever', () => {
  const filter = createClockFilter()
  expect(filter.offsetMs()).toBe(null)
  filter.add(sample(0, 1, 1))
  filter.add(sample(1_000, 90, 10))
  expect(filter.offsetMs()).toBeCloseTo(OFFSET_MS, 6)
  for (let i = 0; i < 8; i++) filter.add(sample(2_000 + i, 30, 10))
  expect(filter.offsetMs()).toBeCloseTo(OFFSET_MS + 10, 6)
})

test('when the other clock was set, what was known is forgotten at once', () => {
  const filter = createClockFilter()
  for (let i = 0; i < 5; i++) filter.add(sample(i * 1_000, 1, 1))
  filter.add(sample(5_000, 20, 20, OFFSET_MS - 3_000))
  expect(filter.offsetMs()).toBeCloseTo(OFFSET_MS - 3_000, 6)
  filter.forget()
  expect(filter.offsetMs()).toBe(null)
})
