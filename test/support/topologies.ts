// Topologies for tests: edges between numbers become edges between guests with shuffled addresses.

import type { MacAddress } from '../../src/base/mac.ts'
import { type Random, seededRandom } from '../../src/base/random.ts'
import type { Edge, Topology } from '../../src/infer/types.ts'

export type NumberPair = readonly [source: number, destination: number]

export interface TopologyOptions {
  /** Of the numbering and of the edges' order; without it they stay as they are. */
  readonly seed?: number
  /** The load of edge i; 1 MB/s if left out. */
  readonly rate?: (edge: number) => number
  /** Added to all numbers: for disjoint unions. */
  readonly offset?: number
}

/** The guest with a number. */
export const guestMac = (number: number): MacAddress => {
  const digits = number.toString(16).padStart(8, '0')
  return `02:00:${digits.match(/../g)?.join(':')}` as MacAddress
}

export function topologyOf(pairs: readonly NumberPair[], options: TopologyOptions = {}): Topology {
  const { seed, rate = () => 1_000_000, offset = 0 } = options
  const count = pairs.flat().reduce((most, number) => Math.max(most, number + 1), 0)
  const numbers = [...Array(count).keys()].map((number) => number + offset)
  const random = seed === undefined ? null : seededRandom(seed)
  const macs = (random ? shuffled(numbers, random) : numbers).map(guestMac)
  const edges = pairs.flatMap(([from, to], edge): Edge[] => {
    const [source, destination] = [macs[from], macs[to]]
    if (source === undefined || destination === undefined) return []
    return [{ source, destination, bytesPerSecond: rate(edge), sinceMs: 0, isThrottled: false }]
  })
  const guests = new Set(edges.flatMap(({ source, destination }) => [source, destination]))
  return { guests: [...guests].sort(), edges: random ? shuffled(edges, random) : edges }
}

export function unionOf(...topologies: readonly Topology[]): Topology {
  return {
    guests: topologies.flatMap(({ guests }) => guests),
    edges: topologies.flatMap(({ edges }) => edges),
  }
}

/** Fisher and Yates. */
export function shuffled<T>(values: readonly T[], random: Random): T[] {
  const result = [...values]
  for (let last = result.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random.next() * (last + 1))
    const [a, b] = [result[last], result[other]]
    if (a === undefined || b === undefined) continue
    result[last] = b
    result[other] = a
  }
  return result
}
