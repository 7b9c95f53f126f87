// What each guest is in its pattern: a place, a parent, a set.

import type { MacAddress } from '../base/mac.ts'
import { coordinatesOf, type Pattern, parentInBinomialTree, parentInHeap } from './patterns.ts'
import type { Role } from './types.ts'

/** @param guests who the pattern's guest 0, 1, ... is */
export function rolesOf(
  pattern: Pattern,
  guests: readonly MacAddress[],
): ReadonlyMap<MacAddress, Role> {
  const roles = rolesByNumber(pattern, guests)
  return new Map(guests.flatMap((guest, number) => [[guest, roles(number)] as const]))
}

function rolesByNumber(
  { name, guests: count, dimensions }: Pattern,
  guests: readonly MacAddress[],
): (number: number) => Role {
  switch (name) {
    case 'pair':
    case 'bus':
      return (number) => ({
        kind: number === 0 || number === count - 1 ? 'end' : 'inner',
        coordinates: [number],
      })
    case 'ring':
      return (number) => ({ kind: 'member', coordinates: [number] })
    case 'mesh':
    case 'torus':
      return (number) => ({ kind: 'member', coordinates: coordinatesOf(number, dimensions) })
    case 'hypercube': {
      const sides: number[] = new Array(dimensions[0] ?? 0).fill(2)
      return (number) => ({ kind: 'member', coordinates: coordinatesOf(number, sides) })
    }
    case 'tree':
    case 'tree-reduction':
      return rolesInTree(guests, parentInHeap)
    case 'reduction':
    case 'broadcast':
      return rolesInTree(guests, parentInBinomialTree)
    case 'one-to-all':
    case 'all-to-one':
      return rolesInTree(guests, () => 0)
    case 'partition':
    case 'tiers':
      return (number) => ({ kind: 'set', set: setOf(number, dimensions) })
    case 'all-to-all':
      return () => ({ kind: 'member' })
  }
}

function rolesInTree(
  guests: readonly MacAddress[],
  parentOf: (child: number) => number,
): (number: number) => Role {
  const children: MacAddress[][] = guests.map(() => [])
  for (const [child, guest] of guests.entries()) {
    if (child > 0) children[parentOf(child)]?.push(guest)
  }
  return (number) => {
    const own = children[number] ?? []
    const parent = guests[number === 0 ? -1 : parentOf(number)]
    if (parent === undefined) return { kind: 'root', children: own }
    return own.length > 0 ? { kind: 'inner', parent, children: own } : { kind: 'leaf', parent }
  }
}

function setOf(number: number, sizes: readonly number[]): number {
  let end = 0
  return sizes.findIndex((size) => {
    end += size
    return number < end
  })
}
