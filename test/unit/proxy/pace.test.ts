// How often hosts may report when the proxy is busy.

import { expect, test } from 'vitest'
import { createPace } from '../../../src/proxy/pace.ts'

const FEW = 1_000
const BUSY = { loop: 0.9, own: 0.7, entriesPerSecond: FEW }
const CALM = { loop: 0.1, own: 0.05, entriesPerSecond: FEW }

test('goes slower after three busy seconds and faster again after a while of calm', () => {
  const pace = createPace()
  const told = Array.from({ length: 6 }, () => pace.observe(BUSY))
  expect(told).toEqual([false, false, true, false, false, true])
  expect(pace.stretch).toBe(4)
  expect([BUSY, BUSY, CALM, BUSY, BUSY].some((load) => pace.observe(load))).toBe(false)
  expect(pace.observe({ ...BUSY, loop: 0.5 })).toBe(false)
  for (let second = 0; second < 9; second++) expect(pace.observe(CALM)).toBe(false)
  expect(pace.observe({ ...CALM, loop: 0.3 })).toBe(false)
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
  for (let second = 0; second < 9; second++) other.observe({ ...BUSY, own: 0.1 })
  expect(other.stretch).toBe(1)
})

test('goes slower before it is busy when reports hold too much, and stays so while they do', () => {
  const pace = createPace()
  expect(pace.crowded(500_000)).toBe(false)
  expect(pace.crowded(2_000_000)).toBe(true) // 200,000 pairs, ten times a second
  expect(pace.stretch).toBe(4)
  expect(pace.crowded(2_000_000)).toBe(false) // taken in by now
  const crowd = { ...CALM, entriesPerSecond: 2_000_000 }
  for (let second = 0; second < 60; second++) expect(pace.observe(crowd)).toBe(false)
  expect(pace.stretch).toBe(4)
  for (let second = 0; second < 30; second++) pace.observe(CALM)
  expect(pace.stretch).toBe(1)
  pace.crowded(1e9)
  expect(pace.stretch).toBe(16)
})
