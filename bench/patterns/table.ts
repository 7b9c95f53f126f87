// How many messages a phase of each pattern has, by formula: what schedules are checked against.

import type { Pattern } from '../../src/infer/patterns.ts'

/** Directed messages of a communication phase. */
export function sendsOf({ name, guests, dimensions, direction }: Pattern): number {
  const ways = direction === 'both' ? 2 : 1
  switch (name) {
    case 'all-to-all':
      return guests * (guests - 1)
    case 'ring':
      return ways * guests
    case 'mesh':
      return ways * meshLines(dimensions)
    case 'torus':
      return torusSends(dimensions, guests, ways)
    case 'hypercube':
      return (ways * guests * Math.log2(guests)) / 2
    case 'partition':
    case 'tiers':
      return ways * partitionPairs(dimensions)
    // Trees, of which the bus, the pair and the star are some.
    default:
      return ways * (guests - 1)
  }
}

/** In each dimension, all lines of neighbours: one less than its side, times all other sides. */
function meshLines(sides: readonly number[]): number {
  const guests = sides.reduce((product, side) => product * side, 1)
  return sides.reduce((sum, side) => sum + ((side - 1) * guests) / side, 0)
}

/** A neighbour each way in each dimension; in one of two guests both are the same. */
function torusSends(sides: readonly number[], guests: number, ways: number): number {
  return sides.reduce((sum, side) => sum + guests * (side > 2 ? ways : 1), 0)
}

function partitionPairs(sizes: readonly number[]): number {
  return sizes.reduce((sum, size, set) => sum + size * (sizes[set + 1] ?? 0), 0)
}
