// Traffic per ordered pair of MACs (design section 4), counted where it enters the overlay.

import { FRAME_BYTES_MIN, PAIR_TABLE_MAX } from '../base/limits.ts'
import type { MacAddress } from '../base/mac.ts'
import { macFromBytes } from '../base/mac.ts'
import type { PairTraffic } from './plane.ts'

export interface PairCounter {
  /** False: the table is at its bound and the frame was not counted. */
  count(frame: Uint8Array, options: { readonly isDropped: boolean }): boolean
  /** A frame, counted here before or elsewhere, that a queue dropped. */
  countDropped(frame: Uint8Array): void
  /** The counts since the last drain; begins anew. */
  drain(): PairTraffic[]
}

interface Count {
  readonly source: MacAddress
  readonly destination: MacAddress
  frames: number
  bytes: number
  droppedFrames: number
}

export function createPairCounter(): PairCounter {
  let counts = new Map<string, Count>()

  /** Null: there is no room. */
  function countOf(frame: Uint8Array): Count | null {
    const [destination, source] = [macFromBytes(frame), macFromBytes(frame, 6)]
    const key = `${source} ${destination}`
    const known = counts.get(key)
    if (known !== undefined) return known
    if (counts.size >= PAIR_TABLE_MAX) return null
    const count = { source, destination, frames: 0, bytes: 0, droppedFrames: 0 }
    counts.set(key, count)
    return count
  }

  return {
    count(frame, { isDropped }) {
      const count = countOf(frame)
      if (count === null) return false
      count.frames++
      count.bytes += frame.length
      if (isDropped) count.droppedFrames++
      return true
    },
    countDropped(frame) {
      const count = frame.length < FRAME_BYTES_MIN ? null : countOf(frame)
      if (count !== null) count.droppedFrames++
    },
    drain() {
      const drained = [...counts.values()]
      counts = new Map()
      return drained
    },
  }
}
