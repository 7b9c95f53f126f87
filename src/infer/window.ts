// The smoothing interval as a sliding window: for each pair what was sent in each of a few buckets
// of time, and the sums over the window, kept up to date by adding the newest bucket and taking
// the oldest away. Each step of that reads two columns in order, so it costs little for many
// pairs.

import { grown } from './pairs.ts'
import type { InferParameters } from './parameters.ts'

/** Buckets of a window: more would cost memory and gain nothing that shows. */
const BUCKETS_MAX = 16
/** The share of the window that counts as "just now". */
const RECENT_SHARE = 0.4
/** One bucket that is being filled, and one for hosts whose clock is ahead. */
const AHEAD = 2

/** How a window is cut into buckets. */
export interface WindowShape {
  readonly bucketMs: number
  readonly buckets: number
  /** The newest buckets that count as "just now". */
  readonly recent: number
}

export function shapeOf(parameters: InferParameters): WindowShape {
  const { updateIntervalMs, smoothingIntervalMs } = parameters
  const perBucket = Math.ceil(smoothingIntervalMs / (updateIntervalMs * BUCKETS_MAX))
  const bucketMs = updateIntervalMs * perBucket
  const buckets = Math.max(2, Math.round(smoothingIntervalMs / bucketMs))
  return { bucketMs, buckets, recent: Math.max(1, Math.round(buckets * RECENT_SHARE)) }
}

interface Bucket {
  bytes: Float64Array
  frames: Float64Array
  dropped: Float64Array
}

const FIRST_CAPACITY = 1_024

export class Window {
  readonly shape: WindowShape
  /** Sums over the window, by pair. */
  bytes = new Float64Array(FIRST_CAPACITY)
  frames = new Float64Array(FIRST_CAPACITY)
  dropped = new Float64Array(FIRST_CAPACITY)
  /** Bytes of the newest buckets. */
  recent = new Float64Array(FIRST_CAPACITY)
  /** Buckets of the window with traffic. */
  active = new Uint8Array(FIRST_CAPACITY)
  /** Buckets before this number, by time / bucketMs, are whole; the window ends here. */
  end = 0
  readonly #buckets: Bucket[]

  constructor(shape: WindowShape, end: number) {
    this.shape = shape
    this.end = end
    this.#buckets = Array.from({ length: shape.buckets + AHEAD }, () => emptyBucket())
  }

  /** The first bucket of the window. */
  get begin(): number {
    return this.end - this.shape.buckets
  }

  /** Buckets from here on are refused. */
  get limit(): number {
    return this.end + AHEAD
  }

  get capacity(): number {
    return this.bytes.length
  }

  /** Makes room for pairs below `capacity`. */
  reserve(capacity: number): void {
    if (capacity <= this.capacity) return
    const size = Math.max(capacity, this.capacity * 2)
    this.bytes = grown(this.bytes, size)
    this.frames = grown(this.frames, size)
    this.dropped = grown(this.dropped, size)
    this.recent = grown(this.recent, size)
    this.active = grown(this.active, size)
    for (const bucket of this.#buckets) {
      bucket.bytes = grown(bucket.bytes, size)
      bucket.frames = grown(bucket.frames, size)
      bucket.dropped = grown(bucket.dropped, size)
    }
  }

  /** Adds what `pair` sent in `bucket`, which lies in `begin` .. `limit`. */
  add(pair: number, bucket: number, bytes: number, frames: number, dropped: number): void {
    const into = this.#bucket(bucket)
    const had = into.bytes[pair] ?? 0
    into.bytes[pair] = had + bytes
    into.frames[pair] = (into.frames[pair] ?? 0) + frames
    into.dropped[pair] = (into.dropped[pair] ?? 0) + dropped
    if (bucket >= this.end) return
    this.bytes[pair] = (this.bytes[pair] ?? 0) + bytes
    this.frames[pair] = (this.frames[pair] ?? 0) + frames
    this.dropped[pair] = (this.dropped[pair] ?? 0) + dropped
    if (bucket >= this.end - this.shape.recent) this.recent[pair] = (this.recent[pair] ?? 0) + bytes
    if (had === 0 && bytes > 0) this.active[pair] = (this.active[pair] ?? 0) + 1
  }

  /** Moves the window's end on to bucket `end`; `pairs` is the number above all pairs. */
  advance(end: number, pairs: number): void {
    if (end - this.end > this.shape.buckets + AHEAD) {
      // Everything in it is too old: as if nothing had been seen.
      this.#clear()
      this.end = end
    }
    while (this.end < end) this.#step(pairs)
  }

  /** Bytes by pair in one bucket; valid until room is made or time moves on. */
  bytesOf(bucket: number): Float64Array {
    return this.#bucket(bucket).bytes
  }

  /** Bytes of a pair in one bucket. */
  bytesIn(pair: number, bucket: number): number {
    return this.#bucket(bucket).bytes[pair] ?? 0
  }

  framesIn(pair: number, bucket: number): number {
    return this.#bucket(bucket).frames[pair] ?? 0
  }

  droppedIn(pair: number, bucket: number): number {
    return this.#bucket(bucket).dropped[pair] ?? 0
  }

  /** True if nothing at all of the pair is kept. */
  isEmpty(pair: number): boolean {
    return this.#buckets.every((one) => one.bytes[pair] === 0 && one.dropped[pair] === 0)
  }

  #bucket(number: number): Bucket {
    const count = this.#buckets.length
    const bucket = this.#buckets[((number % count) + count) % count]
    if (bucket === undefined) throw new Error(`no bucket ${number}`)
    return bucket
  }

  /** One bucket on: the newest enters the sums, the oldest leaves them and is emptied. */
  #step(pairs: number): void {
    const entering = this.#bucket(this.end)
    const leaving = this.#bucket(this.begin)
    const stale = this.#bucket(this.end - this.shape.recent)
    addColumn(this.bytes, entering.bytes, leaving.bytes, pairs)
    addColumn(this.frames, entering.frames, leaving.frames, pairs)
    addColumn(this.dropped, entering.dropped, leaving.dropped, pairs)
    addColumn(this.recent, entering.bytes, stale.bytes, pairs)
    const { active } = this
    for (let pair = 0; pair < pairs; pair += 1) {
      const change =
        ((entering.bytes[pair] ?? 0) > 0 ? 1 : 0) - ((leaving.bytes[pair] ?? 0) > 0 ? 1 : 0)
      if (change !== 0) active[pair] = (active[pair] ?? 0) + change
    }
    leaving.bytes.fill(0, 0, pairs)
    leaving.frames.fill(0, 0, pairs)
    leaving.dropped.fill(0, 0, pairs)
    this.end += 1
  }

  #clear(): void {
    for (const column of [this.bytes, this.frames, this.dropped, this.recent]) column.fill(0)
    this.active.fill(0)
    for (const bucket of this.#buckets) {
      for (const column of [bucket.bytes, bucket.frames, bucket.dropped]) column.fill(0)
    }
  }
}

function emptyBucket(): Bucket {
  const column = () => new Float64Array(FIRST_CAPACITY)
  return { bytes: column(), frames: column(), dropped: column() }
}

/** sums += entering - leaving. Counts are whole numbers, so nothing is lost to rounding. */
function addColumn(
  sums: Float64Array,
  entering: Float64Array,
  leaving: Float64Array,
  count: number,
): void {
  for (let i = 0; i < count; i += 1) {
    const change = (entering[i] ?? 0) - (leaving[i] ?? 0)
    if (change !== 0) sums[i] = (sums[i] ?? 0) + change
  }
}
