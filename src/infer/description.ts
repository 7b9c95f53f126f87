// How many bits tell a graph: as a pattern with errors, or as just any graph. A name that saves
// nothing is a coincidence: small sparse random graphs are a tree with one more edge now and then.
// Minimum description length; Rissanen, "Modeling by Shortest Data Description" (1978).

import { type Component, edgesOfShape } from './component.ts'
import type { Pattern } from './patterns.ts'

/** To tell which guest is where: how many graphs the pattern makes under all numberings. */
export const bitsOfNumbering = (pattern: Pattern): number =>
  bitsOfFactorial(pattern.guests) - bitsOfSymmetries(pattern)

/** Which of the pattern's edges are missing, and which of the other pairs are edges. */
export function bitsOfErrors(pairs: number, expected: number, missing: number, extra: number) {
  return missing * Math.log2(expected + 1) + extra * Math.log2(pairs - expected + 1)
}

/** To tell the component's edges one by one: who talks to whom, and who only one way. */
export function bitsOfGraph({ guests, sources, shape }: Component): number {
  const pairs = (guests.length * (guests.length - 1)) / 2
  const linked = edgesOfShape(shape)
  const oneWay = 2 * linked - sources.length
  const isMixed = oneWay > 0 && oneWay < linked
  return bitsOfChoice(pairs, linked) + (isMixed ? bitsOfChoice(linked, oneWay) : 0) + oneWay
}

const bitsOfChoice = (all: number, chosen: number): number =>
  bitsOfFactorial(all) - bitsOfFactorial(chosen) - bitsOfFactorial(all - chosen)

function bitsOfFactorial(number: number): number {
  let bits = 0
  for (let factor = 2; factor <= number; factor += 1) bits += Math.log2(factor)
  return bits
}

/** Numberings that give the same graph, in bits; for trees at least so many. */
function bitsOfSymmetries({ name, guests, dimensions, direction }: Pattern): number {
  const turns = direction === 'both' ? 1 : 0
  const alike = [...new Set(dimensions)].map(
    (side) => dimensions.filter((other) => other === side).length,
  )
  const swaps = alike.reduce((bits, count) => bits + bitsOfFactorial(count), 0)
  switch (name) {
    case 'all-to-all':
      return bitsOfFactorial(guests)
    case 'pair':
    case 'bus':
      return turns
    case 'ring':
      return Math.log2(guests) + turns
    case 'mesh':
      return swaps + turns * dimensions.length
    case 'torus':
      return swaps + Math.log2(guests) + turns * dimensions.filter((side) => side > 2).length
    case 'hypercube':
      return bitsOfFactorial(dimensions[0] ?? 0) + (turns === 1 ? Math.log2(guests) : 0)
    case 'one-to-all':
    case 'all-to-one':
      return bitsOfFactorial(guests - 1)
    case 'partition':
    case 'tiers':
      return dimensions.reduce((bits, size) => bits + bitsOfFactorial(size), 0)
    case 'tree':
    case 'tree-reduction':
      return Math.floor((guests - 1) / 4) // the pairs of leaves in the last row
    case 'reduction':
    case 'broadcast':
      return 0
  }
}
