// Names for graphs that are a pattern but for a few edges: a pair that stayed just below the
// threshold, or background traffic just above it. The graph is repaired in a few ways (directions
// made equal, weak edges left out, one edge left out), and what is then proposed is compared with
// the real edges. Strict, because a random graph must stay without a name.

import {
  type Component,
  distancesFrom,
  edgesOfShape,
  isConnected,
  type Shape,
  withEdge,
  withoutEdge,
} from './component.ts'
import { bitsOfGraph } from './description.ts'
import { originsOf, proposeGrids } from './grids.ts'
import { type Judged, judge, type Tolerance } from './judge.ts'
import { type Proposal, patternOf, visitEdges } from './patterns.ts'
import { partitionOf, propose, starsAt } from './proposals.ts'

/** Below, one edge more or less makes another pattern. */
const GUESTS_MIN = 8
/** The search below takes some 10 ms for 64 guests and grows with their square. */
const GUESTS_MAX = 256
const CONFIDENCE_MIN = 0.9
/** Extra edges weigh little if they are weak, but more of them are something else. */
const TOLERANCE: Tolerance = { missingShare: 1 - CONFIDENCE_MIN, extraShare: 0.25 }
/** A random graph is so well described by chance in one of 2^8 cases. */
const SAVED_BITS_MIN = 8
/** The second best explanation must take so many bits more: odds of 16 to 1. */
const MARGIN_BITS = 4
/** All-to-all less a few pairs: one missing for so many guests. A dense random graph lacks more. */
const GUESTS_A_MISSING_PAIR = 16
/** Of so many edges without a reverse one, all 2^5 subsets are tried. */
const ONE_WAY_MAX = 5
/** A cube of 8 without an edge is nearly a mesh too; of more guests the two are far apart. */
const RIVALS_GUESTS_MAX = 16
/** A guest at an end of tiers sends so many times what it receives, or the other way round. */
const MOSTLY = 3
/** Looked at from so many guests, a mesh or torus shows itself from one that is not disturbed. */
const ORIGINS_MAX = 32

/** Patterns that `component` nearly is, the best first; empty if none is close. */
export function nearly(component: Component): Judged[] {
  const guests = component.guests.length
  if (guests < GUESTS_MIN || guests > GUESTS_MAX) return []
  const bitsMax = bitsOfGraph(component) - SAVED_BITS_MIN
  return [...whole(component), ...sparse(component)]
    .filter(({ pattern, bits }) => pattern.name === 'all-to-all' || bits <= bitsMax)
    .sort((a, b) => a.bits - b.bits)
}

/** True if `other` explains the edges nearly as well as `best`, which it is not. */
export const isRival = (best: Judged, other: Judged): boolean =>
  other.bits < best.bits + MARGIN_BITS

const close = (component: Component, proposals: readonly Proposal[]): Judged[] =>
  proposals.flatMap((proposal) => judge(component, proposal, TOLERANCE)).filter(isClose)

function isClose({ pattern, missing, confidence }: Judged): boolean {
  if (pattern.name === 'all-to-all') {
    return missing.length * GUESTS_A_MISSING_PAIR <= pattern.guests
  }
  return confidence >= CONFIDENCE_MIN
}

/** Patterns that a numbering is plain for, whatever is wrong. */
function whole(component: Component): Judged[] {
  const { shape } = component
  const centre = indexOfMost(shape.map((neighbours) => neighbours.length))
  return close(component, [
    { name: 'all-to-all', dimensions: [], order: [...shape.keys()] },
    ...starsAt(shape.length, centre),
    ...proposeSets(component),
  ])
}

/** Lines, trees and grids. */
function sparse(component: Component): Judged[] {
  const { shape } = component
  const guests = shape.length
  const grids = gridsOf(guests)
  const sizes = new Set([guests - 1, guests, ...grids.map(({ size }) => size)])
  if (edgesOfShape(shape) > (1 + TOLERANCE.extraShare) * Math.max(...sizes)) return []
  const repaired = [shape, ...mutual(component, sizes), ...withoutWeak(component, sizes)]
  const found = repaired.flatMap((one) => [
    ...close(component, propose(component, one, 0)),
    ...closeGrid(component, one),
  ])
  const lines = withoutOne(shape).flatMap((one) => close(component, propose(component, one, 0)))
  const near = [...found, ...lines]
  if (near.length > 0 && guests > RIVALS_GUESTS_MAX) return near
  const grown = withOneMore(shape, grids)
  return [...near, ...grown.flatMap((one) => close(component, propose(component, one)))]
}

/** From the first guest from which `shape` is seen as a grid that is close. */
function closeGrid(component: Component, shape: Shape): Judged[] {
  for (const origin of originsOf(shape).slice(0, ORIGINS_MAX)) {
    const found = close(component, proposeGrids(shape, origin, component.has))
    if (found.length > 0) return found
  }
  return []
}

const indexOfMost = (values: readonly number[]): number =>
  values.reduce((most, value, index) => (value > (values[most] ?? 0) ? index : most), 0)

/** A mesh or torus by its invariants. */
interface Grid {
  /** Undirected edges. */
  readonly size: number
  /** How many guests have how many neighbours, as text. */
  readonly degrees: string
}

/** The meshes, tori and hypercubes of so many guests. */
function gridsOf(guests: number): Grid[] {
  return factorisations(guests, guests)
    .filter((sides) => sides.length > 1)
    .flatMap((sides) =>
      (['mesh', 'torus'] as const).map((name) => {
        const degrees = new Int32Array(guests)
        visitEdges(patternOf(name, sides), (from) => {
          degrees[from] = (degrees[from] ?? 0) + 1
        })
        return { size: sum(degrees) / 2, degrees: histogramOf(degrees) }
      }),
    )
}

const sum = (values: Int32Array): number => values.reduce((total, value) => total + value, 0)

const histogramOf = (degrees: Int32Array): string => degrees.toSorted().join(' ')

/** All ways to write `product` as factors of 2 to `most`, descending. */
function factorisations(product: number, most: number): number[][] {
  if (product === 1) return [[]]
  const ways: number[][] = []
  for (let side = Math.min(product, most); side >= 2; side -= 1) {
    if (product % side !== 0) continue
    for (const rest of factorisations(product / side, side)) ways.push([side, ...rest])
  }
  return ways
}

/** The shape without its weakest edges, for each of `sizes` that this leads to. */
function withoutWeak(component: Component, sizes: ReadonlySet<number>): Shape[] {
  const { shape, sources, destinations, bytesPerSecond } = component
  const guests = shape.length
  const rates = new Map<number, number>()
  for (const [index, source] of sources.entries()) {
    const destination = destinations[index] ?? 0
    const key = Math.min(source, destination) * guests + Math.max(source, destination)
    rates.set(key, (rates.get(key) ?? 0) + (bytesPerSecond[index] ?? 0))
  }
  const weakest = [...rates].sort((a, b) => a[1] - b[1]).map(([key]) => key)
  const cuts = [...sizes].filter((size) => size < weakest.length)
  return cuts.flatMap((size) => {
    const left = new Set(weakest.slice(weakest.length - size))
    const cut = shape.map((neighbours, vertex) =>
      neighbours.filter((next) =>
        left.has(Math.min(vertex, next) * guests + Math.max(vertex, next)),
      ),
    )
    return isConnected(cut) ? [cut] : []
  })
}

/** A line, ring or tree with one edge too many: without each edge in turn. */
function withoutOne(shape: Shape): Shape[] {
  const size = edgesOfShape(shape)
  if (size !== shape.length && size !== shape.length + 1) return []
  return shape.flatMap((neighbours, vertex) =>
    neighbours.filter((next) => next > vertex).map((next) => withoutEdge(shape, vertex, next)),
  )
}

/** A mesh or torus with one edge missing: with it. Its ends are 2 steps apart (ring of 3) or 3. */
function withOneMore(shape: Shape, grids: readonly Grid[]): Shape[] {
  const size = edgesOfShape(shape)
  const wanted = new Set(grids.flatMap((grid) => (grid.size === size + 1 ? [grid.degrees] : [])))
  if (wanted.size === 0) return []
  const degrees = Int32Array.from(shape, (neighbours) => neighbours.length)
  const isFit = new Map<string, boolean>()
  const fits = (one: number, other: number) => {
    const key = [degrees[one] ?? 0, degrees[other] ?? 0].sort().join(' ')
    const known = isFit.get(key)
    if (known !== undefined) return known
    const raised = degrees.map((degree, vertex) =>
      vertex === one || vertex === other ? degree + 1 : degree,
    )
    const found = wanted.has(histogramOf(raised))
    isFit.set(key, found)
    return found
  }
  return [...shape.keys()].flatMap((vertex) => {
    const distances = distancesFrom(shape, [vertex])
    const others = [...shape.keys()].filter(
      (other) =>
        other > vertex && (distances[other] === 2 || distances[other] === 3) && fits(vertex, other),
    )
    return others.map((other) => withEdge(shape, vertex, other))
  })
}

/**
 * Two sets: who only sends and who only receives, or who is an even or odd way from the first.
 * Three: who mostly sends, who does both, who mostly receives.
 */
function proposeSets({ guests, sources, destinations, shape }: Component): Proposal[] {
  const sent = new Int32Array(guests.length)
  for (const source of sources) sent[source] = (sent[source] ?? 0) + 1
  const received = new Int32Array(guests.length)
  for (const to of destinations) received[to] = (received[to] ?? 0) + 1
  const all = [...guests.keys()]
  const isSender = (vertex: number) => (sent[vertex] ?? 0) > (received[vertex] ?? 0)
  const hub = indexOfMost(shape.map((neighbours) => neighbours.length))
  const isNeighbour = new Set(shape[hub])
  const halves = [isSender, (vertex: number) => !isNeighbour.has(vertex)].map((isFirst) => [
    all.filter(isFirst),
    all.filter((vertex) => !isFirst(vertex)),
  ])
  const isMostly = (one: Int32Array, other: Int32Array) => (vertex: number) =>
    (one[vertex] ?? 0) > MOSTLY * (other[vertex] ?? 0)
  const [first, last] = [all.filter(isMostly(sent, received)), all.filter(isMostly(received, sent))]
  const ends = new Set([...first, ...last])
  const thirds = [first, all.filter((vertex) => !ends.has(vertex)), last]
  return [...halves, thirds].filter((sets) => sets.every((set) => set.length > 0)).map(partitionOf)
}

/**
 * Where nearly all talk both ways, an edge without its reverse is one too many, or its reverse is
 * missing: the shape without some of these edges, if they are few, or else without all.
 */
function mutual({ shape, has }: Component, sizes: ReadonlySet<number>): Shape[] {
  const oneWay = shape.flatMap((neighbours, vertex) =>
    neighbours.flatMap((next) => {
      const isOneWay = next > vertex && has(vertex, next) !== has(next, vertex)
      return isOneWay ? [[vertex, next] as const] : []
    }),
  )
  const without = (left: number) =>
    oneWay.reduce(
      (rest, [one, other], bit) =>
        ((left >> bit) & 1) === 1 ? withoutEdge(rest, one, other) : rest,
      shape,
    )
  if (oneWay.length > ONE_WAY_MAX) {
    return [shape.map((all, one) => all.filter((other) => has(one, other) && has(other, one)))]
  }
  return [...Array(2 ** oneWay.length).keys()]
    .slice(1)
    .map(without)
    .filter((rest) => sizes.has(edgesOfShape(rest)))
}
