// What time is it at the other end? Questions and answers of various round trips in, one offset
// out: that of the answer that came back soonest, as NTP's clock filter chooses (RFC 5905 section
// 10). Pure.

/** Answers that are remembered. */
const SAMPLES_MAX = 8
/** Two machines' clocks part by at most this much; ordinary crystals do by a fifth of it. */
const DRIFT = 0.0002

/** One question. Times of this end are of its monotonic clock. */
export interface ClockSample {
  readonly askedMs: number
  readonly answeredMs: number
  /** The other end's clock as it answered. */
  readonly theirsMs: number
}

export interface ClockFilter {
  add(sample: ClockSample): void
  /** What to add to this end's monotonic clock to get the other's; null: not known yet. */
  offsetMs(): number | null
  forget(): void
}

interface Estimate {
  readonly offsetMs: number
  /** Half the round trip: the offset is within this. */
  readonly errorMs: number
  readonly atMs: number
}

export function createClockFilter(): ClockFilter {
  let estimates: Estimate[] = []
  let best: Estimate | null = null

  const errorAt = ({ errorMs, atMs }: Estimate, nowMs: number) => errorMs + DRIFT * (nowMs - atMs)

  return {
    add({ askedMs, answeredMs, theirsMs }) {
      const errorMs = (answeredMs - askedMs) / 2
      const estimate = { offsetMs: theirsMs - askedMs - errorMs, errorMs, atMs: answeredMs }
      // The ranges have nothing in common: the other end's clock was set meanwhile.
      const isContradicted = (old: Estimate) =>
        Math.abs(old.offsetMs - estimate.offsetMs) > errorAt(old, answeredMs) + errorMs + 1
      if (best !== null && isContradicted(best)) estimates = []
      estimates = [...estimates, estimate].slice(-SAMPLES_MAX)
      best = estimates.reduce((one, other) =>
        errorAt(other, answeredMs) <= errorAt(one, answeredMs) ? other : one,
      )
    },
    offsetMs: () => best?.offsetMs ?? null,
    forget() {
      estimates = []
      best = null
    },
  }
}
