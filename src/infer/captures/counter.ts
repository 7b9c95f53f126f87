// Frames of a capture file as the reports that hosts' daemons would have sent: counted per pair and
// interval, on common edges of the aligned clock, for each point of capture. A frame that several
// points saw is counted where it was sent; where that point did not capture yet or any more, by the
// next best one.

import type { MacAddress } from '../../base/mac.ts'
import type { MatrixReport } from '../types.ts'
import type { Alignment } from './align.ts'
import { readHeaders } from './headers.ts'
import { CAPTURED_GUESTS_MAX, type Survey } from './survey.ts'

/**
 * Longer than a frame is on its way: its last frame may be seen elsewhere when this point has seen
 * its last, and must not count twice.
 */
const NEARLY_MS = 500

/** What a point counted in an interval. */
export interface CountedInterval
  extends Pick<
    MatrixReport,
    'fromMs' | 'toMs' | 'guests' | 'source' | 'destination' | 'bytes' | 'frames' | 'droppedFrames'
  > {
  readonly point: number
}

export interface CountOptions {
  readonly points: readonly Survey[]
  readonly alignment: Alignment
  readonly intervalMs: number
  /** Aligned times; what is outside does not count. */
  readonly fromMs: number
  readonly toMs: number
}

/** Counts one file. */
export class FileCounter {
  readonly #options: CountOptions
  readonly #tables = new Map<number, PairTable>()
  #interval = Number.NEGATIVE_INFINITY

  constructor(options: CountOptions) {
    this.#options = options
  }

  /**
   * Takes a frame that `point` saw, with its own clock's time. Returns the intervals that it ends
   * by being later; a frame of an earlier time than the one before is counted where that one was.
   */
  add(point: number, frame: CountedFrame): readonly CountedInterval[] {
    const { fromMs, toMs, intervalMs, alignment } = this.#options
    const alignedMs = frame.atMs + (alignment.offsetsMs[point] ?? 0)
    if (alignedMs < fromMs || alignedMs >= toMs) return []
    const headers = readHeaders(frame.bytes, frame.length)
    if (headers === null || !this.#isCountedBy(point, headers.source, alignedMs)) return []
    const interval = Math.floor(alignedMs / intervalMs)
    const done = interval > this.#interval ? this.flush() : []
    this.#interval = Math.max(interval, this.#interval)
    let table = this.#tables.get(point)
    if (table === undefined) {
      table = new PairTable()
      this.#tables.set(point, table)
    }
    table.add(headers)
    return done
  }

  /** What is counted and not returned yet. */
  flush(): readonly CountedInterval[] {
    const { intervalMs } = this.#options
    const fromMs = this.#interval * intervalMs
    const done = [...this.#tables].map(([point, table]) => ({
      point,
      fromMs,
      toMs: fromMs + intervalMs,
      ...table.columns(),
    }))
    this.#tables.clear()
    return done
  }

  #isCountedBy(point: number, source: number, alignedMs: number): boolean {
    const seenBy = this.#options.alignment.homes.get(source) ?? []
    const best = seenBy.find((one) => hasCaptured(this.#options, one, alignedMs))
    return (best ?? seenBy[0]) === point
  }
}

/** True between the first and the last frame of a point, and a little before and after. */
export function hasCaptured(
  { points, alignment }: Pick<CountOptions, 'points' | 'alignment'>,
  point: number,
  alignedMs: number,
): boolean {
  const survey = points[point]
  const ownMs = alignedMs - (alignment.offsetsMs[point] ?? 0)
  return (
    survey !== undefined &&
    ownMs >= survey.firstMs - NEARLY_MS &&
    ownMs <= survey.lastMs + NEARLY_MS
  )
}

interface CountedFrame {
  readonly atMs: number
  readonly bytes: Uint8Array
  readonly length: number
}

/** The pairs of one interval. */
class PairTable {
  readonly #pairs = new Map<number, Pair>()
  readonly #guests = new Map<number, number>()

  add(frame: {
    readonly source: number
    readonly destination: number
    readonly wireBytes: number
    readonly wireFrames: number
  }): void {
    const source = this.#numberOf(frame.source)
    const destination = this.#numberOf(frame.destination)
    if (source === null || destination === null) return
    const key = source * CAPTURED_GUESTS_MAX + destination
    let pair = this.#pairs.get(key)
    if (pair === undefined) {
      pair = { source, destination, bytes: 0, frames: 0 }
      this.#pairs.set(key, pair)
    }
    pair.bytes += frame.wireBytes
    pair.frames += frame.wireFrames
  }

  columns() {
    const pairs = [...this.#pairs.values()]
    return {
      guests: [...this.#guests.keys()].map(macOf),
      source: Uint32Array.from(pairs, ({ source }) => source),
      destination: Uint32Array.from(pairs, ({ destination }) => destination),
      bytes: Float64Array.from(pairs, ({ bytes }) => bytes),
      frames: Uint32Array.from(pairs, ({ frames }) => frames),
      droppedFrames: new Uint32Array(pairs.length),
    }
  }

  /** Null: the table is full. */
  #numberOf(octets: number): number | null {
    const known = this.#guests.get(octets)
    if (known !== undefined) return known
    if (this.#guests.size >= CAPTURED_GUESTS_MAX) return null
    this.#guests.set(octets, this.#guests.size)
    return this.#guests.size - 1
  }
}

interface Pair {
  readonly source: number
  readonly destination: number
  bytes: number
  frames: number
}

/** The text form of six octets. */
function macOf(octets: number): MacAddress {
  const hex = octets.toString(16).padStart(12, '0')
  return (hex.match(/../g) ?? []).join(':') as MacAddress
}
