// How the benchmarks of paths turn figures into checks: ours against a bound, against another case,
// or against the best of the peers of a kind.

import { type Check, check, ratio } from './checks.ts'
import type { Figures } from './path-bench.ts'
import type { Peer } from './peers/peer.ts'

/** A peer that does the same as we do: frames, encrypted. */
export function isRival(peer: Peer, path: Peer['path']): boolean {
  return peer.layer === 2 && peer.isEncrypted && peer.path === path
}

interface Row {
  readonly name: string
  readonly op: Check['op']
  readonly target: number
}

interface Measured {
  /** Name of the case. */
  readonly of: string
  readonly measure: string
}

/** The figure itself against a bound. */
export function checkFigure(
  figures: Figures,
  row: Row & Measured & { readonly unit: string },
): Check {
  const { of, measure, ...rest } = row
  const value = figures.median(of, measure)
  const range = rangeOf(figures.samples(of, measure))
  return check({ ...rest, value, ...range, ...why(figures, `no ${of}`) })
}

/** The figure as a multiple of the same figure of another case: the first that was measured. */
export function checkRatio(
  figures: Figures,
  row: Row & Measured & { readonly to: readonly string[] },
): Check {
  const { of, measure, to, ...rest } = row
  const base = to.find((name) => figures.median(name, measure) !== null) ?? to[0] ?? ''
  return check({
    ...rest,
    unit: 'x',
    value: ratio(figures.median(of, measure), figures.median(base, measure)),
    against: base,
    ...ratioRange(figures, { of, measure, to: base }),
    ...why(figures, `no ${of} or ${to.join(', ')}`),
  })
}

/** The figure as a multiple of the best that a kind of peers has; `best` tells what better is. */
export function checkRivals(
  figures: Figures,
  row: Row &
    Measured & {
      readonly best: 'highest' | 'lowest'
      readonly kind: string
      isRival(peer: Peer): boolean
    },
): Check {
  const { of, measure, best, kind, isRival: isOne, ...rest } = row
  const sign = best === 'highest' ? 1 : -1
  const [first] = figures.peers
    .filter((peer) => isOne(peer))
    .map(({ name }) => ({ name, value: figures.median(name, measure) }))
    .filter(({ value }) => value !== null)
    .sort((a, b) => sign * ((b.value ?? 0) - (a.value ?? 0)))
  return check({
    ...rest,
    unit: 'x',
    value: ratio(figures.median(of, measure), first?.value ?? null),
    ...(first === undefined ? {} : { against: first.name }),
    ...ratioRange(figures, { of, measure, to: first?.name ?? '' }),
    ...why(figures, `no ${of} or no ${kind} measured`),
  })
}

/** From the ratio of each repeat: its cases ran one after the other. */
function ratioRange(
  figures: Figures,
  { of, measure, to }: Measured & { readonly to: string },
): Pick<Check, 'range'> {
  const above = figures.samples(of, measure)
  const below = figures.samples(to, measure)
  if (above.length !== below.length) return {}
  return rangeOf(above.map((value, repeat) => value / (below[repeat] ?? Number.NaN)))
}

function rangeOf(values: readonly number[]): Pick<Check, 'range'> {
  return values.length < 2 ? {} : { range: [Math.min(...values), Math.max(...values)] }
}

function why(figures: Figures, otherwise: string): { readonly why: string } {
  return { why: figures.why ?? otherwise }
}
