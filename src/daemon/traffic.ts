// Traffic per pair of MACs: the plane's counts added up since the start, with the rates of the last
// whole second. Added to at every update interval, so a pair that is known costs two look-ups and
// no object. Bounded: the pairs that were silent longest go first.

import { PAIR_TABLE_MAX } from '../base/limits.ts'
import { type MacAddress, macFromNumber, macNumber } from '../base/mac.ts'
import type { PairRow } from '../control/api.ts'
import type { PairColumns } from '../plane/plane.ts'

/** Rates are taken over this time; a timer of the same length may be a little early. */
const RATE_MS = 990

export interface Traffic {
  /** Adds what was drained from the plane; `nowMs` is monotonic. */
  add(drained: PairColumns, nowMs: number): void
  /** Heaviest first. */
  rows(): readonly PairRow[]
}

interface Total {
  readonly source: MacAddress
  readonly destination: MacAddress
  readonly key: { readonly source: number; readonly destination: number }
  bytes: number
  frames: number
  droppedFrames: number
  /** When the rates were last taken: what there was before, and what came of it. */
  past: { bytes: number; frames: number }
  rate: { bytes: number; frames: number }
  activeMs: number
}

export function createTraffic(startMs: number, pairsMax = PAIR_TABLE_MAX): Traffic {
  const bySource = new Map<number, Map<number, Total>>()
  /** Those with traffic since the rates were taken, and those with a rate. */
  let active = new Set<Total>()
  let count = 0
  let ratesMs = startMs

  function totalOf(source: number, destination: number): Total {
    const row = bySource.get(source) ?? new Map<number, Total>()
    if (row.size === 0) bySource.set(source, row)
    const known = row.get(destination)
    if (known !== undefined) return known
    const total = newTotal(source, destination)
    row.set(destination, total)
    count++
    return total
  }

  function takeRates(nowMs: number): void {
    const seconds = (nowMs - ratesMs) / 1_000
    ratesMs = nowMs
    const busy = new Set<Total>()
    for (const total of active) {
      const { past, rate } = total
      rate.bytes = (total.bytes - past.bytes) / seconds
      rate.frames = (total.frames - past.frames) / seconds
      if (total.frames > past.frames) busy.add(total)
      past.bytes = total.bytes
      past.frames = total.frames
    }
    active = busy // once more: to find that they have ended
  }

  /** Some more than needed, so that it need not be done again soon. */
  function evict(): void {
    const oldestFirst = allOf(bySource).sort((a, b) => a.activeMs - b.activeMs)
    const keep = pairsMax - Math.floor(pairsMax / 10)
    for (const total of oldestFirst.slice(0, Math.max(0, count - keep))) {
      const row = bySource.get(total.key.source)
      row?.delete(total.key.destination)
      if (row?.size === 0) bySource.delete(total.key.source)
      active.delete(total)
      count--
    }
  }

  return {
    add(drained, nowMs) {
      const { macs, source, destination, bytes, frames, droppedFrames } = drained
      for (let at = 0; at < source.length; at++) {
        const from = macNumber(macs, (source[at] ?? 0) * 6)
        const total = totalOf(from, macNumber(macs, (destination[at] ?? 0) * 6))
        total.bytes += bytes[at] ?? 0
        total.frames += frames[at] ?? 0
        total.droppedFrames += droppedFrames[at] ?? 0
        total.activeMs = nowMs
        active.add(total)
      }
      if (nowMs - ratesMs >= RATE_MS) takeRates(nowMs)
      if (count > pairsMax) evict()
    },
    rows: () =>
      allOf(bySource)
        .sort((a, b) => b.bytes - a.bytes)
        .map(rowOf),
  }
}

function newTotal(source: number, destination: number): Total {
  return {
    source: macFromNumber(source),
    destination: macFromNumber(destination),
    key: { source, destination },
    ...{ bytes: 0, frames: 0, droppedFrames: 0, activeMs: 0 },
    past: { bytes: 0, frames: 0 },
    rate: { bytes: 0, frames: 0 },
  }
}

function allOf(bySource: ReadonlyMap<number, ReadonlyMap<number, Total>>): Total[] {
  return [...bySource.values()].flatMap((row) => [...row.values()])
}

function rowOf({ source, destination, frames, bytes, droppedFrames, rate }: Total): PairRow {
  const rates = { bytesPerSecond: rate.bytes, framesPerSecond: rate.frames }
  return { source, destination, frames, bytes, droppedFrames, ...rates }
}
