// Where to draw the guests of a recognised topology so that its pattern is seen: rings round,
// meshes as grids, trees in layers, the sets of a partition in columns. The same input gives the
// same picture. What is unknown is drawn by forces (force-layout.ts).

import type { MacAddress } from '../base/mac.ts'
import { forceLayout } from './force-layout.ts'
import type { Recognised, Role, Topology } from './types.ts'

/** From 0 to 1, x to the right, y downwards. */
export interface Point {
  readonly x: number
  readonly y: number
}

export type Layout = ReadonlyMap<MacAddress, Point>

/** One pattern in the unit square. `topology` may hold more guests than the pattern's. */
export function layoutOf(recognised: Recognised, topology: Topology): Layout {
  const { guests } = recognised
  const points = arrange(recognised, topology)
  return stretched(new Map(guests.map((guest) => [guest, points.get(guest) ?? { x: 0, y: 0 }])))
}

/** All patterns side by side in the unit square, in rows, larger ones with more room. */
export function layoutAll(patterns: readonly Recognised[], topology: Topology): Layout {
  const sides = patterns.map(({ guests }) => Math.ceil(Math.sqrt(guests.length)) + 1)
  const area = sides.reduce((sum, side) => sum + side * side, 0)
  const width = Math.max(Math.ceil(Math.sqrt(area)), ...sides)
  const places = new Map<MacAddress, Point>()
  let [left, top, rowHeight] = [0, 0, 0]
  for (const [index, pattern] of patterns.entries()) {
    const side = sides[index] ?? 0
    if (left + side > width) {
      left = 0
      top += rowHeight
      rowHeight = 0
    }
    for (const [guest, { x, y }] of layoutOf(pattern, topology)) {
      places.set(guest, { x: left + x * (side - 1), y: top + y * (side - 1) })
    }
    left += side
    rowHeight = Math.max(rowHeight, side)
  }
  return stretched(places)
}

function arrange(recognised: Recognised, topology: Topology): Layout {
  const { name, guests, roles } = recognised
  switch (name) {
    case 'all-to-all':
      return onCircle(guests)
    case 'ring':
      return onCircle(guests.toSorted((a, b) => placeOf(roles, a) - placeOf(roles, b)))
    case 'pair':
    case 'bus':
      return inSnake(guests.toSorted((a, b) => placeOf(roles, a) - placeOf(roles, b)))
    case 'mesh':
    case 'torus':
    case 'hypercube':
      return inGrid(recognised)
    case 'tree':
    case 'tree-reduction':
    case 'reduction':
    case 'broadcast':
      return inLayers(roles)
    case 'one-to-all':
    case 'all-to-one':
      return aroundRoot(roles)
    case 'partition':
    case 'tiers':
      return inColumns(roles)
    case 'unknown':
      return forceLayout(guests, topology.edges)
  }
}

const placeOf = (roles: Recognised['roles'], guest: MacAddress): number =>
  roles.get(guest)?.coordinates?.[0] ?? 0

/** Clockwise, the first one at the top. */
export function onCircle(guests: readonly MacAddress[]): Layout {
  return new Map(
    guests.map((guest, index) => {
      const angle = (2 * Math.PI * index) / guests.length
      return [guest, { x: Math.sin(angle), y: -Math.cos(angle) }]
    }),
  )
}

/** A longer line is folded: to the right, back to the left, and so on. */
const LINE_GUESTS_MAX = 12

function inSnake(guests: readonly MacAddress[]): Layout {
  const isShort = guests.length <= LINE_GUESTS_MAX
  const width = isShort ? guests.length : Math.ceil(Math.sqrt(guests.length))
  return new Map(
    guests.map((guest, index) => {
      const row = Math.floor(index / width)
      const column = index % width
      return [guest, { x: row % 2 === 0 ? column : width - 1 - column, y: row }]
    }),
  )
}

/**
 * The first two dimensions are right and down, the third is oblique and stays within a cell; each
 * further one repeats the picture so far beside or below itself.
 */
function inGrid({ name, dimensions, roles }: Recognised): Layout {
  const sides: readonly number[] =
    name === 'hypercube' ? new Array(dimensions[0] ?? 0).fill(2) : dimensions
  let [width, height] = [1, 1]
  const steps = sides.map((side, axis): Point => {
    if (axis === 2) return { x: 0.6 / (side - 1), y: 0.4 / (side - 1) }
    const isRight = axis === 0 || (axis > 2 && axis % 2 === 1)
    const step = isRight ? { x: width, y: 0 } : { x: 0, y: height }
    if (isRight) width = width * side + 1
    else height = height * side + 1
    return step
  })
  return new Map(
    [...roles].map(([guest, { coordinates = [] }]) => {
      const along = (axis: 'x' | 'y') =>
        coordinates.reduce((sum, place, index) => sum + place * (steps[index]?.[axis] ?? 0), 0)
      return [guest, { x: along('x'), y: along('y') }]
    }),
  )
}

/** The root at the top, each parent in the middle above its children. */
function inLayers(roles: Recognised['roles']): Layout {
  const places = new Map<MacAddress, Point>()
  const [root] = [...roles].find(([, { kind }]) => kind === 'root') ?? []
  if (root === undefined) return places
  let leaves = 0
  const place = (guest: MacAddress, depth: number): number => {
    const children = roles.get(guest)?.children ?? []
    const columns = children.map((child) => place(child, depth + 1))
    const x = columns.length > 0 ? ((columns[0] ?? 0) + (columns.at(-1) ?? 0)) / 2 : leaves++
    places.set(guest, { x, y: depth })
    return x
  }
  place(root, 0)
  return places
}

function aroundRoot(roles: Recognised['roles']): Layout {
  const isRoot = ({ kind }: Role) => kind === 'root'
  const leaves = [...roles].flatMap(([guest, role]) => (isRoot(role) ? [] : [guest]))
  const roots = [...roles].flatMap(([guest, role]) => (isRoot(role) ? [guest] : []))
  const around = onCircle(leaves.sort())
  return new Map([...roots.map((root) => [root, { x: 0, y: 0 }] as const), ...around])
}

/** The sets from left to right, each from top to bottom. */
function inColumns(roles: Recognised['roles']): Layout {
  const sets = new Map<number, MacAddress[]>()
  for (const [guest, { set = 0 }] of roles) sets.set(set, [...(sets.get(set) ?? []), guest])
  const places = [...sets].flatMap(([set, members]) =>
    members.sort().map((guest, index) => {
      return [guest, { x: set, y: (index + 0.5) / members.length }] as const
    }),
  )
  return new Map(places)
}

/** Stretched to the unit square; what has no width or no height is centred. */
function stretched(places: Layout): Layout {
  const points = [...places.values()]
  const stretch = (axis: 'x' | 'y') => {
    const least = points.reduce(
      (min, point) => Math.min(min, point[axis]),
      Number.POSITIVE_INFINITY,
    )
    const most = points.reduce((max, point) => Math.max(max, point[axis]), Number.NEGATIVE_INFINITY)
    return (value: number) => (most - least > 1e-9 ? (value - least) / (most - least) : 0.5)
  }
  const [right, down] = [stretch('x'), stretch('y')]
  return new Map([...places].map(([guest, { x, y }]) => [guest, { x: right(x), y: down(y) }]))
}
