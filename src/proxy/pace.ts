// How often hosts may report: as often as the operator said, or half, a quarter ... as often while
// the proxy is too busy for it. Control comes first: a proxy that only reads reports answers
// nobody, and reports that wait are worth nothing. Pure.

/** The event loop was busy for more than this share, and the inference for much of it: slower. */
const BUSY_LOOP = 0.6
const BUSY_OWN = 0.25
/** Less than this for so many seconds: faster again. Twice the load is still below BUSY_LOOP. */
const CALM_LOOP = 0.25
const CALM_SECONDS = 10
const STRETCH_MAX = 16

/** Shares of the last second, 0..1. */
export interface Load {
  /** Of the event loop, whatever it did. */
  readonly loop: number
  /** Of the inference: taking reports in, deciding. */
  readonly own: number
}

export interface Pace {
  /** The update interval is to be so many times as long; a power of two, 1 where all is well. */
  readonly stretch: number
  /** Tells it of each second. True: the stretch changed. */
  observe(load: Load): boolean
}

export function createPace(): Pace {
  let stretch = 1
  let calm = 0
  return {
    get stretch() {
      return stretch
    },
    observe({ loop, own }) {
      const before = stretch
      calm = loop < CALM_LOOP ? calm + 1 : 0
      if (loop > BUSY_LOOP && own > BUSY_OWN) stretch = Math.min(STRETCH_MAX, stretch * 2)
      else if (calm >= CALM_SECONDS && stretch > 1) {
        stretch /= 2
        calm = 0
      }
      return stretch !== before
    },
  }
}
