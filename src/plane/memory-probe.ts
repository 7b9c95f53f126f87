// A probe on a wire between in-memory planes: padding while nothing else is to be sent, and the
// rate at which it arrives.

import type { ProbeLimits, ProbeOutcome } from './link-figures.ts'

const PADDING_BYTES = 16_384
/** Arrivals within less time say nothing of a rate. */
const TELLING_MS = 5

export class MemoryProbe {
  #onEnd: ((outcome: ProbeOutcome) => void) | null = null
  #leftBytes = 0
  #sentBytes = 0
  #arrivedBytes = 0
  #startMs = 0
  #untilMs = 0
  #firstMs: number | null = null
  #firstBytes = 0

  /** False: one is running. */
  begin(
    { bytesMax, durationMsMax }: ProbeLimits,
    onEnd: (outcome: ProbeOutcome) => void,
    nowMs: number,
  ): boolean {
    if (this.#onEnd !== null) return false
    this.#onEnd = onEnd
    this.#leftBytes = bytesMax
    this.#sentBytes = this.#arrivedBytes = this.#firstBytes = 0
    this.#startMs = nowMs
    this.#untilMs = nowMs + durationMsMax
    this.#firstMs = null
    return true
  }

  /** The next stretch of padding; undefined: none any more. */
  next(nowMs: number): { readonly kind: 'padding'; readonly bytes: number } | undefined {
    if (this.#onEnd === null || this.#leftBytes <= 0) return undefined
    if (nowMs >= this.#untilMs) {
      this.stop(nowMs)
      return undefined
    }
    const bytes = Math.min(PADDING_BYTES, this.#leftBytes)
    this.#leftBytes -= bytes
    this.#sentBytes += bytes
    return { kind: 'padding', bytes }
  }

  /** No more padding: what is under way ends it. */
  stop(nowMs: number): void {
    this.#leftBytes = 0
    this.#endIfDone(nowMs)
  }

  arrived(bytes: number, nowMs: number): void {
    if (this.#onEnd === null) return
    this.#arrivedBytes += bytes
    if (this.#firstMs === null) {
      this.#firstMs = nowMs
      this.#firstBytes = bytes
    }
    this.#endIfDone(nowMs)
  }

  #endIfDone(nowMs: number): void {
    const onEnd = this.#onEnd
    if (onEnd === null || this.#leftBytes > 0 || this.#arrivedBytes < this.#sentBytes) return
    const elapsedMs = nowMs - (this.#firstMs ?? nowMs)
    const isSaturated = elapsedMs >= TELLING_MS
    const rated = isSaturated ? this.#arrivedBytes - this.#firstBytes : this.#arrivedBytes
    const bytesPerSecond = (rated * 1_000) / Math.max(1, elapsedMs)
    this.#onEnd = null
    onEnd({
      ...{ bytesPerSecond, isSaturated, sentBytes: this.#sentBytes },
      durationMs: nowMs - this.#startMs,
    })
  }
}
