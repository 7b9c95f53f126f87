// A topology's weakly connected components as graphs of numbers, which is what the recogniser works
// on. Guests are numbered in the order of their addresses, so that the same edges give the same
// graph in whatever order they came.

import type { MacAddress } from '../base/mac.ts'
import type { Topology } from './types.ts'

/** An undirected graph: the neighbours of each vertex, ascending. */
export type Shape = readonly (readonly number[])[]

/** Larger components are no parallel program; their names are not looked for (2 MB of bits). */
export const COMPONENT_GUESTS_MAX = 4_096

/** A directed edge between two numbers. */
export interface NumberedEdge {
  readonly source: number
  readonly destination: number
  readonly bytesPerSecond: number
}

export interface Component {
  /** A guest's place is its number. */
  readonly guests: readonly MacAddress[]
  readonly edges: readonly NumberedEdge[]
  /** Who talks to whom, whichever way. Empty above COMPONENT_GUESTS_MAX guests. */
  readonly shape: Shape
  has(source: number, destination: number): boolean
}

/** The components with at least one edge, largest first, equal ones by their first guest. */
export function componentsOf(topology: Topology): Component[] {
  const guests = new Set(topology.guests)
  for (const { source, destination } of topology.edges) guests.add(source).add(destination)
  const sorted = [...guests].sort()
  const numbers = new Map(sorted.map((guest, number) => [guest, number]))
  const edges = topology.edges.flatMap((edge): NumberedEdge[] => {
    const source = numbers.get(edge.source)
    const destination = numbers.get(edge.destination)
    if (source === undefined || destination === undefined || source === destination) return []
    return [{ source, destination, bytesPerSecond: edge.bytesPerSecond }]
  })
  return split(sorted, edges).sort((a, b) => b.guests.length - a.guests.length)
}

/** A graph of `guests` as they are; `edges` are between their numbers, possibly repeated. */
export function createComponent(
  guests: readonly MacAddress[],
  edges: readonly NumberedEdge[],
): Component {
  const count = guests.length
  if (count > COMPONENT_GUESTS_MAX) return { guests, edges, shape: [], has: () => false }
  const bits = new Uint32Array(Math.ceil((count * count) / 32))
  const has = (source: number, destination: number) => {
    const bit = source * count + destination
    return (((bits[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1
  }
  const neighbours: number[][] = guests.map(() => [])
  const distinct = edges.filter(({ source, destination }) => {
    if (has(source, destination)) return false
    if (!has(destination, source)) {
      neighbours[source]?.push(destination)
      neighbours[destination]?.push(source)
    }
    const bit = source * count + destination
    bits[bit >>> 5] = (bits[bit >>> 5] ?? 0) | (1 << (bit & 31))
    return true
  })
  for (const list of neighbours) list.sort((a, b) => a - b)
  return { guests, edges: distinct, shape: neighbours, has }
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

function split(guests: readonly MacAddress[], edges: readonly NumberedEdge[]): Component[] {
  const leader = unite(guests.length, edges)
  const members = new Map<number, number[]>()
  const edgesOf = new Map<number, NumberedEdge[]>()
  for (const edge of edges) append(edgesOf, leader[edge.source] ?? 0, edge)
  for (const [guest, first] of leader.entries()) append(members, first, guest)
  const place = new Int32Array(guests.length)
  return [...members].flatMap(([first, numbers]) => {
    const own = edgesOf.get(first)
    if (own === undefined) return [] // a guest on its own
    numbers.forEach((number, index) => {
      place[number] = index
    })
    const renumbered = own.map(({ source, destination, bytesPerSecond }) => ({
      source: place[source] ?? 0,
      destination: place[destination] ?? 0,
      bytesPerSecond,
    }))
    const macs = numbers.flatMap((number) => guests[number] ?? [])
    return [createComponent(macs, renumbered)]
  })
}

/** For each vertex the smallest one of its component (union-find with path halving). */
function unite(count: number, edges: readonly NumberedEdge[]): Int32Array {
  const parent = Int32Array.from({ length: count }, (_, vertex) => vertex)
  const find = (vertex: number) => {
    let at = vertex
    while (parent[at] !== at) {
      parent[at] = parent[parent[at] ?? 0] ?? 0
      at = parent[at] ?? 0
    }
    return at
  }
  for (const { source, destination } of edges) {
    const [a, b] = [find(source), find(destination)]
    parent[Math.max(a, b)] = Math.min(a, b)
  }
  return parent.map((_, vertex) => find(vertex))
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [value])
  else list.push(value)
}
