// First look at a capture, before its frames are counted: whose frames each point of capture saw,
// when, and a sample of fingerprints by which it is compared with others. A point of capture is an
// interface of a file: a host that captures two interfaces sees the same frame twice.
//
// The sample keeps the frames whose fingerprint ends in enough zero bits, and asks for one more bit
// when it is full. So all captures keep the same frames of those that they have in common.

import { fingerprint, type Headers, readHeaders } from './headers.ts'

/** Enough for a median; two samples of a long capture still have hundreds in common. */
const SAMPLE_FRAMES_MAX = 16_384
/** More MACs than a network of ours has guests: a flood of made-up addresses. */
export const CAPTURED_GUESTS_MAX = 16_384

/** When a frame was seen, and whose it was. */
export interface Sighting {
  readonly atMs: number
  readonly source: number
}

/** A point of capture. */
export interface Survey {
  /** Position of the file; points of one file share a clock. */
  readonly file: number
  /** For people: the file's name, with the interface where it has several. */
  readonly name: string
  readonly firstMs: number
  readonly lastMs: number
  readonly frames: number
  /** Without addresses, or with more addresses than are kept. */
  readonly skippedFrames: number
  /** Frames that it saw of each source. */
  readonly sources: ReadonlyMap<number, number>
  /** The only guest that is an end of (nearly) every unicast frame: the machine captured itself. */
  readonly owner: number | null
  /** By fingerprint; null: seen more than once, and so good for nothing. */
  readonly sample: ReadonlyMap<number, Sighting | null>
}

export class Surveyor {
  readonly #file: number
  readonly #sources = new Map<number, number>()
  readonly #ends = new Map<number, number>()
  readonly #sample = new Map<number, Sighting | null>()
  #sampleStep = 1
  #unicastFrames = 0
  #frames = 0
  #skippedFrames = 0
  #firstMs = Number.POSITIVE_INFINITY
  #lastMs = Number.NEGATIVE_INFINITY

  constructor(file: number) {
    this.#file = file
  }

  /** Takes a frame; its bytes are not kept. */
  add(atMs: number, kept: Uint8Array, length: number): void {
    const headers = readHeaders(kept, length)
    if (headers === null || !this.#count(headers)) {
      this.#skippedFrames += 1
      return
    }
    this.#frames += 1
    this.#firstMs = Math.min(this.#firstMs, atMs)
    this.#lastMs = Math.max(this.#lastMs, atMs)
    const print = fingerprint(kept, headers)
    if (print !== null) this.#keep(print, { atMs, source: headers.source })
  }

  /** Null if it saw nothing that counts. `name` is the point's, for people. */
  result(name: string): Survey | null {
    if (this.#frames === 0) return null
    return {
      file: this.#file,
      name,
      firstMs: this.#firstMs,
      lastMs: this.#lastMs,
      frames: this.#frames,
      skippedFrames: this.#skippedFrames,
      sources: this.#sources,
      owner: this.#owner(),
      sample: this.#sample,
    }
  }

  #count({ source, destination, isUnicast }: Headers): boolean {
    if (!this.#sources.has(source) && this.#sources.size >= CAPTURED_GUESTS_MAX) return false
    this.#sources.set(source, (this.#sources.get(source) ?? 0) + 1)
    if (!isUnicast) return true
    this.#unicastFrames += 1
    for (const end of [source, destination]) {
      const isKept = this.#ends.has(end) || this.#ends.size < CAPTURED_GUESTS_MAX
      if (isKept) this.#ends.set(end, (this.#ends.get(end) ?? 0) + 1)
    }
    return true
  }

  #keep(print: number, sighting: Sighting): void {
    if (print % this.#sampleStep !== 0) return
    this.#sample.set(print, this.#sample.has(print) ? null : sighting)
    if (this.#sample.size <= SAMPLE_FRAMES_MAX) return
    this.#sampleStep *= 2
    for (const kept of this.#sample.keys()) {
      if (kept % this.#sampleStep !== 0) this.#sample.delete(kept)
    }
  }

  #owner(): number | null {
    const share = 0.99 // strays: a frame flooded before the switch had learned
    const always = [...this.#ends].filter(([, count]) => count >= share * this.#unicastFrames)
    const only = always.length === 1 ? always[0] : undefined
    return only === undefined ? null : only[0]
  }
}
