// Carries out the redial policy (src/link/redial.ts) for one peer: the timer between two tries.

import type { Cancel, Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { REDIAL_START, type RedialEvent, stepRedial } from '../link/redial.ts'

export interface Redialer {
  /** Dials now; a pending retry is dropped. */
  start(): void
  up(): void
  /** The try failed or the link was lost; returns when the next try follows, ms. */
  down(isLasting: boolean): number
  stop(): void
}

export function createRedialer(options: {
  readonly clock: Clock
  readonly random: Random
  readonly dial: () => void
}): Redialer {
  const { clock, random, dial } = options
  let state = REDIAL_START
  let cancel: Cancel = () => {}
  let isStopped = false

  function step(event: RedialEvent): number {
    const now = { nowMs: clock.monotonicMs(), chance: random.next() }
    const { state: next, delayMs } = stepRedial(state, event, now)
    state = next
    return delayMs ?? 0
  }

  return {
    start() {
      cancel()
      if (!isStopped) dial()
    },
    up() {
      cancel()
      step({ kind: 'up' })
    },
    down(isLasting) {
      cancel()
      const delayMs = step({ kind: isLasting ? 'refused' : 'down' })
      if (!isStopped) cancel = clock.after(delayMs, dial)
      return delayMs
    },
    stop() {
      isStopped = true
      cancel()
    },
  }
}
