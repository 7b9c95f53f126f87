// How far a host's clock is off, from its reports alone: the fastest report of the last minute took
// next to no time, so what it seems to have taken is the clocks' difference.

/** A report may well travel this long; less than 0 it cannot. */
const TRAVEL_MS_MAX = 250
/** The fastest report is looked for in the last one to two of these: clocks drift. */
const MEMORY_MS = 30_000
/** Reports that are later than the fastest by this, for STEP_MS on end: the clock was set. */
const STEP_DELAY_MS = 1_000
const STEP_MS = 2_000

export interface ClockSkew {
  /** Takes note of a report. */
  see(toMs: number, receivedMs: number): void
  /** To be added to the host's times; 0 as long as they are plausible. */
  correctionMs(): number
}

export function createClockSkew(): ClockSkew {
  let [fastestMs, fastestBeforeMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  let sinceMs = Number.NEGATIVE_INFINITY
  let slowSinceMs: number | null = null
  const fastest = () => Math.min(fastestMs, fastestBeforeMs)
  return {
    see(toMs, receivedMs) {
      const delayMs = receivedMs - toMs
      if (receivedMs - sinceMs > MEMORY_MS) {
        fastestBeforeMs = receivedMs - sinceMs > 2 * MEMORY_MS ? delayMs : fastestMs
        fastestMs = delayMs
        sinceMs = receivedMs
      }
      if (delayMs <= fastest() + STEP_DELAY_MS) slowSinceMs = null
      else slowSinceMs ??= receivedMs
      const isStep = slowSinceMs !== null && receivedMs - slowSinceMs >= STEP_MS
      if (isStep) [fastestMs, fastestBeforeMs, slowSinceMs] = [delayMs, delayMs, null]
      fastestMs = Math.min(fastestMs, delayMs)
    },
    correctionMs() {
      const delayMs = fastest()
      const isPlausible = delayMs >= 0 && delayMs <= TRAVEL_MS_MAX
      return isPlausible || !Number.isFinite(delayMs) ? 0 : delayMs
    },
  }
}
