// Compares a proposal with the real edges: which are missing, which are too many. Nothing gets a
// name but by this comparison with the generated pattern.

import type { Component } from './component.ts'
import { bitsOfErrors, bitsOfNumbering } from './description.ts'
import {
  type Direction,
  type NamedPattern,
  type Pattern,
  type Proposal,
  patternOf,
  visitEdges,
} from './patterns.ts'

export type NumberPair = readonly [source: number, destination: number]

export interface Judged {
  readonly pattern: Pattern
  /** `order[i]`: who the pattern's guest i is. */
  readonly order: readonly number[]
  /** Edges that the pattern has. */
  readonly expected: number
  readonly missing: readonly NumberPair[]
  readonly extra: readonly NumberPair[]
  /** 1 less the share of wrong edges; an extra one counts by its weight, at most as one. */
  readonly confidence: number
  /** How many bits tell the graph as this pattern: fewer are a better explanation. */
  readonly bits: number
}

/** Patterns with one direction. With the reverse edges they have another name. */
const ONLY: Partial<Record<NamedPattern, Direction>> = {
  'all-to-all': 'both',
  'tree-reduction': 'one-way',
  broadcast: 'one-way',
}

/** How many of the pattern's edges may be missing, and how many others there may be. */
export interface Tolerance {
  readonly missingShare: number
  readonly extraShare: number
}

export const EXACT: Tolerance = { missingShare: 0, extraShare: 0 }

/** The proposal in each direction in which its messages may flow here, if within `tolerance`. */
export function judge(component: Component, proposal: Proposal, tolerance: Tolerance): Judged[] {
  const only = ONLY[proposal.name]
  return directionsOf(component).flatMap((direction) => {
    if (only !== undefined && direction !== only) return []
    const size = proposal.dimensions.length > 0 ? proposal.dimensions : component.guests.length
    const pattern = patternOf(proposal.name, size, direction)
    const judged = compare(component, pattern, proposal.order, tolerance)
    return judged === null ? [] : [judged]
  })
}

export const isExact = ({ missing, extra }: Judged): boolean =>
  missing.length === 0 && extra.length === 0

/** Both ways if all edges have their reverse, one-way if none; a torus with twos is mixed. */
function directionsOf({ sources, mutual }: Component): Direction[] {
  if (mutual === sources.length) return ['both']
  return mutual === 0 ? ['one-way'] : ['one-way', 'both']
}

function compare(
  component: Component,
  pattern: Pattern,
  order: readonly number[],
  { missingShare, extraShare }: Tolerance,
): Judged | null {
  const missing: NumberPair[] = []
  let expected = 0
  visitEdges(pattern, (from, to) => {
    const [source, destination] = [order[from] ?? 0, order[to] ?? 0]
    expected += 1
    if (!component.has(source, destination)) missing.push([source, destination])
  })
  if (missing.length > missingShare * expected) return null
  const extras = component.sources.length - (expected - missing.length)
  if (extras > extraShare * expected) return null
  const pairs = pattern.guests * (pattern.guests - 1)
  const { extra, weight } = extras > 0 ? extraOf(component, pattern, order) : NO_EXTRA
  return {
    pattern,
    order,
    expected,
    missing,
    extra,
    confidence: Math.max(0, 1 - (missing.length + weight) / expected),
    bits: bitsOfNumbering(pattern) + bitsOfErrors(pairs, expected, missing.length, extras),
  }
}

interface Extra {
  readonly extra: readonly NumberPair[]
  readonly weight: number
}

const NO_EXTRA: Extra = { extra: [], weight: 0 }

/** Edges that the pattern has not; each weighs its share of the pattern's median rate. */
function extraOf(component: Component, pattern: Pattern, order: readonly number[]): Extra {
  const { guests, sources, destinations, bytesPerSecond } = component
  const wanted = new Set<number>()
  visitEdges(pattern, (from, to) => {
    wanted.add((order[from] ?? 0) * guests.length + (order[to] ?? 0))
  })
  const extra: NumberPair[] = []
  const extraRates: number[] = []
  const rates: number[] = []
  for (const [index, source] of sources.entries()) {
    const destination = destinations[index] ?? 0
    const isWanted = wanted.has(source * guests.length + destination)
    const list = isWanted ? rates : extraRates
    list.push(bytesPerSecond[index] ?? 0)
    if (!isWanted) extra.push([source, destination])
  }
  const usual = rates.sort((a, b) => a - b)[Math.floor(rates.length / 2)] ?? 0
  const weight = extraRates.reduce(
    (sum, rate) => sum + (usual > 0 ? Math.min(1, rate / usual) : 1),
    0,
  )
  return { extra, weight }
}
