// Drawings show the pattern: every guest has its own place in the unit square, neighbours on a ring
// or in a mesh are near, trees have layers.

import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/base/random.ts'
import { type Layout, layoutAll, layoutOf } from '../../../src/infer/layout.ts'
import { type NamedPattern, patternEdges, patternsOf } from '../../../src/infer/patterns.ts'
import { recognise } from '../../../src/infer/recognise.ts'
import type { Recognised, Topology } from '../../../src/infer/types.ts'
import { guestMac, type NumberPair, topologyOf, unionOf } from '../../support/topologies.ts'

function draw(topology: Topology): { one: Recognised; layout: Layout } {
  const [one] = recognise(topology)
  if (one === undefined) throw new Error('nothing recognised')
  return { one, layout: layoutOf(one, topology) }
}

const pattern = (name: NamedPattern, size: number | number[], seed?: number) =>
  draw(topologyOf(patternEdges(name, size), seed === undefined ? {} : { seed }))

/** In the unit square, which they fill, and apart from each other. */
function expectSound(layout: Layout, guests: number): void {
  const points = [...layout.values()]
  expect(points).toHaveLength(guests)
  for (const { x, y } of points) {
    expect(x).toBeGreaterThanOrEqual(0)
    expect(x).toBeLessThanOrEqual(1)
    expect(y).toBeGreaterThanOrEqual(0)
    expect(y).toBeLessThanOrEqual(1)
  }
  expect(Math.max(...points.map(({ x }) => x))).toBe(1)
  const nearest = points.map(({ x, y }, index) =>
    Math.min(...points.toSpliced(index, 1).map((other) => Math.hypot(x - other.x, y - other.y))),
  )
  expect(Math.min(...nearest)).toBeGreaterThan(0.1 / guests)
}

test.each([2, 4, 8, 27, 32, 64])('every pattern of %i guests', (guests) => {
  for (const { name, dimensions } of patternsOf(guests)) {
    const size = dimensions.length > 0 ? [...dimensions] : guests
    const { layout } = pattern(name, size, 5)
    expectSound(layout, guests)
  }
})

describe('the pattern is seen', () => {
  test('a ring is a circle in its order', () => {
    const { one, layout } = pattern('ring', 12, 3)
    for (const [guest, { x, y }] of layout) {
      expect(Math.hypot(x - 0.5, y - 0.5)).toBeCloseTo(0.5)
      const turn = (one.roles.get(guest)?.coordinates?.[0] ?? 0) / 12
      expect(x).toBeCloseTo(0.5 + Math.sin(2 * Math.PI * turn) / 2)
    }
  })

  test('a mesh is a grid, a long bus is folded', () => {
    const { one, layout } = pattern('mesh', [5, 4], 2)
    for (const [guest, { x, y }] of layout) {
      const [column = 0, row = 0] = one.roles.get(guest)?.coordinates ?? []
      expect([x, y]).toEqual([column / 4, row / 3])
    }
    const bus = pattern('bus', 16).layout
    expect([3, 4, 7, 8].map((place) => bus.get(guestMac(place)))).toEqual([
      { x: 1, y: 0 },
      { x: 1, y: 1 / 3 },
      { x: 0, y: 1 / 3 },
      { x: 0, y: 2 / 3 },
    ])
    expect(pattern('bus', 5).layout.get(guestMac(1))).toEqual({ x: 0.25, y: 0.5 })
  })

  test('a tree has its root on top and parents over their children', () => {
    const { one, layout } = pattern('tree', 15, 4)
    for (const [guest, { parent, children = [] }] of one.roles) {
      const above = parent === undefined ? undefined : layout.get(parent)
      expect(layout.get(guest)?.y).toBeCloseTo((above?.y ?? -1 / 3) + 1 / 3)
      const columns = children.map((child) => layout.get(child)?.x ?? 0)
      if (columns.length === 0) continue
      expect(layout.get(guest)?.x).toBeCloseTo(columns.reduce((a, b) => a + b) / columns.length)
    }
  })

  test('a star has its root in the middle, a partition has columns', () => {
    const star = pattern('all-to-one', 9).layout
    expect(star.get(guestMac(0))).toEqual({ x: 0.5, y: 0.5 })
    const sets = pattern('tiers', [2, 3, 4]).layout
    const columns = [...Array(9).keys()].map((number) => sets.get(guestMac(number))?.x)
    expect(columns).toEqual([0, 0, 0.5, 0.5, 0.5, 1, 1, 1, 1])
  })

  test('an unknown graph: neighbours are nearer than others, the same each time', () => {
    // Two all-to-alls that share a guest.
    const half = patternEdges('all-to-all', 6)
    const other = half.map(([a, b]): NumberPair => [a + 5, b + 5])
    const topology = topologyOf([...half, ...other], { seed: 9 })
    const { one, layout } = draw(topology)
    expect(one.name).toBe('unknown')
    expectSound(layout, 11)
    const linked = new Set(topology.edges.map(({ source, destination }) => source + destination))
    const distances = (isLinked: boolean) =>
      [...layout].flatMap(([a, from]) =>
        [...layout].flatMap(([b, to]) =>
          a !== b && linked.has(a + b) === isLinked
            ? [Math.hypot(from.x - to.x, from.y - to.y)]
            : [],
        ),
      )
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length
    expect(mean(distances(true))).toBeLessThan(0.6 * mean(distances(false)))
    const again = { guests: topology.guests, edges: topology.edges.toReversed() }
    expect(layoutOf(one, again)).toEqual(layout)
  })
})

test('several patterns have rooms of their own', () => {
  const random = seededRandom(1)
  const parts = [...Array(7).keys()].map((index) => {
    const size = 3 + Math.floor(random.next() * 20)
    return topologyOf(patternEdges('ring', size), { offset: 100 * index })
  })
  const topology = unionOf(...parts)
  const patterns = recognise(topology)
  const layout = layoutAll(patterns, topology)
  expectSound(layout, topology.guests.length)
  const boxes = patterns.map(({ guests }) => {
    const points = guests.map((guest) => layout.get(guest) ?? { x: 0, y: 0 })
    const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)]
    return {
      left: Math.min(...xs),
      right: Math.max(...xs),
      top: Math.min(...ys),
      low: Math.max(...ys),
    }
  })
  for (const [index, a] of boxes.entries()) {
    for (const b of boxes.slice(index + 1)) {
      expect(a.right < b.left || b.right < a.left || a.low < b.top || b.low < a.top).toBe(true)
    }
  }
  expect(layoutAll([], { guests: [], edges: [] }).size).toBe(0)
})
