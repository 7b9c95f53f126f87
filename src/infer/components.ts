// Guests that belong together: those joined by pairs that carry much for one of their two guests.
// Thresholds are found for each such component by itself: applications do not hide each other.

import { grown, type PairTable } from './pairs.ts'

/**
 * A pair joins its guests from this share of the weaker guest's strongest pair on: less than any
 * edge has, for pairs that do not join are no edges.
 */
const JOINING_SHARE = 0.02

export interface Components {
  /** By guest: a number that those of its component share. */
  of: Uint32Array
  /** By guest: its strongest pair, bytes a second. */
  strongest: Float64Array
}

export function createComponents(): Components {
  return { of: new Uint32Array(0), strongest: new Float64Array(0) }
}

/**
 * Joins guests.
 * @param loads by pair
 * @param floor what is below joins nobody
 * @param guests the number above all guests
 */
export function joinGuests(
  pairs: PairTable,
  loads: Float64Array,
  floor: number,
  guests: number,
  into: Components,
): void {
  if (into.of.length < guests) {
    into.of = grown(into.of, guests * 2)
    into.strongest = grown(into.strongest, guests * 2)
  }
  const { of, strongest } = into
  strongest.fill(0, 0, guests)
  for (let guest = 0; guest < guests; guest += 1) of[guest] = guest
  const { source, destination, end } = pairs
  for (let pair = 0; pair < end; pair += 1) {
    const load = loads[pair] ?? 0
    const [from, to] = [source[pair] ?? 0, destination[pair] ?? 0]
    if (load > (strongest[from] ?? 0)) strongest[from] = load
    if (load > (strongest[to] ?? 0)) strongest[to] = load
  }
  for (let pair = 0; pair < end; pair += 1) {
    const load = loads[pair] ?? 0
    if (load < floor) continue
    const [from, to] = [source[pair] ?? 0, destination[pair] ?? 0]
    const weaker = Math.min(strongest[from] ?? 0, strongest[to] ?? 0)
    if (load >= JOINING_SHARE * weaker) join(of, from, to)
  }
  for (let guest = 0; guest < guests; guest += 1) of[guest] = rootOf(of, guest)
}

function rootOf(of: Uint32Array, guest: number): number {
  let at = guest
  while (of[at] !== at) {
    const up = of[at] ?? at
    of[at] = of[up] ?? up
    at = of[at] ?? at
  }
  return at
}

function join(of: Uint32Array, a: number, b: number): void {
  const [rootA, rootB] = [rootOf(of, a), rootOf(of, b)]
  if (rootA !== rootB) of[Math.max(rootA, rootB)] = Math.min(rootA, rootB)
}
