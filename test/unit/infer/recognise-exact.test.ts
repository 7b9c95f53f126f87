// Every pattern of many sizes under random numberings gets its name, dimensions and roles; what is
// no pattern gets none. That roles are right is judged by the definitions, not by the generator.

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/base/random.ts'
import {
  type Direction,
  type NamedPattern,
  patternEdges,
  patternsOf,
} from '../../../src/infer/patterns.ts'
import { isCalled, recognise } from '../../../src/infer/recognise.ts'
import type { Recognised, Role, Topology } from '../../../src/infer/types.ts'
import { guestMac, type NumberPair, topologyOf, unionOf } from '../../support/topologies.ts'

const SIZES = [2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 27, 32, 36, 60, 64]
const seeds = fc.integer({ min: 0, max: 2 ** 31 })

/** Does a guest of role `a` send to one of role `b`, by what the pattern means? */
function sends(one: Recognised, a: Role, b: Role, aMac: string, bMac: string): boolean {
  const [x = [], y = []] = [a.coordinates, b.coordinates]
  const isOneWay = one.direction === 'one-way'
  const steps = x.map((value, axis) => (y[axis] ?? 0) - value)
  const [step = 0] = steps.filter((difference) => difference !== 0)
  const isOneStep = steps.filter((difference) => difference !== 0).length === 1
  const side = one.dimensions[steps.findIndex((difference) => difference !== 0)] ?? 0
  const isNext = (length: number, wraps: boolean) => {
    const ahead = step === 1 || (wraps && step === 1 - length)
    const back = step === -1 || (wraps && step === length - 1)
    return isOneStep && (ahead || (back && !isOneWay))
  }
  const isDown = b.parent === aMac
  const isUp = a.parent === bMac
  switch (one.name) {
    case 'all-to-all':
      return true
    case 'pair':
    case 'bus':
    case 'mesh':
    case 'hypercube':
      return isNext(0, false)
    case 'ring':
      return isNext(one.guests.length, true)
    case 'torus':
      return isNext(side, true)
    case 'tree':
    case 'one-to-all':
    case 'broadcast':
      return isDown || (!isOneWay && isUp)
    case 'tree-reduction':
    case 'reduction':
    case 'all-to-one':
      return isUp || (!isOneWay && isDown)
    case 'partition':
      return (b.set ?? 0) - (a.set ?? 0) === 1 || (!isOneWay && a.set !== b.set)
    case 'tiers': {
      const steps = (b.set ?? 0) - (a.set ?? 0)
      return steps === 1 || (!isOneWay && steps === -1)
    }
    case 'unknown':
      return false
  }
}

/** The roles alone give the topology's edges. */
function expectRolesToExplain(one: Recognised, topology: Topology): void {
  const all = [...one.roles]
  const expected = all.flatMap(([source, a]) =>
    all.flatMap(([destination, b]) =>
      source !== destination && sends(one, a, b, source, destination)
        ? [`${source} ${destination}`]
        : [],
    ),
  )
  const real = topology.edges.map(({ source, destination }) => `${source} ${destination}`)
  expect(expected.sort()).toEqual(real.sort())
  for (const [guest, { parent, children = [] }] of one.roles) {
    if (parent !== undefined) expect(one.roles.get(parent)?.children).toContain(guest)
    for (const child of children) expect(one.roles.get(child)?.parent).toBe(guest)
  }
}

function expectRecognised(
  name: NamedPattern,
  dimensions: readonly number[],
  pairs: readonly NumberPair[],
  direction: Direction,
  seed: number,
): Recognised {
  const topology = topologyOf(pairs, { seed })
  const [one, ...others] = recognise(topology)
  if (one === undefined) throw new Error('nothing recognised')
  expect(others).toEqual([])
  const label = `${name} ${dimensions}, ${topology.guests.length} guests: ${JSON.stringify(one)}`
  expect(isCalled(one, name, dimensions), label).toBe(true)
  expect(one.direction, label).toBe(direction)
  expect(one.confidence).toBe(1)
  expect([...one.roles.keys()].sort()).toEqual(topology.guests)
  expectRolesToExplain(one, topology)
  return one
}

describe('every pattern', () => {
  test.each(SIZES)('of %i guests, under any numbering', (guests) => {
    for (const { name, dimensions, direction } of patternsOf(guests)) {
      const size = dimensions.length > 0 ? dimensions : guests
      const pairs = patternEdges(name, size, direction)
      fc.assert(
        fc.property(seeds, (seed) => {
          expectRecognised(name, dimensions, pairs, direction, seed)
        }),
        { numRuns: guests > 30 ? 5 : 20 },
      )
    }
  })

  test.each([
    ['bus', 12],
    ['ring', 12],
    ['mesh', [4, 3]],
    ['mesh', [4, 4]],
    ['mesh', [5, 3, 2]],
    ['torus', [5, 3]],
    ['torus', [4, 3]],
    ['torus', [4, 4]],
    ['torus', [6, 4, 4]],
    ['torus', [4, 2]],
    ['torus', [4, 2, 2]],
    ['hypercube', [5]],
    ['tree', 15],
    ['tree', 12],
    ['pair', 2],
  ] as const)('%s %o one way', (name, size) => {
    const pairs = patternEdges(name, size, 'one-way')
    const dimensions = typeof size === 'number' ? [] : size
    fc.assert(
      fc.property(seeds, (seed) => {
        expectRecognised(name, dimensions, pairs, 'one-way', seed)
      }),
      { numRuns: 20 },
    )
  })

  test.each([
    ['one-to-all', 9],
    ['reduction', 16],
    ['partition', [5, 3]],
    ['tiers', [1, 1, 2, 1]],
    ['tiers', [1, 4, 3, 2]],
  ] as const)('%s %o both ways', (name, size) => {
    const dimensions = typeof size === 'number' ? [] : size
    const pairs = patternEdges(name, size, 'both')
    for (let seed = 0; seed < 20; seed += 1) {
      expectRecognised(name, dimensions, pairs, 'both', seed)
    }
  })

  test.each([
    ['mesh', [7, 2]],
    ['mesh', [4, 3, 2, 2]],
    ['mesh', [3, 3, 3, 3]],
    ['torus', [5, 5, 2]],
    ['torus', [3, 3, 2, 2]],
    ['torus', [8, 4]],
    ['torus', [32, 2]],
    ['tiers', [3, 4, 2]],
    ['tiers', [1, 3, 1]],
    ['tiers', [6, 1, 2, 3]],
    ['tiers', [1, 2, 1, 1]],
  ] as const)('%s of unusual sides %o', (name, size) => {
    const direction = name === 'tiers' ? 'one-way' : 'both'
    const pairs = patternEdges(name, size)
    for (let seed = 0; seed < 20; seed += 1) {
      expectRecognised(name, size, pairs, direction, seed)
    }
  })
})

test('coinciding names: one is given, the others are told', () => {
  const of = (name: NamedPattern, size: number | number[]) => {
    const [one] = recognise(topologyOf(patternEdges(name, size)))
    return [one?.name, ...(one?.dimensions ?? []), one?.alsoKnownAs.toSorted()]
  }
  const ring4 = ['hypercube 2', 'mesh 2x2', 'partition 2+2', 'torus 2x2']
  expect(of('hypercube', 4)).toEqual(['ring', ring4])
  expect(of('torus', [4, 4])).toEqual([
    'hypercube',
    4,
    ['mesh 2x2x2x2', 'torus 2x2x2x2', 'torus 4x2x2', 'torus 4x4'],
  ])
  expect(of('torus', [8, 2, 2])).toEqual(['torus', 8, 4, ['torus 8x2x2']])
  expect(of('ring', 3)).toEqual(['all-to-all', ['ring']])
  expect(of('tree', 3)).toEqual([
    'bus',
    ['all-to-one', 'one-to-all', 'partition 2+1', 'reduction', 'tree'],
  ])
  expect(of('reduction', 4)).toEqual(['tree-reduction', ['reduction']])
  expect(of('all-to-one', 5)).toEqual(['all-to-one', ['partition 4+1']])
})

test('several at once, largest first, and guests without edges are nothing', () => {
  const topology = unionOf(
    topologyOf(patternEdges('ring', 6), { seed: 1 }),
    topologyOf(patternEdges('torus', [5, 3]), { seed: 2, offset: 100 }),
    topologyOf(patternEdges('pair', 2), { offset: 200 }),
    topologyOf(patternEdges('tree-reduction', 7), { seed: 3, offset: 300 }),
    { guests: [guestMac(999)], edges: [] },
  )
  const found = recognise(topology)
  expect(found.map(({ name }) => name)).toEqual(['torus', 'tree-reduction', 'ring', 'pair'])
  expect(found[0]?.guests).toEqual([...Array(15).keys()].map((number) => guestMac(100 + number)))
  expect(recognise({ guests: [], edges: [] })).toEqual([])
})

test('the same edges in another order give the same roles', () => {
  const topology = topologyOf(patternEdges('torus', [5, 4]), { seed: 7 })
  const { guests, edges } = topology
  const reversed = { guests: guests.toReversed(), edges: edges.toReversed() }
  expect(recognise(reversed)).toEqual(recognise(topology))
})

test('the root, the ends, the order of a bus', () => {
  const [bus] = recognise(topologyOf(patternEdges('bus', 5, 'one-way')))
  expect([...(bus?.roles.values() ?? [])].map(({ kind }) => kind)).toEqual([
    'end',
    'inner',
    'inner',
    'inner',
    'end',
  ])
  expect(bus?.roles.get(guestMac(3))?.coordinates).toEqual([3])
  const [tree] = recognise(topologyOf(patternEdges('tree-reduction', 7)))
  expect(tree?.roles.get(guestMac(0))).toEqual({
    kind: 'root',
    children: [guestMac(1), guestMac(2)],
  })
  expect(tree?.roles.get(guestMac(4))).toEqual({ kind: 'leaf', parent: guestMac(1) })
})

describe('no pattern', () => {
  test('random graphs of any density, from 8 guests on', () => {
    for (let seed = 0; seed < 400; seed += 1) {
      const random = seededRandom(seed)
      const guests = 8 + Math.floor(random.next() * 57)
      // The line through all of them keeps it in one piece; it is no bus with so many others.
      const density = 0.1 + 0.8 * random.next()
      const pairs: NumberPair[] = []
      for (let source = 0; source < guests; source += 1) {
        for (let destination = 0; destination < guests; destination += 1) {
          const isInLine = destination === source + 1
          if (source === destination || !(isInLine || random.next() < density)) continue
          pairs.push([source, destination])
        }
      }
      const rate = () => 10_000 + 1_000_000 * random.next()
      const [one] = recognise(topologyOf(pairs, { seed, rate }))
      expect(one?.name, `seed ${seed}, ${guests} guests, density ${density}`).toBe('unknown')
      expect(one?.roles.size).toBe(guests)
    }
  })

  test('the shape of a ring, but messages this way and that', () => {
    const pairs = patternEdges('ring', 8, 'one-way')
    const mixed = pairs.map(([a, b], edge): NumberPair => (edge % 3 === 0 ? [b, a] : [a, b]))
    expect(recognise(topologyOf(mixed))[0]?.name).toBe('unknown')
  })

  test('two patterns that share a guest', () => {
    const ring = patternEdges('ring', 6)
    const tree = patternEdges('tree', 7).map(([a, b]): NumberPair => [a + 5, b + 5])
    expect(recognise(topologyOf([...ring, ...tree]))[0]?.name).toBe('unknown')
  })
})
