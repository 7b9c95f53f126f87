// The communication patterns of parallel programs as exact graphs: who sends to whom when n guests
// run one. The recogniser compares with them, and simulated traffic is made from them. Guests are
// numbers from 0 here; who is which is the recogniser's business.
//
// Sources: Dinda, Garcia, Leung, "The Measured Network Traffic of Compiler-Parallelized Programs"
// (CMU-CS-98-144) for neighbour, all-to-all, partition, broadcast and tree; Thakur, Rabenseifner,
// Gropp, "Optimization of Collective Communication Operations in MPICH" (2005) for binomial trees.

import { VnetError } from '../base/errors.ts'
import type { PatternName, Recognised } from './types.ts'

/** Patterns that have edges. */
export type NamedPattern = Exclude<PatternName, 'unknown'>
export type Direction = Recognised['direction']

/** A pattern of a certain size. */
export interface Pattern {
  readonly name: NamedPattern
  readonly guests: number
  /** Sides of a mesh or torus, the number of a hypercube's dimensions, sizes of sets. */
  readonly dimensions: readonly number[]
  readonly direction: Direction
}

/** A numbering that may turn a graph into a pattern: `order[i]` is who the pattern's guest i is. */
export interface Proposal {
  readonly name: NamedPattern
  /** Empty where the number of guests says it all. */
  readonly dimensions: readonly number[]
  readonly order: readonly number[]
}

/** What `visit` is called with: the sender's and the receiver's number. */
export type VisitEdge = (source: number, destination: number) => void

/** A million guests: far beyond what a network has, and numbers stay exact. */
const HYPERCUBE_DIMENSIONS_MAX = 20

/** Patterns whose messages flow one way unless said otherwise. */
const ONE_WAY: ReadonlySet<PatternName> = new Set([
  'tree-reduction',
  'reduction',
  'broadcast',
  'one-to-all',
  'all-to-one',
  'partition',
  'tiers',
])

/** How messages flow in `name` when nothing else is said. */
export const usualDirection = (name: NamedPattern): Direction =>
  ONE_WAY.has(name) ? 'one-way' : 'both'

/**
 * A pattern by its size.
 * @param size the number of guests, or the dimensions: `[4, 4]` for a mesh or torus, `[5]` for a
 *   hypercube of 32 guests, `[3, 5]` for a partition of 3 senders and 5 receivers, `[1, 2, 1]` for
 *   tiers, `[n]` otherwise.
 *   A number makes the squarest 2-D mesh or torus, halves for a partition, and tiers of which the
 *   middle one has the most.
 * @throws VnetError `pattern-size` if there is no such pattern of that size
 */
export function patternOf(
  name: NamedPattern,
  size: number | readonly number[],
  direction: Direction = usualDirection(name),
): Pattern {
  const dimensions = typeof size === 'number' ? dimensionsOf(name, size) : size
  const isValid = dimensions !== null && isSize(name, dimensions)
  if (!isValid) {
    const given = typeof size === 'number' ? `${size} guests` : size.join('x')
    throw new VnetError('pattern-size', `there is no ${name} of ${given}`)
  }
  const guests = guestsOf(name, dimensions)
  return { name, guests, dimensions: hasDimensions(name) ? dimensions : [], direction }
}

/** The directed edges of a pattern; see `patternOf` for the arguments. */
export function patternEdges(
  name: NamedPattern,
  size: number | readonly number[],
  direction: Direction = usualDirection(name),
): [source: number, destination: number][] {
  const edges: [number, number][] = []
  visitEdges(patternOf(name, size, direction), (source, destination) => {
    edges.push([source, destination])
  })
  return edges
}

/** The patterns that `guests` guests can run, each in its usual direction and one size or two. */
export function patternsOf(guests: number): Pattern[] {
  if (guests < 2) return []
  if (guests === 2) return [patternOf('pair', 2)]
  const patterns = [
    patternOf('all-to-all', guests),
    patternOf('bus', guests),
    patternOf('ring', guests),
    ...[2, 3].flatMap((count) => {
      const sides = squarest(guests, count)
      return sides === null ? [] : [patternOf('mesh', sides), patternOf('torus', sides)]
    }),
    ...(Number.isInteger(Math.log2(guests)) ? [patternOf('hypercube', guests)] : []),
    patternOf('tree', guests),
    patternOf('tree-reduction', guests),
    patternOf('reduction', guests),
    patternOf('broadcast', guests),
    patternOf('one-to-all', guests),
    patternOf('all-to-one', guests),
    patternOf('partition', guests),
    ...(guests >= 4 ? [patternOf('tiers', guests)] : []),
  ]
  return patterns
}

/** Calls `visit` for each directed edge, each once. */
export function visitEdges(pattern: Pattern, visit: VisitEdge): void {
  const bothWays: VisitEdge = (source, destination) => {
    visit(source, destination)
    if (pattern.direction === 'both') visit(destination, source)
  }
  VISITS[pattern.name](pattern, bothWays, visit)
}

/** How to walk each pattern: `bothWays` for edges that have a reverse one where that is wanted. */
const VISITS: Record<NamedPattern, (of: Pattern, bothWays: VisitEdge, visit: VisitEdge) => void> = {
  'all-to-all': ({ guests }, _bothWays, visit) => visitAllToAll(guests, visit),
  pair: ({ guests }, bothWays) => visitGrid([guests], bothWays),
  bus: ({ guests }, bothWays) => visitGrid([guests], bothWays),
  ring: ({ guests, direction }, _bothWays, visit) => visitWrapped([guests], direction, visit),
  mesh: ({ dimensions }, bothWays) => visitGrid(dimensions, bothWays),
  torus: ({ dimensions, direction }, _bothWays, visit) =>
    visitWrapped(dimensions, direction, visit),
  hypercube: ({ dimensions }, bothWays) => visitGrid(Array(dimensions[0]).fill(2), bothWays),
  tree: ({ guests }, bothWays) => visitParents(guests, parentInHeap, bothWays),
  'tree-reduction': ({ guests }, bothWays) =>
    visitParents(guests, parentInHeap, (parent, child) => bothWays(child, parent)),
  reduction: ({ guests }, bothWays) =>
    visitParents(guests, parentInBinomialTree, (parent, child) => bothWays(child, parent)),
  broadcast: ({ guests }, bothWays) => visitParents(guests, parentInBinomialTree, bothWays),
  'one-to-all': ({ guests }, bothWays) => visitParents(guests, () => 0, bothWays),
  'all-to-one': ({ guests }, bothWays) =>
    visitParents(
      guests,
      () => 0,
      (parent, child) => bothWays(child, parent),
    ),
  partition: ({ dimensions }, bothWays) => visitSets(dimensions, bothWays),
  tiers: ({ dimensions }, bothWays) => visitSets(dimensions, bothWays),
}

/** A binary tree filled row by row: the root is 0. */
export const parentInHeap = (child: number): number => (child - 1) >> 1

/** The tree of MPI's reduce and broadcast: the lowest set bit is cleared; the root is 0. */
export const parentInBinomialTree = (child: number): number => child & (child - 1)

/** The coordinates of number `index` in a grid, the last dimension running fastest. */
export function coordinatesOf(index: number, sides: readonly number[]): number[] {
  let rest = index
  return sides
    .toReversed()
    .map((side) => {
      const coordinate = rest % side
      rest = (rest - coordinate) / side
      return coordinate
    })
    .reverse()
}

/** The reverse of `coordinatesOf`. */
export const indexOf = (coordinates: readonly number[], sides: readonly number[]): number =>
  sides.reduce((index, side, axis) => index * side + (coordinates[axis] ?? 0), 0)

/** The sides, descending, of the squarest grid of `guests` with `count` sides >= 2, if any. */
export function squarest(guests: number, count: number): number[] | null {
  if (count === 1) return guests >= 2 ? [guests] : null
  // The smallest side is as large as it can be, then the next one.
  for (let side = Math.floor(guests ** (1 / count) + 1e-9); side >= 2; side -= 1) {
    if (guests % side !== 0) continue
    const others = squarest(guests / side, count - 1)
    if (others !== null) return [...others, side]
  }
  return null
}

const hasDimensions = (name: NamedPattern): boolean =>
  ['mesh', 'torus', 'hypercube', 'partition', 'tiers'].includes(name)

function dimensionsOf(name: NamedPattern, guests: number): readonly number[] | null {
  switch (name) {
    case 'mesh':
    case 'torus':
      return squarest(guests, 2)
    case 'hypercube':
      return Number.isInteger(Math.log2(guests)) ? [Math.log2(guests)] : null
    case 'partition':
      return [Math.ceil(guests / 2), Math.floor(guests / 2)]
    case 'tiers': {
      const outer = Math.floor(guests / 4)
      return [outer, guests - 2 * outer, outer]
    }
    default:
      return [guests]
  }
}

function isSize(name: NamedPattern, dimensions: readonly number[]): boolean {
  const isAtLeast = (min: number) => (one: number) => Number.isSafeInteger(one) && one >= min
  const [only = 0] = dimensions
  switch (name) {
    case 'mesh':
    case 'torus':
      return dimensions.length >= 2 && dimensions.every(isAtLeast(2))
    case 'partition':
      return dimensions.length === 2 && dimensions.every(isAtLeast(1))
    case 'tiers':
      return dimensions.length >= 3 && dimensions.every(isAtLeast(1))
    case 'pair':
      return dimensions.length === 1 && only === 2
    case 'hypercube':
      return dimensions.length === 1 && isAtLeast(1)(only) && only <= HYPERCUBE_DIMENSIONS_MAX
    default:
      return dimensions.length === 1 && isAtLeast(name === 'ring' ? 3 : 2)(only)
  }
}

function guestsOf(name: NamedPattern, dimensions: readonly number[]): number {
  const [first = 0] = dimensions
  if (name === 'hypercube') return 2 ** first
  const isSets = name === 'partition' || name === 'tiers'
  if (isSets) return dimensions.reduce((sum, size) => sum + size, 0)
  return dimensions.reduce((product, side) => product * side, 1)
}

function visitAllToAll(guests: number, visit: VisitEdge): void {
  for (let source = 0; source < guests; source += 1) {
    for (let destination = 0; destination < guests; destination += 1) {
      if (source !== destination) visit(source, destination)
    }
  }
}

/** Each with the next one in each dimension. */
function visitGrid(sides: readonly number[], visit: VisitEdge): void {
  visitSteps(sides, (from, to, coordinate, side) => {
    if (coordinate + 1 < side) visit(from, to)
  })
}

/** Each with the next one in each dimension, the last with the first. A side of 2 is one line. */
function visitWrapped(sides: readonly number[], direction: Direction, visit: VisitEdge): void {
  visitSteps(sides, (from, to, _coordinate, side) => {
    visit(from, to)
    if (direction === 'both' && side > 2) visit(to, from)
  })
}

/** Calls `step` for each place and dimension, with the next place there; it wraps around. */
function visitSteps(
  sides: readonly number[],
  step: (from: number, to: number, coordinate: number, side: number) => void,
): void {
  const guests = sides.reduce((product, side) => product * side, 1)
  let stride = guests
  for (const side of sides) {
    stride /= side
    for (let from = 0; from < guests; from += 1) {
      const coordinate = Math.floor(from / stride) % side
      const isLast = coordinate + 1 === side
      step(from, isLast ? from - coordinate * stride : from + stride, coordinate, side)
    }
  }
}

function visitParents(guests: number, parentOf: (child: number) => number, visit: VisitEdge): void {
  for (let child = 1; child < guests; child += 1) visit(parentOf(child), child)
}

/** Each member of a set to each member of the next. */
function visitSets(sizes: readonly number[], visit: VisitEdge): void {
  let start = 0
  for (const [set, size] of sizes.entries()) {
    const next = start + size
    const end = next + (sizes[set + 1] ?? 0)
    for (let source = start; source < next; source += 1) {
      for (let destination = next; destination < end; destination += 1) visit(source, destination)
    }
    start = next
  }
}
