// All patterns that a graph may be, each with a numbering of the guests that would show it. A
// proposal costs little and need not be right: judge.ts compares it with the real edges.

import { type Component, edgesOfShape, isConnected, type Shape } from './component.ts'
import { originsOf, proposeGrids } from './grids.ts'
import type { NamedPattern, Proposal } from './patterns.ts'
import { proposeTrees } from './trees.ts'

/**
 * Proposals for `shape`: the component's own, or one with a few edges more or less.
 * @param origins how many guests a mesh or torus is looked at from; one is enough for an exact one
 */
export function propose(component: Component, shape: Shape, origins = 1): Proposal[] {
  if (shape.length === 2) return proposePairs()
  const grids = originsOf(shape)
    .slice(0, origins)
    .flatMap((origin) => proposeGrids(shape, origin, component.has))
  return [
    ...proposeAllToAll(shape),
    ...proposeLines(shape),
    ...proposeStars(shape),
    ...proposeTrees(shape),
    ...grids,
  ]
}

const PAIRS: readonly NamedPattern[] = [
  'pair',
  'all-to-all',
  'bus',
  'one-to-all',
  'all-to-one',
  'tree',
  'tree-reduction',
  'reduction',
  'broadcast',
]

function proposePairs(): Proposal[] {
  return [
    [0, 1],
    [1, 0],
  ].flatMap((order) => [
    ...PAIRS.map((name) => ({ name, dimensions: [], order })),
    { name: 'hypercube', dimensions: [1], order } as const,
    { name: 'partition', dimensions: [1, 1], order } as const,
  ])
}

function proposeAllToAll(shape: Shape): Proposal[] {
  const isComplete = shape.every((neighbours) => neighbours.length === shape.length - 1)
  return isComplete ? [{ name: 'all-to-all', dimensions: [], order: [...shape.keys()] }] : []
}

/** A bus or a ring, from either side. */
function proposeLines(shape: Shape): Proposal[] {
  const order = lineOf(shape)
  if (order === null) return []
  const name = edgesOfShape(shape) === shape.length ? 'ring' : 'bus'
  return bothOrders({ name, dimensions: [], order })
}

const bothOrders = (proposal: Proposal): Proposal[] => [
  proposal,
  { ...proposal, order: proposal.order.toReversed() },
]

/** The vertices of a line or ring in their order, from the end with the smallest number. */
function lineOf(shape: Shape): number[] | null {
  if (shape.some((neighbours) => neighbours.length > 2)) return null
  const end = shape.findIndex((neighbours) => neighbours.length === 1)
  const order: number[] = []
  let before = -1
  let at: number | undefined = Math.max(end, 0)
  while (at !== undefined && order.length < shape.length) {
    order.push(at)
    const next: number | undefined = shape[at]?.find((neighbour) => neighbour !== before)
    before = at
    at = next
  }
  return order.length === shape.length && isConnected(shape) ? order : null
}

function proposeStars(shape: Shape): Proposal[] {
  if (edgesOfShape(shape) !== shape.length - 1) return []
  const centre = shape.findIndex((neighbours) => neighbours.length === shape.length - 1)
  return centre < 0 ? [] : starsAt(shape.length, centre)
}

/** Everybody else around `centre`. */
export function starsAt(guests: number, centre: number): Proposal[] {
  const others = [...Array(guests).keys()].filter((vertex) => vertex !== centre)
  const order = [centre, ...others]
  return [
    { name: 'one-to-all', dimensions: [], order },
    { name: 'all-to-one', dimensions: [], order },
  ]
}

/** Sets of guests that send to and receive from exactly the same others, one after the other. */
export function proposePartitions(component: Component): Proposal[] {
  const sets = twinsOf(component)
  const { length } = sets
  if (length < 2 || (length > 2 && !areTiers(component, sets))) return []
  const quotient = sets.map(([first = 0]) =>
    sets.flatMap(([second = 0], other) => {
      const isLinked = component.has(first, second) || component.has(second, first)
      return isLinked ? [other] : []
    }),
  )
  const line = lineOf(quotient)
  if (line === null || edgesOfShape(quotient) !== length - 1) return []
  const inOrder = line.map((set) => sets[set] ?? [])
  const orders = [inOrder, inOrder.toReversed()].map(partitionOf)
  // With replies either end may be the first: that with fewer.
  const isEither = length > 2 && component.mutual > 0
  return isEither ? orders.sort(bySizes).slice(0, 1) : orders
}

/**
 * More than two sets in a row. Either there are several ways from one end to the other, or (one
 * way only) most guests have equals: any line with a fork would be some otherwise.
 */
function areTiers(
  { guests, mutual, shape }: Component,
  sets: readonly (readonly number[])[],
): boolean {
  if (edgesOfShape(shape) >= guests.length) return true
  const alone = sets.filter((set) => set.length === 1).length
  return mutual === 0 && 2 * alone <= guests.length
}

function bySizes({ dimensions: a }: Proposal, { dimensions: b }: Proposal): number {
  const at = a.findIndex((size, set) => size !== b[set])
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0)
}

export const partitionOf = (sets: readonly (readonly number[])[]): Proposal => ({
  name: sets.length > 2 ? 'tiers' : 'partition',
  dimensions: sets.map((set) => set.length),
  order: sets.flat(),
})

/** Guests by whom they send to and receive from. Two sets may mix only if all hashes collide. */
function twinsOf({ guests, sources, destinations }: Component): number[][] {
  const sent = new Float64Array(guests.length)
  const received = new Float64Array(guests.length)
  for (let index = 0; index < sources.length; index += 1) {
    const source = sources[index] ?? 0
    const destination = destinations[index] ?? 0
    sent[source] = (sent[source] ?? 0) + hashOf(destination)
    received[destination] = (received[destination] ?? 0) + hashOf(source)
  }
  const sets = new Map<string, number[]>()
  for (const vertex of guests.keys()) {
    const key = `${sent[vertex]} ${received[vertex]}`
    const set = sets.get(key)
    if (set === undefined) sets.set(key, [vertex])
    else set.push(vertex)
  }
  return [...sets.values()]
}

/** 32 bits of a number (the finaliser of MurmurHash3); sums of 4,096 are exact in a double. */
function hashOf(number: number): number {
  let x = Math.imul(number + 1, 0x9e3779b9)
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
