// Guests and patterns in words: names where they are known, `ring of 8, both ways` for a pattern,
// and the order in which its guests are told.

import type { GuestNames, RecognisedRow } from '../../control/api.ts'
import { labelOf } from '../../infer/recognise.ts'
import type { Role } from '../../infer/types.ts'

/** The guest's name, or its address. */
export function guestName(mac: string, names: GuestNames): string {
  return names[mac] ?? mac
}

/** `torus 4x4 of 16, both ways`, `partition 2+3 of 5, one way`, `tiers 1-2-1 of 4, one way`. */
export function patternText(pattern: RecognisedRow): string {
  const { name, dimensions, direction, guests } = pattern
  if (name === 'unknown') return `no known pattern of ${guests.length}`
  const label =
    name === 'partition' ? `partition ${setSizes(pattern).join('+')}` : labelOf(name, dimensions)
  const way = direction === 'both' ? 'both ways' : 'one way'
  return `${label} of ${guests.length}, ${way}`
}

/** In the order in which data flows. */
function setSizes({ guests, roles }: RecognisedRow): readonly number[] {
  const sets = groupBy(guests, (mac) => roles[mac]?.set ?? 0)
  return [...sets].sort(([a], [b]) => a - b).map(([, members]) => members.length)
}

/** All patterns at once, for a line of a table; `nothing` where there is none. */
export function patternsText(patterns: readonly RecognisedRow[]): string {
  return patterns.length === 0 ? 'nothing' : patterns.map(patternText).join(' + ')
}

/**
 * The guests as the pattern has them: along a bus or ring, row by row in a mesh, parents before
 * children, set by set. Guests without a place keep the order of their addresses.
 */
export function guestsInOrder(pattern: RecognisedRow): readonly string[] {
  const { guests, roles } = pattern
  const depths = depthsOf(guests, roles)
  const keys = new Map(
    guests.map((mac, index) => {
      const role = roles[mac]
      const place = role?.coordinates ?? [role?.set ?? depths.get(mac) ?? 0]
      return [mac as string, [...place, index]] as const
    }),
  )
  const ordered = [...guests].sort((a, b) => comparePlaces(keys.get(a) ?? [], keys.get(b) ?? []))
  return fromTheSmallest(ordered, pattern)
}

/** Where either end of a line may be the first, or any guest of a ring: the smallest address. */
function fromTheSmallest(
  ordered: readonly string[],
  { name, direction }: RecognisedRow,
): readonly string[] {
  if (name === 'ring') {
    const first = ordered.indexOf(ordered.toSorted()[0] ?? '')
    const turned = [...ordered.slice(first), ...ordered.slice(0, first)]
    const isOtherWay = direction === 'both' && (turned.at(-1) ?? '') < (turned[1] ?? '')
    return isOtherWay ? [...turned.slice(0, 1), ...turned.slice(1).toReversed()] : turned
  }
  const isLine = name === 'bus' || name === 'pair'
  const isOtherWay = isLine && direction === 'both' && (ordered.at(-1) ?? '') < (ordered[0] ?? '')
  return isOtherWay ? ordered.toReversed() : ordered
}

function comparePlaces(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, index) => value !== other[index])
  return at === -1 ? 0 : (one[at] ?? 0) - (other[at] ?? 0)
}

/** Steps from the root; all 0 where there is no tree. */
function depthsOf(
  guests: readonly string[],
  roles: Readonly<Record<string, Role>>,
): ReadonlyMap<string, number> {
  const depths = new Map<string, number>()
  const depthOf = (mac: string, stepsLeft: number): number => {
    const known = depths.get(mac)
    if (known !== undefined) return known
    const parent = roles[mac]?.parent
    const depth = parent === undefined || stepsLeft === 0 ? 0 : depthOf(parent, stepsLeft - 1) + 1
    depths.set(mac, depth)
    return depth
  }
  for (const mac of guests) depthOf(mac, guests.length)
  return depths
}

/** In the order in which the groups first occur. */
export function groupBy<T, Key>(
  items: readonly T[],
  keyOf: (item: T) => Key,
): ReadonlyMap<Key, readonly T[]> {
  const groups = new Map<Key, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group === undefined) groups.set(keyOf(item), [item])
    else group.push(item)
  }
  return groups
}
