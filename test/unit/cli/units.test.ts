// Quantities for people: right to within the digits shown, and never longer than a column.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatBytes,
  formatDuration,
  formatMicroseconds,
  formatPerSecond,
  formatRate,
  formatShare,
  formatWhen,
  parseDurationSeconds,
} from '../../../src/cli/units.ts'

const PREFIX_FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
}

/** The value that a text such as `1.2 kB` says. */
function read(text: string, unit: string): number {
  const match = new RegExp(`^(\\d+(?:\\.\\d)?) ?([kMGTP]?)${unit}$`).exec(text)
  if (match === null) throw new Error(`not understood: ${text}`)
  return Number(match[1]) * (PREFIX_FACTORS[match[2] ?? ''] ?? Number.NaN)
}

const quantity = fc.oneof(
  fc.nat(),
  fc.double({ min: 0, max: 9e17, noNaN: true }),
  fc.constantFrom(0, 0.9, 9.94, 9.95, 99.5, 999, 999.4, 999.5, 999_499, 999_500, 1e6, 1e15),
)

describe('units', () => {
  it.each([
    ['bytes', formatBytes, 'B', 1],
    ['rates', formatRate, 'bit/s', 8],
    ['frames a second', formatPerSecond, '/s', 1],
  ] as const)('show %s to within half a digit', (_name, format, unit, factor) => {
    fc.assert(
      fc.property(quantity, (value) => {
        const text = format(value)
        const shown = read(text, unit)
        const digitError = Math.max(0.05 * value * factor, 0.05)
        expect(Math.abs(shown - value * factor)).toBeLessThanOrEqual(digitError)
        expect(text.length).toBeLessThanOrEqual(11)
      }),
    )
  })

  it('never grow when the quantity shrinks', () => {
    fc.assert(
      fc.property(quantity, quantity, (a, b) => {
        const [small, large] = a < b ? [a, b] : [b, a]
        expect(read(formatBytes(small), 'B')).toBeLessThanOrEqual(read(formatBytes(large), 'B'))
      }),
    )
  })

  it.each([
    [0, '0 B'],
    [7, '7 B'],
    [1_234, '1.2 kB'],
    [9_949, '9.9 kB'],
    [9_950, '10 kB'],
    [34_000_000, '34 MB'],
    [999_499_999, '999 MB'],
    [999_500_000, '1.0 GB'],
  ])('show %d bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))

  it('show rates in bits', () => expect(formatRate(150_000_000)).toBe('1.2 Gbit/s'))

  it.each([
    [0, '0 µs'],
    [250, '250 µs'],
    [999.6, '1.0 ms'],
    [3_400, '3.4 ms'],
    [34_000, '34 ms'],
    [1_200_000, '1.2 s'],
  ])('show %d µs as %s', (us, text) => expect(formatMicroseconds(us)).toBe(text))

  it.each([
    [850, '850 ms'],
    [12_000, '12 s'],
    [59_400, '59 s'],
    [59_600, '1 min'],
    [5 * 60_000, '5 min'],
    [125 * 60_000, '2 h 5 min'],
    [2 * 3_600_000, '2 h'],
    [(3 * 24 + 4) * 3_600_000, '3 d 4 h'],
  ])('show %d ms as %s', (ms, text) => expect(formatDuration(ms)).toBe(text))

  it.each([
    [0, 0, '0 %'],
    [0, 5, '0 %'],
    [1, 100_000, '<0.01 %'],
    [1, 10_000, '0.01 %'],
    [98, 10_000, '1.0 %'],
    [1, 8, '13 %'],
    [5, 5, '100 %'],
  ])('show %d of %d as %s', (part, whole, text) => expect(formatShare(part, whole)).toBe(text))

  it('tell the past from the future', () => {
    expect(formatWhen(0, 0)).toBe('now')
    expect(formatWhen(0, 300_000)).toBe('5 min ago')
    expect(formatWhen(300_000, 0)).toBe('in 5 min')
  })
})

describe('durations', () => {
  it('are the sum of their parts', () => {
    const part = fc.tuple(fc.integer({ min: 1, max: 999 }), fc.constantFrom('s', 'm', 'h', 'd'))
    const seconds = { s: 1, m: 60, h: 3_600, d: 86_400 }
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
        const text = parts.map(([amount, unit]) => `${amount}${unit}`).join('')
        const sum = parts.reduce((total, [amount, unit]) => total + amount * seconds[unit], 0)
        expect(parseDurationSeconds(text)).toBe(sum)
      }),
    )
  })

  it.each(['', '1', 'h', '1 h', '-1h', '1.5h', '1y', '0s', '99999d'])('are not %j', (text) =>
    expect(parseDurationSeconds(text)).toBeNull(),
  )
})
