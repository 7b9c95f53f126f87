// How often hosts may report when the proxy is busy.

import { expect, test } from 'vitest'
import { createPace } from '../../../src/proxy/pace.ts'

const BUSY = { loop: 0.9, own: 0.7 }
const CALM = { loop: 0.1, own: 0.05 }

test('goes slower after three busy seconds and faster again after a while of calm', () => {
  const pace = createPace()
  const told = Array.from({ length: 6 }, () => pace.observe(BUSY))
  expect(told).toEqual([false, false, true, false, false, true])
  expect(pace.stretch).toBe(4)
  expect([BUSY, BUSY, CALM, BUSY, BUSY].some((load) => pace.observe(load))).toBe(false)
  expect(pace.observe({ loop: 0.5, own: 0.4 })).toBe(false)
  for (let second = 0; second < 9; second++) expect(pace.observe(CALM)).toBe(false)
  expect(pace.observe({ loop: 0.3, own: 0 })).toBe(false)
  for (let second = 0; second < 9; second++) expect(pace.observe(CALM)).toBe(false)
  expect(pace.observe(CALM)).toBe(true)
  expect(pace.stretch).toBe(2)
  for (let second = 0; second < 30; second++) pace.observe(CALM)
  expect(pace.stretch).toBe(1)
})

test('goes slower at once when decisions are late', () => {
  const pace = createPace()
  expect(pace.late({ ms: 100, own: 0.8 })).toBe(false)
  expect(pace.late({ ms: 800, own: 0.1 })).toBe(false) // others keep the machine busy
  expect(pace.late({ ms: 800, own: 0.8 })).toBe(true)
  expect(pace.late({ ms: 800, own: 0.8 })).toBe(true)
  expect(pace.stretch).toBe(4)
})

test('is bounded, and does not answer for what others do', () => {
  const pace = createPace()
  for (let second = 0; second < 60; second++) pace.observe(BUSY)
  expect(pace.stretch).toBe(16)
  const other = createPace()
  for (let second = 0; second < 9; second++) other.observe({ loop: 1, own: 0.1 })
  expect(other.stretch).toBe(1)
})
