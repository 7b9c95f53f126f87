// Pairs in the order of their guests' addresses, for all that leaves the inference: numbers of
// guests and pairs mean nothing outside. Guests are sorted, pairs by the places of theirs, so that
// 200,000 pairs are sorted as numbers.

import type { MacAddress } from '../base/mac.ts'
import type { GuestTable, PairTable } from './pairs.ts'

export interface Ordered {
  /** Those of the pairs, sorted. */
  readonly guests: readonly MacAddress[]
  /** By source, then by destination; entry i of all columns is one pair. */
  readonly pairs: Uint32Array
  /** Places in `guests`. */
  readonly sources: Int32Array
  readonly destinations: Int32Array
}

/** @param numbers of pairs, each once */
export function inOrder(guests: GuestTable, pairs: PairTable, numbers: readonly number[]): Ordered {
  const sorted = guestsOf(guests, pairs, numbers)
  const places = new Int32Array(guests.end)
  for (const [place, { number }] of sorted.entries()) places[number] = place
  const placeOf = (guest: number | undefined) => places[guest ?? 0] ?? 0
  const [count, width] = [numbers.length, sorted.length]
  // With tables full, below 2^52: exact in a double.
  const keys = new Float64Array(count)
  for (const [index, pair] of numbers.entries()) {
    const place = placeOf(pairs.source[pair]) * width + placeOf(pairs.destination[pair])
    keys[index] = place * count + index
  }
  keys.sort()
  const ordered = Uint32Array.from(keys, (key) => numbers[key % count] ?? 0)
  return {
    guests: sorted.map(({ name }) => name),
    pairs: ordered,
    sources: Int32Array.from(ordered, (pair) => placeOf(pairs.source[pair])),
    destinations: Int32Array.from(ordered, (pair) => placeOf(pairs.destination[pair])),
  }
}

function guestsOf(guests: GuestTable, pairs: PairTable, numbers: readonly number[]) {
  const used = new Uint8Array(guests.end)
  for (const pair of numbers) {
    used[pairs.source[pair] ?? 0] = 1
    used[pairs.destination[pair] ?? 0] = 1
  }
  const named: { readonly name: MacAddress; readonly number: number }[] = []
  for (let number = 0; number < guests.end; number += 1) {
    const name = guests.names[number]
    if (used[number] === 1 && name !== undefined) named.push({ name, number })
  }
  return named.sort((a, b) => (a.name < b.name ? -1 : 1))
}
