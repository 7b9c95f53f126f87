// All graphs of four guests and many of five, against a search over all numberings: a graph has a
// name if and only if it is one of the patterns, and is called by all names that fit.

import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/base/random.ts'
import {
  type Direction,
  type NamedPattern,
  patternEdges,
  patternOf,
} from '../../../src/infer/patterns.ts'
import { isCalled, recognise } from '../../../src/infer/recognise.ts'
import { PATTERN_NAMES } from '../../../src/infer/types.ts'
import { type NumberPair, topologyOf } from '../../support/topologies.ts'

interface Known {
  readonly name: NamedPattern
  readonly dimensions: readonly number[]
  readonly direction: Direction
}

/** Ways to write a number as a sum; order counts. */
const sumsTo = (total: number): number[][] =>
  total === 0
    ? [[]]
    : [...Array(total).keys()].flatMap((less) =>
        sumsTo(less).map((rest) => [total - less, ...rest]),
      )

/** Every pattern of so many guests in both directions, by its smallest code. */
function patternsByCode(guests: number): Map<number, Known[]> {
  const known = new Map<number, Known[]>()
  const names = PATTERN_NAMES.filter((name) => name !== 'unknown')
  for (const name of names) {
    const sizes = [[guests], ...sumsTo(guests), [2, 2], [Math.log2(guests)]]
    for (const size of new Map(sizes.map((one) => [one.join(), one])).values()) {
      for (const direction of ['both', 'one-way'] as const) {
        if (!exists({ name, size, guests, direction })) continue
        const { dimensions } = patternOf(name, size, direction)
        const code = smallestCode(patternEdges(name, size, direction), guests)
        known.set(code, [...(known.get(code) ?? []), { name, dimensions, direction }])
      }
    }
  }
  return known
}

function exists(options: {
  readonly name: NamedPattern
  readonly size: readonly number[]
  readonly guests: number
  readonly direction: Direction
}): boolean {
  const { name, size, guests, direction } = options
  if (['tree-reduction', 'broadcast'].includes(name) && direction === 'both') return false
  if (name === 'all-to-all' && direction === 'one-way') return false
  if (name === 'tiers') {
    // Several ways through them, or one way and most guests with others of their kind.
    const alone = size.filter((members) => members === 1).length
    const links = size.reduce((sum, members, set) => sum + members * (size[set + 1] ?? 0), 0)
    if (links < guests && (direction === 'both' || 2 * alone > guests)) return false
    // Three with replies are two: both ends talk to the middle only.
    if (direction === 'both' && size.length === 3) return false
    // With replies either end may be the first: that with fewer.
    const reverse = size.toReversed()
    const at = size.findIndex((members, set) => members !== reverse[set])
    if (direction === 'both' && (size[at] ?? 0) > (reverse[at] ?? 0)) return false
  }
  try {
    return patternOf(name, size, direction).guests === guests
  } catch {
    return false
  }
}

const permutations = (values: readonly number[]): number[][] =>
  values.length === 0
    ? [[]]
    : values.flatMap((value) =>
        permutations(values.filter((other) => other !== value)).map((rest) => [value, ...rest]),
      )

const ORDERS = new Map([4, 5].map((guests) => [guests, permutations([...Array(guests).keys()])]))

/** The adjacency matrix as a number, the smallest of all numberings: equal for equal graphs. */
function smallestCode(pairs: readonly NumberPair[], guests: number): number {
  let smallest = Number.POSITIVE_INFINITY
  for (const order of ORDERS.get(guests) ?? []) {
    let code = 0
    for (const [a, b] of pairs) code |= 1 << ((order[a] ?? 0) * guests + (order[b] ?? 0))
    smallest = Math.min(smallest, code >>> 0)
  }
  return smallest
}

const pairsOf = (guests: number): NumberPair[] => patternEdges('all-to-all', guests)

/** Compares the recogniser with the search; false if the graph is not in one piece. */
function check(pairs: readonly NumberPair[], guests: number, known: Map<number, Known[]>) {
  const topology = topologyOf(pairs)
  const [one, ...others] = recognise(topology)
  if (one === undefined || others.length > 0 || one.guests.length < guests) return null
  const expected = known.get(smallestCode(pairs, guests)) ?? []
  const label = `${JSON.stringify(pairs)} is ${one.name}`
  expect(one.name !== 'unknown', label).toBe(expected.length > 0)
  for (const { name, dimensions } of expected) {
    expect(isCalled(one, name, dimensions), `${label}, not ${name} ${dimensions}`).toBe(true)
  }
  if (expected.length > 0) {
    const directions = expected.filter(({ name }) => name === one.name)
    expect(directions.map(({ direction }) => direction)).toContain(one.direction)
  }
  return one.name
}

describe('a graph has a name if and only if it is the pattern', () => {
  test('all 4,096 graphs of four guests', () => {
    const all = pairsOf(4)
    const known = patternsByCode(4)
    const found = new Map<string | null, number>()
    for (let bits = 1; bits < 2 ** all.length; bits += 1) {
      const name = check(
        all.filter((_pair, index) => ((bits >> index) & 1) === 1),
        4,
        known,
      )
      found.set(name, (found.get(name) ?? 0) + 1)
    }
    // Each pattern as often as four guests can be numbered differently.
    expect(found.get('all-to-all')).toBe(1)
    expect(found.get('ring')).toBe(3 + 6) // both ways, one way
    expect(found.get('bus')).toBe(12 + 24)
    expect(found.get('one-to-all')).toBe(4 + 4)
    expect(found.get('all-to-one')).toBe(4)
  })

  test('20,000 graphs of five guests', () => {
    const all = pairsOf(5)
    const known = patternsByCode(5)
    const codes = new Set<number>()
    for (let seed = 0; seed < 20_000; seed += 1) {
      const random = seededRandom(seed)
      const density = random.next()
      const isMutual = random.next() < 0.3
      const drawn = new Set(all.filter(() => random.next() < density).map(String))
      const pairs = all.filter(
        ([a, b]) => drawn.has(`${a},${b}`) || (isMutual && drawn.has(`${b},${a}`)),
      )
      if (pairs.length === 0) continue
      if (check(pairs, 5, known) !== null) codes.add(smallestCode(pairs, 5))
    }
    expect(codes.size).toBeGreaterThan(2_000) // different graphs
    const seen = [...known.keys()].filter((code) => codes.has(code))
    expect(seen.length).toBeGreaterThan(known.size / 2) // the patterns are among them
  })
})
