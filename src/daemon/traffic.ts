// Traffic per pair of MACs: the plane's counts since the last look, added up since the start, with
// the rate over the last interval. Bounded: the pair that was silent longest goes first.

import { PAIR_TABLE_MAX } from '../base/limits.ts'
import type { PairRow } from '../control/api.ts'
import type { PairTraffic } from '../plane/plane.ts'

export interface Traffic {
  /** Adds what was drained from the plane; `nowMs` is monotonic. */
  add(drained: readonly PairTraffic[], nowMs: number): void
  /** Heaviest first. */
  rows(): readonly PairRow[]
}

export function createTraffic(startMs: number, pairsMax = PAIR_TABLE_MAX): Traffic {
  const totals = new Map<string, PairRow>()
  let active: string[] = []
  let lastMs = startMs

  return {
    add(drained, nowMs) {
      const seconds = Math.max(0.001, (nowMs - lastMs) / 1_000)
      lastMs = nowMs
      for (const key of active) {
        const row = totals.get(key)
        if (row !== undefined) totals.set(key, { ...row, bytesPerSecond: 0, framesPerSecond: 0 })
      }
      active = drained.map((pair) => {
        const key = `${pair.source}>${pair.destination}`
        const old = totals.get(key)
        totals.delete(key) // to the end: most recently active
        totals.set(key, {
          source: pair.source,
          destination: pair.destination,
          frames: (old?.frames ?? 0) + pair.frames,
          bytes: (old?.bytes ?? 0) + pair.bytes,
          droppedFrames: (old?.droppedFrames ?? 0) + pair.droppedFrames,
          bytesPerSecond: pair.bytes / seconds,
          framesPerSecond: pair.frames / seconds,
        })
        return key
      })
      for (const key of totals.keys()) {
        if (totals.size <= pairsMax) break
        totals.delete(key)
      }
    },
    rows: () => [...totals.values()].sort((a, b) => b.bytes - a.bytes),
  }
}
