// Chance as an argument: whoever throws dice takes a Random. `systemRandom` is unpredictable;
// `seededRandom` repeats itself, so that a seed replays a failure.

import { randomBytes } from 'node:crypto'

export interface Random {
  /** At least 0, less than 1. */
  next(): number
  bytes(count: number): Uint8Array
}

/** The system's source, fit for secrets. */
export function systemRandom(): Random {
  return {
    next: () => {
      const bits = randomBytes(8).readBigUInt64BE() >> 11n
      return Number(bits) / 2 ** 53
    },
    bytes: (count) => new Uint8Array(randomBytes(count)),
  }
}

/** The same numbers for the same seed (32 bits), on every machine. Never for secrets. */
export function seededRandom(seed: number): Random {
  // A counter through the finaliser of MurmurHash3 (Appleby): any seed starts a good sequence.
  let state = seed >>> 0
  const next32 = () => {
    state = (state + 0x9e3779b9) >>> 0
    let x = state
    x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
    x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
    return (x ^ (x >>> 16)) >>> 0
  }
  return {
    next: () => next32() / 2 ** 32,
    bytes: (count) => Uint8Array.from({ length: count }, () => next32() & 0xff),
  }
}
