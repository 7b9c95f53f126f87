// Log lines that strangers cause: they are many on an open port and cost nothing to make, so only
// some a minute are written and the rest counted.

import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'

export const LINES_PER_MINUTE = 20
const MINUTE_MS = 60_000

/** Writes a warning, or counts it; the next line written says in `silenced` how many were not. */
export type RationedWarn = (fields: Readonly<Record<string, unknown>>, text: string) => void

export function createRationedWarn(options: {
  readonly clock: Pick<Clock, 'monotonicMs'>
  readonly log: Pick<Log, 'warn'>
}): RationedWarn {
  const { clock, log } = options
  let minuteStartMs = Number.NEGATIVE_INFINITY
  let written = 0
  let silenced = 0
  return (fields, text) => {
    const nowMs = clock.monotonicMs()
    if (nowMs - minuteStartMs >= MINUTE_MS) {
      minuteStartMs = nowMs
      written = 0
    }
    if (written >= LINES_PER_MINUTE) {
      silenced += 1
      return
    }
    written += 1
    log.warn(silenced === 0 ? fields : { ...fields, silenced }, text)
    silenced = 0
  }
}
