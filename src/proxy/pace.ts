// How often hosts may report: as often as the operator said, or half, a quarter ... as often while
// the proxy is too busy for it. Control comes first: a proxy that only reads reports answers
// nobody, and reports that wait are worth nothing. Pure.

/** The event loop was busy for more than this share, and the inference for much of it: slower. */
const BUSY_LOOP = 0.6
const BUSY_OWN = 0.25
/** ... for so many seconds: a start, or one large change, is over sooner. */
const BUSY_SECONDS = 3
/** A decision that began so late: what waits is too much already. */
const LATE_MS = 500
/** Less than this for so many seconds: faster again. Twice the load is still below BUSY_LOOP. */
const CALM_LOOP = 0.25
const CALM_SECONDS = 10
const STRETCH_MAX = 16
/**
 * So many entries of reports a second take half a core of a small machine. More are not waited for:
 * when a large network starts at once, a few seconds of them fill what the control plane holds.
 */
const ENTRIES_PER_SECOND_MAX = 600_000

/** Shares of the last second, 0..1. */
export interface Load {
  /** Of the event loop, whatever it did. */
  readonly loop: number
  /** Of the inference: taking reports in, deciding. */
  readonly own: number
  /** Entries of all hosts' reports a second, were the stretch 1. */
  readonly entriesPerSecond: number
}

export interface Pace {
  /** The update interval is to be so many times as long; a power of two, 1 where all is well. */
  readonly stretch: number
  /** Tells it of each second. True: the stretch changed. */
  observe(load: Load): boolean
  /** A decision began so much after its time; `own` as in Load. True: the stretch changed. */
  late(decision: { readonly ms: number; readonly own: number }): boolean
  /** So many there would be, by a single edge. True: the stretch changed. */
  crowded(entriesPerSecond: number): boolean
}

export function createPace(): Pace {
  let stretch = 1
  let calm = 0
  let busy = 0
  function slower(): void {
    stretch = Math.min(STRETCH_MAX, stretch * 2)
    busy = 0
    calm = 0
  }

  return {
    get stretch() {
      return stretch
    },
    observe({ loop, own, entriesPerSecond }) {
      const before = stretch
      const isRoom = (2 * entriesPerSecond) / stretch <= ENTRIES_PER_SECOND_MAX
      calm = loop < CALM_LOOP && isRoom ? calm + 1 : 0
      busy = loop > BUSY_LOOP && own > BUSY_OWN ? busy + 1 : 0
      if (busy >= BUSY_SECONDS) slower()
      else if (calm >= CALM_SECONDS && stretch > 1) {
        stretch /= 2
        calm = 0
      }
      return stretch !== before
    },
    late({ ms, own }) {
      const before = stretch
      if (ms > LATE_MS && own > BUSY_OWN) slower()
      return stretch !== before
    },
    crowded(entriesPerSecond) {
      const before = stretch
      const isCrowded = () => entriesPerSecond / stretch > ENTRIES_PER_SECOND_MAX
      while (stretch < STRETCH_MAX && isCrowded()) slower()
      return stretch !== before
    },
  }
}
