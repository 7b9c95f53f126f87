// Median, range and percentiles of the benchmarks.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { percentile, summarise } from '../../../bench/stats.ts'

test('the median of an even number is the mean of the middle two', () => {
  expect(summarise([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4, samples: [4, 1, 3, 2] })
  expect(summarise([3, 1, 2])?.median).toBe(2)
  expect(summarise([])).toBeNull()
})

test('percentiles are nearest rank', () => {
  const samples = Array.from({ length: 100 }, (_, index) => index + 1)
  expect(percentile(samples, 50)).toBe(50)
  expect(percentile(samples, 99)).toBe(99)
  expect(percentile(samples, 100)).toBe(100)
  expect(percentile([7], 99)).toBe(7)
  expect(() => percentile([], 50)).toThrow('no samples')
})

test('a percentile is a sample, and that share of samples does not exceed it', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer(), { minLength: 1 }),
      fc.integer({ min: 1, max: 100 }),
      (samples, percent) => {
        const value = percentile(samples, percent)
        const below = samples.filter((sample) => sample <= value).length
        expect(samples).toContain(value)
        expect(below / samples.length).toBeGreaterThanOrEqual(percent / 100)
      },
    ),
  )
})
