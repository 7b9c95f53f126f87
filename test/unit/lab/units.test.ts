// Quantities of topology files are read as written, and nothing else is taken for one.

import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { formatRate, parseRate, parseShare, parseTime } from '../../../src/lab/units.ts'

describe('what is a quantity', () => {
  it.each([
    ['1bit', 1],
    ['200mbit', 200e6],
    ['2.5 GBIT', 2.5e9],
    [' 64kbit ', 64e3],
  ])('rate %j', (text, bitsPerSecond) => expect(parseRate(text)).toBe(bitsPerSecond))

  it.each([
    ['0ms', 0],
    ['250us', 0.25],
    ['25ms', 25],
    ['1.5s', 1500],
  ])('time %j', (text, ms) => expect(parseTime(text)).toBe(ms))

  it.each([
    ['0%', 0],
    ['0.1%', 0.001],
    ['100 %', 1],
  ])('share %j', (text, share) => expect(parseShare(text)).toBe(share))
})

const noQuantities = [
  '',
  '5',
  'mbit',
  '-1mbit',
  '1e3bit',
  '1.bit',
  '.5ms',
  '5 m s',
  '5mb',
  '5ms5ms',
]
it.each([...noQuantities, '5constructor'])('%j is none', (text) => {
  expect([parseRate(text), parseTime(text), parseShare(text)]).toEqual([null, null, null])
})

it.each(['100.1%', '-1%', '5'])('%j is no share', (text) => expect(parseShare(text)).toBeNull())

it.each([
  [1, '1 bit/s'],
  [64e3, '64 kbit/s'],
  [999.6e6, '1000 Mbit/s'],
  [1.25e9, '1.25 Gbit/s'],
])('%d bit/s for people', (bitsPerSecond, text) => expect(formatRate(bitsPerSecond)).toBe(text))

test('a number with a unit is that number of units, whatever the number and the case', () => {
  const units = fc.constantFrom(
    { unit: 'bit', factor: 1, parse: parseRate },
    { unit: 'kbit', factor: 1e3, parse: parseRate },
    { unit: 'mbit', factor: 1e6, parse: parseRate },
    { unit: 'gbit', factor: 1e9, parse: parseRate },
    { unit: 'us', factor: 1e-3, parse: parseTime },
    { unit: 'ms', factor: 1, parse: parseTime },
    { unit: 's', factor: 1e3, parse: parseTime },
    { unit: '%', factor: 0.01, parse: parseShare },
  )
  const hundredths = fc.integer({ min: 0, max: 10_000 })
  const spelling = fc.record({ isUpper: fc.boolean(), hasSpace: fc.boolean() })
  fc.assert(
    fc.property(units, hundredths, spelling, ({ unit, factor, parse }, count, spelt) => {
      const amount = count / 100
      const text = `${amount}${spelt.hasSpace ? ' ' : ''}${unit}`
      expect(parse(spelt.isUpper ? text.toUpperCase() : text)).toBeCloseTo(amount * factor, 9)
    }),
  )
})

test('what is shown can be read again, within three digits', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100e9 }), (bitsPerSecond) => {
      const read = parseRate(formatRate(bitsPerSecond).replace('/s', '')) ?? 0
      expect(Math.abs(read / bitsPerSecond - 1)).toBeLessThan(0.006)
    }),
  )
})

test('any text is a quantity or not, and never an error', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const value of [parseRate(text), parseTime(text), parseShare(text)]) {
        expect(value === null || value >= 0).toBe(true)
      }
    }),
  )
})
