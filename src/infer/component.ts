// A topology's weakly connected components as graphs of numbers, which is what the recogniser works
// on. Guests are numbered in the order of their addresses, so that the same edges give the same
// graph in whatever order they came.

import type { MacAddress } from '../base/mac.ts'
import type { Edge, Topology } from './types.ts'

/** An undirected graph: the neighbours of each vertex, ascending. */
export type Shape = readonly (readonly number[])[]

/** Larger components are no parallel program; their names are not looked for (2 MB of bits). */
export const COMPONENT_GUESTS_MAX = 4_096

/** Directed edges as columns: entry i of each is one edge. */
export interface EdgeColumns {
  readonly sources: Int32Array
  readonly destinations: Int32Array
  readonly bytesPerSecond: Float64Array
}

export interface Component extends EdgeColumns {
  /** A guest's place is its number. */
  readonly guests: readonly MacAddress[]
  /** How many edges have their reverse. */
  readonly mutual: number
  /** Who talks to whom, whichever way. Empty above COMPONENT_GUESTS_MAX guests. */
  readonly shape: Shape
  has(source: number, destination: number): boolean
}

/** The components with at least one edge, largest first, equal ones by their first guest. */
export function componentsOf(topology: Topology): Component[] {
  const guests = [...new Set(topology.guests)].sort()
  return componentsOfColumns(guests, columnsOf(guests, topology.edges))
}

/** The same for sorted guests and edges between their places, no loops. */
export function componentsOfColumns(
  guests: readonly MacAddress[],
  edges: EdgeColumns,
): Component[] {
  return split(guests, edges).sort((a, b) => b.guests.length - a.guests.length)
}

/** Edges between the places of their guests; those of other guests, and loops, are left out. */
export function columnsOf(guests: readonly MacAddress[], edges: readonly Edge[]): EdgeColumns {
  const places = new Map<MacAddress, number>()
  for (const [place, guest] of guests.entries()) places.set(guest, place)
  const columns = createColumns(edges.length)
  let count = 0
  let from: number | undefined
  let before: MacAddress | null = null
  for (const { source, destination, bytesPerSecond } of edges) {
    if (source !== before) from = places.get(source) // edges come sorted
    before = source
    const to = places.get(destination)
    if (from === undefined || to === undefined || from === to) continue
    columns.sources[count] = from
    columns.destinations[count] = to
    columns.bytesPerSecond[count] = bytesPerSecond
    count += 1
  }
  return first(columns, count)
}

export const createColumns = (count: number): EdgeColumns => ({
  sources: new Int32Array(count),
  destinations: new Int32Array(count),
  bytesPerSecond: new Float64Array(count),
})

const first = (columns: EdgeColumns, count: number): EdgeColumns => ({
  sources: columns.sources.subarray(0, count),
  destinations: columns.destinations.subarray(0, count),
  bytesPerSecond: columns.bytesPerSecond.subarray(0, count),
})

/** A graph of `guests`; an edge that comes twice counts once. */
export function createComponent(guests: readonly MacAddress[], edges: EdgeColumns): Component {
  const count = guests.length
  if (count > COMPONENT_GUESTS_MAX) {
    return { guests, ...edges, mutual: 0, shape: [], has: () => false }
  }
  const bits = new Uint32Array(Math.ceil((count * count) / 32))
  const has = (source: number, destination: number) => {
    const bit = source * count + destination
    return (((bits[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1
  }
  const neighbours: number[][] = guests.map(() => [])
  const distinct = createColumns(edges.sources.length)
  let [known, pairs] = [0, 0]
  for (let index = 0; index < edges.sources.length; index += 1) {
    const source = edges.sources[index] ?? 0
    const destination = edges.destinations[index] ?? 0
    if (has(source, destination)) continue
    if (!has(destination, source)) {
      neighbours[source]?.push(destination)
      neighbours[destination]?.push(source)
      pairs += 1
    }
    const bit = source * count + destination
    bits[bit >>> 5] = (bits[bit >>> 5] ?? 0) | (1 << (bit & 31))
    copyEdge(edges, index, distinct, known)
    known += 1
  }
  for (const list of neighbours) list.sort((a, b) => a - b)
  const mutual = 2 * (known - pairs)
  return { guests, ...first(distinct, known), mutual, shape: neighbours, has }
}

function copyEdge(from: EdgeColumns, index: number, to: EdgeColumns, place: number): void {
  to.sources[place] = from.sources[index] ?? 0
  to.destinations[place] = from.destinations[index] ?? 0
  to.bytesPerSecond[place] = from.bytesPerSecond[index] ?? 0
}

/** The number of undirected edges. */
export const edgesOfShape = (shape: Shape): number =>
  shape.reduce((sum, neighbours) => sum + neighbours.length, 0) / 2

/** A shape without one of its edges. */
export const withoutEdge = (shape: Shape, one: number, other: number): Shape =>
  shape.map((neighbours, vertex) => {
    if (vertex === one) return neighbours.filter((neighbour) => neighbour !== other)
    if (vertex === other) return neighbours.filter((neighbour) => neighbour !== one)
    return neighbours
  })

/** A shape with one edge more. */
export const withEdge = (shape: Shape, one: number, other: number): Shape =>
  shape.map((neighbours, vertex) => {
    if (vertex === one) return [...neighbours, other].sort((a, b) => a - b)
    if (vertex === other) return [...neighbours, one].sort((a, b) => a - b)
    return neighbours
  })

export function isConnected(shape: Shape): boolean {
  return distancesFrom(shape, [0]).every((distance) => distance >= 0)
}

/** Breadth first: edges to the nearest of `sources`, -1 where there is no way. */
export function distancesFrom(shape: Shape, sources: readonly number[]): Int32Array {
  const distances = new Int32Array(shape.length).fill(-1)
  const queue = [...sources]
  for (const source of sources) distances[source] = 0
  for (let head = 0; head < queue.length; head += 1) {
    const vertex = queue[head] ?? 0
    for (const next of shape[vertex] ?? []) {
      if ((distances[next] ?? 0) >= 0) continue
      distances[next] = (distances[vertex] ?? 0) + 1
      queue.push(next)
    }
  }
  return distances
}

function split(guests: readonly MacAddress[], edges: EdgeColumns): Component[] {
  const leaders = unite(guests.length, edges)
  const members = new Map<number, MacAddress[]>()
  const places = new Int32Array(guests.length)
  for (const [number, guest] of guests.entries()) {
    const leader = leaders[number] ?? 0
    const list = members.get(leader) ?? []
    places[number] = list.push(guest) - 1
    members.set(leader, list)
  }
  const counts = new Int32Array(guests.length)
  for (const source of edges.sources) bump(counts, leaders[source] ?? 0)
  const parts = new Map<number, EdgeColumns>()
  for (const leader of members.keys()) parts.set(leader, createColumns(counts[leader] ?? 0))
  const filled = new Int32Array(guests.length)
  for (let index = 0; index < edges.sources.length; index += 1) {
    const source = edges.sources[index] ?? 0
    const leader = leaders[source] ?? 0
    const part = parts.get(leader)
    const place = bump(filled, leader)
    if (part === undefined) continue
    part.sources[place] = places[source] ?? 0
    part.destinations[place] = places[edges.destinations[index] ?? 0] ?? 0
    part.bytesPerSecond[place] = edges.bytesPerSecond[index] ?? 0
  }
  return [...members].flatMap(([leader, own]) => {
    const part = parts.get(leader)
    const isAlone = part === undefined || part.sources.length === 0
    return isAlone ? [] : [createComponent(own, part)]
  })
}

/** Adds one; the value before. */
function bump(counts: Int32Array, index: number): number {
  const before = counts[index] ?? 0
  counts[index] = before + 1
  return before
}

/** For each vertex the smallest one of its component (union-find with path halving). */
function unite(count: number, { sources, destinations }: EdgeColumns): Int32Array {
  const parent = Int32Array.from({ length: count }, (_, vertex) => vertex)
  const find = (vertex: number) => {
    let at = vertex
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] ?? 0] ?? 0
      at = parent[at] ?? 0
    }
    return at
  }
  for (let index = 0; index < sources.length; index += 1) {
    const a = find(sources[index] ?? 0)
    const b = find(destinations[index] ?? 0)
    parent[Math.max(a, b)] = Math.min(a, b)
  }
  return parent.map((_, vertex) => find(vertex))
}
