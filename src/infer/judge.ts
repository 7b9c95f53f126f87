// Compares a proposal with the real edges: which are missing, which are too many. Nothing gets a
// name but by this comparison with the generated pattern.

import type { Component, NumberedEdge } from './component.ts'
import { bitsOfErrors, bitsOfNumbering } from './description.ts'
import {
  type Direction,
  type NamedPattern,
  type Pattern,
  type Proposal,
  patternOf,
  visitEdges,
} from './patterns.ts'

export interface Judged {
  readonly pattern: Pattern
  /** `order[i]`: who the pattern's guest i is. */
  readonly order: readonly number[]
  /** Edges that the pattern has. */
  readonly expected: number
  readonly missing: readonly (readonly [source: number, destination: number])[]
  readonly extra: readonly NumberedEdge[]
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
function directionsOf({ edges, has }: Component): Direction[] {
  const reversed = edges.filter(({ source, destination }) => has(destination, source)).length
  if (reversed === edges.length) return ['both']
  return reversed === 0 ? ['one-way'] : ['one-way', 'both']
}

function compare(
  component: Component,
  pattern: Pattern,
  order: readonly number[],
  { missingShare, extraShare }: Tolerance,
): Judged | null {
  const missing: [number, number][] = []
  let expected = 0
  visitEdges(pattern, (from, to) => {
    const [source, destination] = [order[from] ?? 0, order[to] ?? 0]
    expected += 1
    if (!component.has(source, destination)) missing.push([source, destination])
  })
  if (missing.length > missingShare * expected) return null
  const extras = component.edges.length - (expected - missing.length)
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

const NO_EXTRA = { extra: [], weight: 0 }

/** Edges that the pattern has not; each weighs its share of the pattern's median rate. */
function extraOf({ guests, edges }: Component, pattern: Pattern, order: readonly number[]) {
  const keyOf = (source: number, destination: number) => source * guests.length + destination
  const wanted = new Set<number>()
  visitEdges(pattern, (from, to) => wanted.add(keyOf(order[from] ?? 0, order[to] ?? 0)))
  const isWanted = (edge: NumberedEdge) => wanted.has(keyOf(edge.source, edge.destination))
  const extra = edges.filter((edge) => !isWanted(edge))
  const usual = medianRate(edges.filter(isWanted))
  const weights = extra.map(({ bytesPerSecond }) =>
    usual > 0 ? Math.min(1, bytesPerSecond / usual) : 1,
  )
  return { extra, weight: weights.reduce((sum, weight) => sum + weight, 0) }
}

function medianRate(edges: readonly NumberedEdge[]): number {
  const rates = edges.map(({ bytesPerSecond }) => bytesPerSecond).sort((a, b) => a - b)
  return rates[Math.floor(rates.length / 2)] ?? 0
}
