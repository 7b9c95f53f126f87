// The wall clock without its leaps: follows it slowly while it is near, and says when it was set to
// quite another time. For what is compared between machines at intervals of 100 ms.

import type { Clock } from './clock.ts'

/** As adjtime(3) does: far below what an interval of 50 ms could notice. */
const SLEW_MAX = 0.0005
/** Further away, the clock was set. */
const STEP_MS = 1_000

export interface SteadyClock {
  /** ms since 1970, with fractions. */
  nowMs(): number
  /** Call it now and then. True: the wall clock was set, and this one leapt to it. */
  follow(): boolean
}

export function createSteadyClock(clock: Clock): SteadyClock {
  let offsetMs = clock.wallMs() - clock.monotonicMs()
  let followedMs = clock.monotonicMs()
  const nowMs = () => offsetMs + clock.monotonicMs()
  return {
    nowMs,
    follow() {
      const errorMs = clock.wallMs() - nowMs()
      const slewMs = (clock.monotonicMs() - followedMs) * SLEW_MAX
      followedMs = clock.monotonicMs()
      const hasLeapt = Math.abs(errorMs) > STEP_MS
      offsetMs += hasLeapt ? errorMs : Math.max(-slewMs, Math.min(slewMs, errorMs))
      return hasLeapt
    },
  }
}
