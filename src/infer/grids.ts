// Finds coordinates in graphs that may be meshes, tori or hypercubes. All are Cartesian products of
// lines and rings: from one guest the dimensions are walked straight ahead, and everybody else gets
// the coordinates of the nearest places on those lines (in a product that place is unique).
// See Hammack, Imrich, Klavzar, "Handbook of Product Graphs" (2011), chapters 6 and 23.
//
// A ring of four is two lines of two: rings of four are found as such, and put together again.

import { distancesFrom, type Shape } from './component.ts'
import type { NamedPattern, Proposal } from './patterns.ts'

/** Whether messages flow from one guest to its neighbour. */
type Forwards = (from: number, to: number) => boolean

/** A dimension with each guest's place in it. */
interface Coordinates {
  readonly side: number
  readonly coordinates: readonly number[]
}

/** The dimension's guests in order, from the origin. */
interface Axis {
  readonly line: readonly number[]
  readonly isRing: boolean
}

/**
 * What grids `shape` may be, seen from `origin`: a corner of a mesh, anybody of a torus.
 * Dimensions are turned so that messages flow forwards, if they flow one way.
 */
export function proposeGrids(shape: Shape, origin: number, isForwards: Forwards): Proposal[] {
  const axes = axesFrom(shape, origin)
  if (axes === null || axes.length < 2) return []
  const guests = axes.reduce((product, { line }) => product * line.length, 1)
  if (guests !== shape.length) return []
  const turned = axes.map((axis) => ({
    side: axis.line.length,
    coordinates: turn(axis, labelsOf(shape, axis.line), isForwards),
  }))
  if (axes.every(({ isRing, line }) => isRing || line.length === 2)) {
    return toriOf(shape, axes, turned, isForwards)
  }
  return axes.some(({ isRing }) => isRing) ? [] : proposalsOf(['mesh'], turned)
}

/** The guests from which a mesh or torus can be seen: those with the fewest neighbours. */
export function originsOf(shape: Shape): number[] {
  const degrees = shape.map((neighbours) => neighbours.length)
  const fewest = degrees.reduce((least, degree) => Math.min(least, degree), shape.length)
  return degrees.flatMap((degree, vertex) => (degree === fewest ? [vertex] : []))
}

/** The lines and rings through `origin`; null if they are not of a product. */
function axesFrom(shape: Shape, origin: number): Axis[] | null {
  const open = new Set(shape[origin])
  const axes: Axis[] = []
  for (const first of shape[origin] ?? []) {
    if (!open.delete(first)) continue
    const axis = walk(shape, origin, first)
    if (axis === null) return null
    axes.push(axis)
    if (!axis.isRing) continue
    const last = axis.line.at(-1) ?? -1
    if (!open.delete(last)) return null
  }
  return axes
}

/** Straight ahead from `origin` through `first`: until the line ends or comes back. */
function walk(shape: Shape, origin: number, first: number): Axis | null {
  const shared = common(shape, origin, first)
  if (shared.length > 1) return null
  if (shared.length === 1) return { line: [origin, first, ...shared], isRing: true } // a triangle
  const line = [origin, first]
  for (;;) {
    const [before = 0, at = 0] = line.slice(-2)
    const ahead = (shape[at] ?? []).filter(
      (next) => next !== before && common(shape, before, next).length === 1,
    )
    const [next] = ahead
    if (next === undefined) return { line, isRing: false }
    if (ahead.length > 1) return null
    if (next === origin) return { line, isRing: true }
    if (line.includes(next)) return null
    line.push(next)
  }
}

function common(shape: Shape, one: number, other: number): number[] {
  const neighbours = shape[other] ?? []
  return (shape[one] ?? []).filter((vertex) => neighbours.includes(vertex))
}

/** For each guest the place on `line` that is nearest to it. */
function labelsOf(shape: Shape, line: readonly number[]): number[] {
  const distances = distancesFrom(shape, line)
  const labels: number[] = new Array(shape.length).fill(-1)
  for (const [place, vertex] of line.entries()) labels[vertex] = place
  const byDistance = [...distances.keys()].sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0))
  for (const vertex of byDistance) {
    if (labels[vertex] !== -1) continue
    const closer = (shape[vertex] ?? []).filter(
      (next) => (distances[next] ?? 0) < (distances[vertex] ?? 0),
    )
    labels[vertex] = mostFrequent(closer.map((next) => labels[next] ?? -1))
  }
  return labels
}

/** Neighbours agree in an exact product; where edges are missing or too many, most are right. */
function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), [-1, 0] as const)[0]
}

/** Places along an axis, counted in the direction in which messages flow. */
function turn({ line, isRing }: Axis, labels: readonly number[], isForwards: Forwards): number[] {
  const [origin = 0, first = 0] = line
  const last = line.length - 1
  if (isForwards(origin, first)) return [...labels]
  return labels.map((place) => (isRing ? (line.length - place) % line.length : last - place))
}

/** Tori with as many sides of four as there can be, then with fewer; a cube if all are of two. */
function toriOf(
  shape: Shape,
  axes: readonly Axis[],
  turned: readonly Coordinates[],
  isForwards: Forwards,
): Proposal[] {
  const pairs = ringsOfFour(shape, axes, isForwards)
  return Array.from({ length: pairs.length + 1 }, (_, spared) => {
    const used = pairs.slice(0, pairs.length - spared)
    const isUsed = new Set(used.flat())
    const single = turned.filter((_axis, index) => !isUsed.has(index))
    const fours = used.map(([one, other]) => mergeTwos(axes, turned, [one, other], isForwards))
    const isCube = single.length === axes.length && single.every(({ side }) => side === 2)
    return proposalsOf(isCube ? ['hypercube', 'mesh', 'torus'] : ['torus'], [...fours, ...single])
  }).flat()
}

/** Pairs of lines of two that make a ring around which messages flow; the one-way ones first. */
function ringsOfFour(
  shape: Shape,
  axes: readonly Axis[],
  isForwards: Forwards,
): [one: number, other: number][] {
  const twos = axes.flatMap(({ line }, axis) => (line.length === 2 ? [axis] : []))
  const paired = new Set<number>()
  const pairs: [number, number][] = []
  for (const isOneWay of [true, false]) {
    for (const one of twos) {
      if (paired.has(one)) continue
      const other = twos.find((candidate) => {
        if (candidate <= one || paired.has(candidate)) return false
        const ring = ringThrough(shape, axes[one], axes[candidate])
        const isRound = flowsAround(ring, isForwards)
        const isRoundBack = flowsAround(ring.toReversed(), isForwards)
        return isOneWay ? isRound !== isRoundBack : isRound || isRoundBack
      })
      if (other === undefined) continue
      paired.add(one).add(other)
      pairs.push([one, other])
    }
  }
  return pairs
}

/** The ring of four that two lines of two from one origin are sides of. */
function ringThrough(shape: Shape, one: Axis | undefined, other: Axis | undefined): number[] {
  const [origin = 0, first = 0] = one?.line ?? []
  const last = other?.line[1] ?? 0
  const across = common(shape, first, last).find((vertex) => vertex !== origin) ?? origin
  return [origin, first, across, last]
}

const flowsAround = (ring: readonly number[], isForwards: Forwards): boolean =>
  ring.every((from, place) => isForwards(from, ring[(place + 1) % ring.length] ?? 0))

/** Around a ring of four, as the coordinates on its two lines of two. */
const AROUND_FOUR = [0, 1, 3, 2]

function mergeTwos(
  axes: readonly Axis[],
  turned: readonly Coordinates[],
  [one, other]: readonly [number, number],
  isForwards: Forwards,
): Coordinates {
  const low = turned[other]?.coordinates ?? []
  const places = (turned[one]?.coordinates ?? []).map((high, guest) =>
    AROUND_FOUR.indexOf(2 * high + (low[guest] ?? 0)),
  )
  const origin = axes[one]?.line[0] ?? 0
  const next = ((places[origin] ?? 0) + 1) % 4
  const ahead = [one, other]
    .map((axis) => axes[axis]?.line[1] ?? 0)
    .find((neighbour) => places[neighbour] === next)
  const isTurned = ahead !== undefined && !isForwards(origin, ahead)
  return { side: 4, coordinates: isTurned ? places.map((place) => (4 - place) % 4) : places }
}

/** The numbering that coordinates give, sides sorted descending; nothing if it is none. */
function proposalsOf(names: readonly NamedPattern[], axes: readonly Coordinates[]): Proposal[] {
  if (axes.length < 2) return []
  const sorted = axes.toSorted((a, b) => b.side - a.side)
  const dimensions = sorted.map(({ side }) => side)
  const guests = dimensions.reduce((product, side) => product * side, 1)
  const order: number[] = new Array(guests).fill(-1)
  for (let guest = 0; guest < guests; guest += 1) {
    const index = sorted.reduce(
      (sum, { side, coordinates }) => sum * side + (coordinates[guest] ?? 0),
      0,
    )
    if (order[index] !== -1) return [] // two at one place
    order[index] = guest
  }
  return names.map((name) => ({
    name,
    dimensions: name === 'hypercube' ? [dimensions.length] : dimensions,
    order,
  }))
}
