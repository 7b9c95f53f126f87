// Gives the application's topology its name: the last stage of the inference. Each weakly connected
// component is compared with the patterns of parallel programs (patterns.ts); a name is given only
// where the generated pattern and the real edges are the same, or nearly (near.ts).
//
// component.ts numbers the guests; proposals.ts, grids.ts, trees.ts guess numberings; judge.ts
// compares; roles.ts tells who is what.

import type { MacAddress } from '../base/mac.ts'
import {
  COMPONENT_GUESTS_MAX,
  type Component,
  componentsOf,
  componentsOfColumns,
  createColumns,
  createComponent,
  type EdgeColumns,
} from './component.ts'
import { EXACT, isExact, type Judged, judge, type NumberPair } from './judge.ts'
import { isRival, nearly } from './near.ts'
import { type NamedPattern, type Pattern, visitEdges } from './patterns.ts'
import { propose, proposePartitions } from './proposals.ts'
import { rolesOf } from './roles.ts'
import type { PatternName, Recognised, Topology } from './types.ts'

/** Where names coincide the first one is given; among equal ones that with fewer dimensions. */
const PRECEDENCE: readonly NamedPattern[] = [
  'pair',
  'all-to-all',
  'bus',
  'ring',
  'one-to-all',
  'all-to-one',
  'hypercube',
  'mesh',
  'torus',
  'tree',
  'tree-reduction',
  'reduction',
  'broadcast',
  'partition',
  'tiers',
]

/** What each weakly connected component of `topology` is, the largest first. */
export const recognise = (topology: Topology): Recognised[] =>
  componentsOf(topology).map(recogniseComponent)

/** The same for sorted guests and edges between their places. */
export const recogniseColumns = (guests: readonly MacAddress[], edges: EdgeColumns): Recognised[] =>
  componentsOfColumns(guests, edges).map(recogniseComponent)

/**
 * True if somebody who runs the pattern `name` would call `recognised` so: by its name or another
 * name of the same graph, whichever way messages flow.
 * @param dimensions in any order, of tiers from either end; any if left out
 */
export function isCalled(
  recognised: Recognised,
  name: PatternName,
  dimensions?: readonly number[],
): boolean {
  const { name: given, dimensions: own, alsoKnownAs } = recognised
  const labels = [labelOf(given, own), ...alsoKnownAs]
  if (dimensions !== undefined) {
    return [dimensions, dimensions.toReversed()].some((one) => labels.includes(labelOf(name, one)))
  }
  return labels.some((label) => label.split(' ')[0] === name)
}

/** A pattern's name and dimensions: `torus 4x4`, `partition 5+3`, `tiers 1-2-1`, `ring`. */
export function labelOf(name: PatternName, dimensions: readonly number[]): string {
  if (dimensions.length === 0) return name
  const sign = name === 'partition' ? '+' : name === 'tiers' ? '-' : 'x'
  return `${name} ${ordered(name, dimensions).join(sign)}`
}

/** Tiers have an order of their own. */
const ordered = (name: PatternName, dimensions: readonly number[]): readonly number[] =>
  name === 'tiers' ? dimensions : dimensions.toSorted((a, b) => b - a)

const labelOfPattern = ({ name, dimensions }: Pattern) => labelOf(name, dimensions)

function recogniseComponent(component: Component): Recognised {
  const { guests } = component
  if (guests.length > COMPONENT_GUESTS_MAX) {
    return unknown(component, `more than ${COMPONENT_GUESTS_MAX} guests are not looked at`)
  }
  const exact = exactly(component)
  const [best] = exact
  if (best !== undefined) return named(component, best, exact)
  const [closest, ...others] = nearly(component)
  if (closest === undefined) return unknown(component, 'no pattern has these edges')
  // What the edges would be, without the errors, tells its other names.
  const ideal = exactly(idealOf(component, closest))
  const labels = new Set(ideal.map(({ pattern }) => labelOfPattern(pattern)))
  const rival = others.find(
    (other) => isRival(closest, other) && !labels.has(labelOfPattern(other.pattern)),
  )
  if (rival === undefined) return named(component, closest, ideal)
  const both = [closest, rival].map(({ pattern }) => labelOfPattern(pattern))
  return unknown(component, `as near to ${both.join(' as to ')}`)
}

/** The component as it would be if it were exactly the pattern. */
function idealOf({ guests }: Component, { pattern, order, expected }: Judged): Component {
  const edges = createColumns(expected)
  let count = 0
  visitEdges(pattern, (from, to) => {
    edges.sources[count] = order[from] ?? 0
    edges.destinations[count] = order[to] ?? 0
    count += 1
  })
  return createComponent(guests, edges)
}

/** All that the component exactly is, the preferred name first, each label once. */
function exactly(component: Component): Judged[] {
  const proposals = [...propose(component, component.shape), ...proposePartitions(component)]
  const labels = new Set<string>()
  return proposals
    .flatMap((proposal) => judge(component, proposal, EXACT))
    .sort((a, b) => rank(a.pattern) - rank(b.pattern))
    .filter(({ pattern }) => {
      const label = labelOfPattern(pattern)
      if (labels.has(label)) return false
      labels.add(label)
      return true
    })
}

const rank = ({ name, dimensions }: Pattern): number =>
  PRECEDENCE.indexOf(name) * 100 + dimensions.length

/** `exact`: the pattern's names, the preferred first, with the numbering that roles come from. */
function named(component: Component, closest: Judged, exact: readonly Judged[]): Recognised {
  const { pattern, order } = exact[0] ?? closest
  const guests = order.flatMap((number) => component.guests[number] ?? [])
  return {
    name: pattern.name,
    dimensions: ordered(pattern.name, pattern.dimensions),
    direction: pattern.direction,
    confidence: closest.confidence,
    alsoKnownAs: exact.slice(1).map((other) => labelOfPattern(other.pattern)),
    guests: component.guests,
    roles: rolesOf(pattern, guests),
    why: whyOf(component, pattern, closest),
  }
}

function whyOf({ guests }: Component, pattern: Pattern, closest: Judged): string {
  const { expected, missing, extra } = closest
  const label = labelOfPattern(pattern)
  if (isExact(closest)) return `${guests.length} guests, exactly the ${expected} edges of ${label}`
  const parts = [
    ...(missing.length > 0 ? [`missing ${listOf(guests, missing)}`] : []),
    ...(extra.length > 0 ? [`too many ${listOf(guests, extra)}`] : []),
  ]
  return `${guests.length} guests, ${label} but for ${parts.join(', ')} (of ${expected} edges)`
}

/** Edges that are named one by one in an explanation. */
const LISTED_MAX = 4

function listOf(guests: Component['guests'], pairs: readonly NumberPair[]): string {
  const listed = pairs
    .slice(0, LISTED_MAX)
    .map(([source, destination]) => `${guests[source]} > ${guests[destination]}`)
  const rest = pairs.length - listed.length
  return rest > 0 ? `${listed.join(', ')} and ${rest} more` : listed.join(', ')
}

function unknown(component: Component, why: string): Recognised {
  const { guests, sources, mutual } = component
  return {
    name: 'unknown',
    dimensions: [],
    direction: mutual === sources.length ? 'both' : 'one-way',
    confidence: 0,
    alsoKnownAs: [],
    guests,
    roles: new Map(guests.map((guest) => [guest, { kind: 'member' }])),
    why: `${guests.length} guests, ${sources.length} edges: ${why}`,
  }
}
