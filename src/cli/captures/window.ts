// `--window FROM..TO`: a stretch of captured time. Each end is seconds after the first frame (`90`,
// `90s`, `1.5m`, `2h`) or a time of day with its date (`2026-11-21T13:44:05Z`), or left out.

import { UsageError } from '../arguments.ts'

const MS_OF = { s: 1_000, m: 60_000, h: 3_600_000 } as const

export interface TimeWindow {
  readonly fromMs: number
  readonly toMs: number
}

/**
 * A function of the time of the first frame.
 * @throws UsageError
 */
export function parseWindow(text: string): (firstMs: number) => TimeWindow {
  const [from, to, ...more] = text.split('..')
  if (from === undefined || to === undefined || more.length > 0) throw wrong(text)
  const start = parseEnd(from, Number.NEGATIVE_INFINITY, text)
  const end = parseEnd(to, Number.POSITIVE_INFINITY, text)
  return (firstMs) => {
    const window = { fromMs: start(firstMs), toMs: end(firstMs) }
    if (window.fromMs >= window.toMs) throw wrong(text)
    return window
  }
}

function parseEnd(text: string, open: number, whole: string): (firstMs: number) => number {
  if (text === '') return () => open
  const [, amount, unit = 's'] = /^(\d+(?:\.\d+)?)([smh])?$/.exec(text) ?? []
  if (amount !== undefined) {
    const ms = Number(amount) * MS_OF[unit as keyof typeof MS_OF]
    return (firstMs) => firstMs + ms
  }
  const atMs = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(atMs)) throw wrong(whole)
  return () => atMs
}

function wrong(text: string): UsageError {
  return new UsageError('usage-value', `--window cannot be '${text}'`, {
    hint: 'give FROM..TO: 10..25 (seconds after the first frame), 1.5m.., 2026-11-21T13:44:05Z..',
  })
}
