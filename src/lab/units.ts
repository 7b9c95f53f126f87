// Quantities as topology files write them: `200mbit`, `25ms`, `0.1%`. Parsing here, both ways.

const RATE_UNITS = new Map(Object.entries({ bit: 1, kbit: 1e3, mbit: 1e6, gbit: 1e9 }))
const TIME_UNITS = new Map(Object.entries({ us: 1e-3, ms: 1, s: 1e3 }))

function parseWith(text: string, units: ReadonlyMap<string, number>): number | null {
  const match = /^(\d+(?:\.\d+)?) ?([a-z]+)$/.exec(text.trim().toLowerCase())
  const factor = units.get(match?.[2] ?? '')
  return match === null || factor === undefined ? null : Number(match[1]) * factor
}

/** `200mbit` -> 200,000,000 bit/s; null if it is no rate. */
export function parseRate(text: string): number | null {
  return parseWith(text, RATE_UNITS)
}

/** `25ms` -> 25; in milliseconds, null if it is no time. */
export function parseTime(text: string): number | null {
  return parseWith(text, TIME_UNITS)
}

/** `0.1%` -> 0.001; null if it is no share of 0 to 100 %. */
export function parseShare(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?) ?%$/.exec(text.trim())
  const share = match === null ? Number.NaN : Number(match[1]) / 100
  return share >= 0 && share <= 1 ? share : null
}

/** For people: `200 Mbit/s`. */
export function formatRate(bitsPerSecond: number): string {
  const units = [
    { factor: 1e9, name: 'Gbit/s' },
    { factor: 1e6, name: 'Mbit/s' },
    { factor: 1e3, name: 'kbit/s' },
  ]
  const unit = units.find(({ factor }) => bitsPerSecond >= factor) ?? { factor: 1, name: 'bit/s' }
  return `${Number((bitsPerSecond / unit.factor).toPrecision(3))} ${unit.name}`
}
