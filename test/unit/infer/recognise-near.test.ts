// Patterns with a few edges missing or too many keep their name, with less confidence and the
// errors named; random graphs and graphs that may be two things get none.

import { describe, expect, test } from 'vitest'
import { type Random, seededRandom } from '../../../src/base/random.ts'
import { type NamedPattern, patternEdges, patternsOf } from '../../../src/infer/patterns.ts'
import { isCalled, recognise } from '../../../src/infer/recognise.ts'
import type { Recognised } from '../../../src/infer/types.ts'
import { guestMac, type NumberPair, shuffled, topologyOf } from '../../support/topologies.ts'

const SEEDS = [...Array(8).keys()]

function only(found: readonly Recognised[]): Recognised {
  const [one] = found
  if (one === undefined || found.length > 1) throw new Error(`${found.length} recognised`)
  return one
}

/** Edges with some more that none of them is. */
function withMore(pairs: readonly NumberPair[], guests: number, count: number, random: Random) {
  const known = new Set(pairs.map(String))
  const more: NumberPair[] = []
  while (more.length < count) {
    const pair = [0, 0].map(() => Math.floor(random.next() * guests)) as [number, number]
    if (pair[0] === pair[1] || known.has(String(pair))) continue
    known.add(String(pair))
    more.push(pair)
  }
  return [...pairs, ...more]
}

/** Each pattern of so many guests that is not in `except`, with its edges, a few times. */
function* patterns(guests: number, except: readonly NamedPattern[]) {
  for (const pattern of patternsOf(guests)) {
    if (except.includes(pattern.name)) continue
    const size = pattern.dimensions.length > 0 ? pattern.dimensions : guests
    const pairs = patternEdges(pattern.name, size)
    for (const seed of SEEDS) yield { ...pattern, pairs, seed }
  }
}

/** Without an edge of these some guest is gone: they are whole, or another pattern. */
const THIN = ['tree-reduction', 'reduction', 'broadcast', 'one-to-all', 'all-to-one'] as const

describe.each([16, 27, 64])('of %i guests', (guests) => {
  test('one direction of one pair is missing', () => {
    for (const { name, dimensions, pairs, seed } of patterns(guests, THIN)) {
      const left = shuffled(pairs, seededRandom(seed)).slice(1)
      const one = only(recognise(topologyOf(left, { seed })))
      expect(isCalled(one, name, dimensions), `${name} ${dimensions}: ${one.why}`).toBe(true)
      expect(one.confidence).toBeCloseTo(1 - 1 / pairs.length)
      expect(one.why).toMatch(/ but for missing [0-9a-f:]{17} > [0-9a-f:]{17} \(of \d+ edges\)$/)
    }
  })

  test('both directions of one pair are missing', () => {
    const oneWay = ['partition', 'tiers'] as const
    const except = [...THIN, ...oneWay, 'ring', 'bus', 'tree', 'all-to-all'] as const
    for (const { name, dimensions, pairs, seed } of patterns(guests, except)) {
      const [[from, to] = [0, 0]] = shuffled(pairs, seededRandom(seed))
      const left = pairs.filter(([a, b]) => a + b !== from + to || (a !== from && a !== to))
      const one = only(recognise(topologyOf(left, { seed })))
      expect(isCalled(one, name, dimensions), `${name} ${dimensions}: ${one.why}`).toBe(true)
      expect(one.confidence).toBeCloseTo(1 - 2 / pairs.length)
    }
  })

  test('one edge is too many', () => {
    for (const { name, dimensions, pairs, seed } of patterns(guests, ['all-to-all'])) {
      const more = withMore(pairs, guests, 1, seededRandom(seed))
      const one = only(recognise(topologyOf(more, { seed })))
      expect(isCalled(one, name, dimensions), `${name} ${dimensions}: ${one.why}`).toBe(true)
      expect(one.confidence).toBeCloseTo(1 - 1 / pairs.length)
      expect(one.why).toContain('too many')
    }
  })

  test('a tenth more edges, but weak ones: they count less', () => {
    for (const { name, dimensions, pairs, seed } of patterns(guests, ['all-to-all'])) {
      const random = seededRandom(seed)
      const more = withMore(pairs, guests, Math.ceil(pairs.length / 10), random)
      const rate = (edge: number) => (edge < pairs.length ? 1e6 * (0.5 + random.next()) : 2e5)
      const one = only(recognise(topologyOf(more, { seed, rate })))
      expect(isCalled(one, name, dimensions), `${name} ${dimensions}: ${one.why}`).toBe(true)
      expect(one.confidence).toBeLessThan(1)
      expect(one.confidence).toBeGreaterThan(0.95)
    }
  })
})

test('roles are those of the pattern without the errors', () => {
  const pairs = patternEdges('mesh', [5, 4])
  const [whole] = recognise(topologyOf(pairs))
  const [near] = recognise(topologyOf([...pairs.slice(1), [0, 19]]))
  expect(near?.roles).toEqual(whole?.roles)
  expect(near?.why).toBe(
    `20 guests, mesh 5x4 but for missing ${guestMac(0)} > ${guestMac(4)}, ` +
      `too many ${guestMac(0)} > ${guestMac(19)} (of 62 edges)`,
  )
})

describe('no name', () => {
  test('for too many errors', () => {
    const pairs = shuffled(patternEdges('torus', [4, 5]), seededRandom(1))
    const one = only(recognise(topologyOf(pairs.slice(9)))) // of 80
    expect(one).toMatchObject({ name: 'unknown', confidence: 0, alsoKnownAs: [], dimensions: [] })
  })

  test('for few guests and few edges: a random graph is as near now and then', () => {
    const ring = patternEdges('ring', 8)
    const rate = (edge: number) => (edge < ring.length ? 1e6 : 2e5)
    const chord = topologyOf([...ring, [0, 3], [3, 0]], { rate })
    expect(only(recognise(chord)).name).toBe('unknown')
    const oneLess = topologyOf(patternEdges('bus', 8).slice(1))
    expect(only(recognise(oneLess)).name).toBe('unknown')
    expect(only(recognise(topologyOf(patternEdges('ring', 6).slice(1)))).name).toBe('unknown')
  })

  test('for what is as near to one as to another', () => {
    // Guest 5 sends a little to 2, which makes a heap, and to 0, which makes a binomial tree.
    const pairs: readonly NumberPair[] = [...patternEdges('tree-reduction', 8), [5, 0]]
    const rate = (edge: number) => (pairs[edge]?.[0] === 5 ? 5e5 : 1e6)
    const one = only(recognise(topologyOf(pairs, { seed: 1, rate })))
    expect(one.why).toBe('8 guests, 8 edges: as near to tree-reduction as to reduction')
  })

  test('for dense random graphs: they are no all-to-all', () => {
    for (let seed = 0; seed < 200; seed += 1) {
      const random = seededRandom(seed)
      const guests = 16 + Math.floor(random.next() * 49)
      const pairs = patternEdges('all-to-all', guests).filter(() => random.next() < 0.93)
      const one = only(recognise(topologyOf(pairs, { seed })))
      expect(one.name, `seed ${seed}: ${one.why}`).toBe('unknown')
    }
  })

  test('for sparse random graphs with weak and strong edges', () => {
    for (let seed = 0; seed < 500; seed += 1) {
      const random = seededRandom(seed)
      const guests = 8 + Math.floor(random.next() * 25)
      const pairs: NumberPair[] = []
      for (let one = 1; one < guests; one += 1) {
        for (let other = 0; other < one; other += 1) {
          if (random.next() < 3 / guests) pairs.push([one, other], [other, one])
        }
      }
      const rate = () => 1e6 * 20 ** -random.next()
      for (const one of recognise(topologyOf(pairs, { seed, rate }))) {
        if (one.guests.length >= 8 && one.confidence < 1) {
          expect(one.name, `seed ${seed}: ${one.why}`).toBe('unknown')
        }
      }
    }
  })
})
