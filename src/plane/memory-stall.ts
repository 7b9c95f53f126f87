// Whether anything gets through a fast path between two in-memory planes while it carries frames:
//   quiet -> watching (a ping each STALL_PING_MS, as long as frames come) <-> stalled
// Pings on the connection stand behind what was sent before them. A path by UDP whose probes are
// answered is none that is stalled, whatever the connection does.

import type { Cancel, Clock } from '../base/clock.ts'
import { RESUMED_MS, STALL_PING_MS, STALLED_MS } from '../base/limits.ts'

/** An answer that takes longer than this and two round trips is none of a steady path. */
const UNSTEADY_MS = 300

export interface StallOptions {
  readonly clock: Clock
  /** A ping stamped with the time by the clock. */
  readonly sendPing: () => void
  /** Frames go another way than pings, and it answers. */
  readonly isOtherWayOpen: () => boolean
  /** Why it is stalled; null: it carries again. */
  readonly onChange: (reason: string | null) => void
}

export class StallWatch {
  readonly #options: StallOptions
  #isStalled = false
  #hasCarried = false
  /** When the oldest ping without an answer was sent. */
  #pingedMs: number | null = null
  #rttMs = 0
  #steadySinceMs = 0
  #cancel: Cancel | null = null

  constructor(options: StallOptions) {
    this.#options = options
  }

  get isStalled(): boolean {
    return this.#isStalled
  }

  /** A frame is sent. */
  carried(): void {
    this.#hasCarried = true
    if (this.#cancel === null) this.#look()
  }

  /** The answer to the ping of that time, or a later one. */
  answered(stampMs: number): void {
    if (this.#pingedMs === null || stampMs < this.#pingedMs) return
    const nowMs = this.#options.clock.monotonicMs()
    this.#rttMs = nowMs - stampMs
    if (nowMs - this.#pingedMs > UNSTEADY_MS + 2 * this.#rttMs) this.#steadySinceMs = nowMs
    this.#pingedMs = null
  }

  stop(): void {
    this.#cancel?.()
    this.#isStalled = false
  }

  #look(): void {
    const { clock, sendPing, isOtherWayOpen } = this.#options
    const nowMs = clock.monotonicMs()
    const waitMs = this.#pingedMs === null ? 0 : nowMs - this.#pingedMs
    const limitMs = this.#isStalled ? UNSTEADY_MS : STALLED_MS
    if (waitMs >= limitMs + 2 * this.#rttMs && !isOtherWayOpen()) this.#silent(nowMs)
    else if (this.#isStalled && nowMs >= this.#steadySinceMs + RESUMED_MS) this.#resume()
    if (!this.#hasCarried && !this.#isStalled && this.#pingedMs === null) {
      this.#cancel = null
      return
    }
    this.#hasCarried = false
    if (this.#pingedMs === null) {
      this.#pingedMs = nowMs
      sendPing()
    }
    this.#cancel = clock.after(STALL_PING_MS, () => this.#look())
  }

  #silent(nowMs: number): void {
    this.#steadySinceMs = nowMs
    if (this.#isStalled) return
    this.#isStalled = true
    this.#options.onChange('pings are not answered any more')
  }

  #resume(): void {
    this.#isStalled = false
    this.#options.onChange(null)
  }
}
