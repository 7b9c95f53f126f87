// Whether a fast path that stalled may be used again. The plane says when it answers steadily; here
// a path that stalls again and again waits longer each time, so that one that loses its payload but
// not its pings does not swing its traffic to and fro:
//   good -> stalled -> (answers) held for 0, 1, 2, 4 ... 60 s -> good
// A path that was good for FORGOTTEN_MS begins anew. Survives the link: what is dialled again is
// the same path.

import type { Cancel, Clock } from '../base/clock.ts'

const FIRST_HOLD_MS = 1_000
const HOLD_MS_MAX = 60_000
const FORGOTTEN_MS = 60_000

/** How long a path is held that stalled so often in a row. */
export function holdMs(strikes: number): number {
  return strikes < 2 ? 0 : Math.min(FIRST_HOLD_MS * 2 ** (strikes - 2), HOLD_MS_MAX)
}

export class PathHealth {
  readonly #clock: Clock
  readonly #onReleased: () => void
  #strikes = 0
  #goodSinceMs = 0
  #state: 'good' | 'stalled' | 'held' = 'good'
  #cancel: Cancel = () => {}

  /** `onReleased`: it is good again. */
  constructor(clock: Clock, onReleased: () => void) {
    this.#clock = clock
    this.#onReleased = onReleased
  }

  get isGood(): boolean {
    return this.#state === 'good'
  }

  get hasStalled(): boolean {
    return this.#strikes > 0
  }

  stalled(): void {
    const nowMs = this.#clock.monotonicMs()
    if (this.#state === 'good' && nowMs >= this.#goodSinceMs + FORGOTTEN_MS) this.#strikes = 0
    if (this.#state !== 'stalled') this.#strikes++
    this.#cancel()
    this.#state = 'stalled'
  }

  /** It answers, or is a new link. */
  answered(): void {
    if (this.#state !== 'stalled') return
    this.#state = 'held'
    this.#cancel = this.#clock.after(holdMs(this.#strikes), () => {
      this.#state = 'good'
      this.#goodSinceMs = this.#clock.monotonicMs()
      this.#onReleased()
    })
  }

  stop(): void {
    this.#cancel()
  }
}
