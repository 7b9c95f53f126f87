// Traffic per ordered pair of MACs (design section 4), counted where it enters the overlay.

import { PAIR_TABLE_MAX } from '../base/limits.ts'
import type { MacAddress } from '../base/mac.ts'
import { macFromBytes } from '../base/mac.ts'
import type { PairTraffic } from './plane.ts'

export interface PairCounter {
  /** False: the table is at its bound and the frame was not counted. */
  count(frame: Uint8Array, options: { readonly isDropped: boolean }): boolean
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
  return {
    count(frame, { isDropped }) {
      const [destination, source] = [macFromBytes(frame), macFromBytes(frame, 6)]
      const key = `${source} ${destination}`
      let count = counts.get(key)
      if (count === undefined) {
        if (counts.size >= PAIR_TABLE_MAX) return false
        count = { source, destination, frames: 0, bytes: 0, droppedFrames: 0 }
        counts.set(key, count)
      }
      count.frames++
      count.bytes += frame.length
      if (isDropped) count.droppedFrames++
      return true
    },
    drain() {
      const drained = [...counts.values()]
      counts = new Map()
      return drained
    },
  }
}
