// What messages contain, and the hash that a guest makes of all that it received: the same
// arithmetic as in bsp.c, so that the right hashes are known without any network.
//
// Word w of a message is a hash of the message's own number and w (the finalizer of MurmurHash3,
// Appleby 2011, public domain), so no two messages of a run are alike: one that is old, cut, mixed
// up or sent to somebody else is seen.

import type { Schedule } from './schedule.ts'
import { partOf } from './schedule.ts'

const WORD_BYTES = 4
const GOLDEN = 0x9e3779b9

export interface ContentOf {
  readonly seed: number
  readonly iteration: number
  readonly source: number
  readonly destination: number
}

/** Of a message of so many bytes; a multiple of 4. */
export function messageHash(of: ContentOf, bytes: number): number {
  const key = keyOf(of)
  let hash = 0
  for (let word = 0; word < bytes / WORD_BYTES; word += 1) {
    hash = fold(hash, mix((key + Math.imul(word, GOLDEN)) | 0))
  }
  return hash >>> 0
}

/**
 * What each guest has to show after each iteration: `hashes[guest][iteration]`. The hash goes on
 * from iteration to iteration, so the last one stands for all.
 */
export function expectedHashes(
  schedule: Schedule,
  run: { readonly seed: number; readonly iterations: number; readonly messageBytes: number },
): number[][] {
  return Array.from({ length: schedule.pattern.guests }, (_, destination) => {
    const { receiveFrom } = partOf(schedule, destination)
    let hash = 0
    return Array.from({ length: run.iterations }, (_none, iteration) => {
      for (const source of receiveFrom) {
        const of = { seed: run.seed, iteration, source, destination }
        hash = fold(hash, messageHash(of, run.messageBytes))
      }
      return hash >>> 0
    })
  })
}

function keyOf({ seed, iteration, source, destination }: ContentOf): number {
  return mix((mix((mix((mix(seed) + iteration) | 0) + source) | 0) + destination) | 0)
}

function mix(value: number): number {
  let word = value
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
  return word ^ (word >>> 16)
}

function fold(hash: number, word: number): number {
  const mixed = hash ^ word
  return Math.imul((mixed << 5) | (mixed >>> 27), GOLDEN)
}
