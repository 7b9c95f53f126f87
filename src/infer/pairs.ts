// Guests and ordered pairs as small numbers, so that everything known of a pair lies in columns.
// Both tables are bounded, and a number is given again once its pair or guest is forgotten.

import { MAC_TABLE_MAX, PAIR_TABLE_MAX } from '../base/limits.ts'
import { isGroupMac, type MacAddress } from '../base/mac.ts'

/** No such pair or guest, or no room for one. */
export const NONE = -1

const FIRST_CAPACITY = 1_024

/** Guests by number. Group addresses have numbers too: they receive. */
export class GuestTable {
  readonly names: (MacAddress | undefined)[] = []
  isGroup = new Uint8Array(FIRST_CAPACITY)
  /** Pairs that a guest is in; at 0 it is forgotten. */
  #uses = new Uint32Array(FIRST_CAPACITY)
  readonly #numbers = new Map<MacAddress, number>()
  readonly #free: number[] = []

  /** Numbers are below this. */
  get end(): number {
    return this.names.length
  }

  get size(): number {
    return this.#numbers.size
  }

  /** The guest's number, a new one if need be; NONE if the table is full. */
  intern(mac: MacAddress): number {
    const known = this.#numbers.get(mac)
    if (known !== undefined) return known
    if (this.#numbers.size >= MAC_TABLE_MAX) return NONE
    const guest = this.#free.pop() ?? this.names.length
    if (guest >= this.isGroup.length) {
      this.isGroup = grown(this.isGroup, guest * 2)
      this.#uses = grown(this.#uses, guest * 2)
    }
    this.names[guest] = mac
    this.isGroup[guest] = isGroupMac(mac) ? 1 : 0
    this.#uses[guest] = 0
    this.#numbers.set(mac, guest)
    return guest
  }

  use(guest: number): void {
    this.#uses[guest] = (this.#uses[guest] ?? 0) + 1
  }

  /** Ends one use; without any the guest is forgotten. */
  release(guest: number): void {
    const uses = (this.#uses[guest] ?? 1) - 1
    this.#uses[guest] = uses
    if (uses <= 0) this.forgetUnused(guest)
  }

  /** Forgets a guest that no pair uses; one that a full pair table left without a pair. */
  forgetUnused(guest: number): void {
    const mac = this.names[guest]
    if (mac === undefined || (this.#uses[guest] ?? 0) > 0) return
    this.#numbers.delete(mac)
    this.names[guest] = undefined
    this.#free.push(guest)
  }
}

/** Ordered pairs by number: an open hash table with linear probing over columns. */
export class PairTable {
  source = new Uint32Array(FIRST_CAPACITY)
  destination = new Uint32Array(FIRST_CAPACITY)
  /** The pair of the other direction, or NONE. */
  reverse = new Int32Array(FIRST_CAPACITY).fill(NONE)
  isUsed = new Uint8Array(FIRST_CAPACITY)
  /** Numbers are below this. */
  end = 0
  size = 0
  readonly #guests: GuestTable
  readonly #free: number[] = []
  /** Pair number + 1; 0 is empty. At most half full. */
  #slots = new Uint32Array(FIRST_CAPACITY * 2)

  constructor(guests: GuestTable) {
    this.#guests = guests
  }

  get capacity(): number {
    return this.source.length
  }

  find(source: number, destination: number): number {
    const pair = this.#slots[this.#slotOf(source, destination)] ?? 0
    return pair - 1
  }

  /** True if `pair` is the number of this pair. */
  is(pair: number, source: number, destination: number): boolean {
    return (
      pair >= 0 &&
      this.source[pair] === source &&
      this.destination[pair] === destination &&
      this.isUsed[pair] === 1
    )
  }

  /** The pair's number, a new one if need be; NONE if the table is full. */
  intern(source: number, destination: number): number {
    const slot = this.#slotOf(source, destination)
    const known = this.#slots[slot] ?? 0
    if (known !== 0) return known - 1
    if (this.size >= PAIR_TABLE_MAX) return NONE
    const pair = this.#free.pop() ?? this.end++
    if (pair >= this.capacity) this.#grow()
    this.source[pair] = source
    this.destination[pair] = destination
    this.isUsed[pair] = 1
    this.size += 1
    this.#slots[this.#slotOf(source, destination)] = pair + 1
    const reverse = this.find(destination, source)
    this.reverse[pair] = reverse
    if (reverse !== NONE) this.reverse[reverse] = pair
    this.#guests.use(source)
    this.#guests.use(destination)
    return pair
  }

  /** Forgets a pair; its number will be given again. */
  remove(pair: number): void {
    const [source, destination] = [this.source[pair] ?? 0, this.destination[pair] ?? 0]
    this.#empty(this.#slotOf(source, destination))
    const reverse = this.reverse[pair] ?? NONE
    if (reverse !== NONE) this.reverse[reverse] = NONE
    this.reverse[pair] = NONE
    this.isUsed[pair] = 0
    this.size -= 1
    this.#free.push(pair)
    this.#guests.release(source)
    this.#guests.release(destination)
  }

  /** Where the pair is, or where it would go. */
  #slotOf(source: number, destination: number): number {
    const mask = this.#slots.length - 1
    let slot = hash(source, destination) & mask
    for (;;) {
      const pair = (this.#slots[slot] ?? 0) - 1
      if (pair === NONE) return slot
      if (this.source[pair] === source && this.destination[pair] === destination) return slot
      slot = (slot + 1) & mask
    }
  }

  /** Empties a slot and moves those behind it up, so that probing never meets a hole. */
  #empty(slot: number): void {
    const mask = this.#slots.length - 1
    let hole = slot
    for (let next = (slot + 1) & mask; ; next = (next + 1) & mask) {
      const pair = (this.#slots[next] ?? 0) - 1
      if (pair === NONE) break
      const home = hash(this.source[pair] ?? 0, this.destination[pair] ?? 0) & mask
      if (((next - home) & mask) < ((next - hole) & mask)) continue
      this.#slots[hole] = pair + 1
      hole = next
    }
    this.#slots[hole] = 0
  }

  #grow(): void {
    const capacity = this.capacity * 2
    this.source = grown(this.source, capacity)
    this.destination = grown(this.destination, capacity)
    this.isUsed = grown(this.isUsed, capacity)
    const reverse = new Int32Array(capacity).fill(NONE)
    reverse.set(this.reverse)
    this.reverse = reverse
    const old = this.#slots
    this.#slots = new Uint32Array(capacity * 2)
    for (const entry of old) {
      if (entry === 0) continue
      const pair = entry - 1
      const slot = this.#slotOf(this.source[pair] ?? 0, this.destination[pair] ?? 0)
      this.#slots[slot] = entry
    }
  }
}

/** Mixes two small numbers (the finaliser of MurmurHash3). */
function hash(source: number, destination: number): number {
  let x = Math.imul(source, 0x9e3779b1) ^ Math.imul(destination, 0x85ebca77)
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  return (x ^ (x >>> 13)) >>> 0
}

/** A copy with room for `capacity` at least; what is new is 0. */
export function grown<T extends Uint8Array | Uint32Array | Float64Array>(
  column: T,
  capacity: number,
): T {
  const larger = new (column.constructor as new (length: number) => T)(capacity)
  larger.set(column)
  return larger
}
