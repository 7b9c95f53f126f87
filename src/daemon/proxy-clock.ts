// The proxy's clock as a host knows it: asked for over the star link, often at first and then now
// and then. A daemon's own clock may be hours off; reports of all hosts must be cut at one moment.

import type { Cancel, Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { createClockFilter } from '../link/clock-filter.ts'
import type { Peer } from './peer.ts'

const FIRST_QUESTIONS = 4
const FIRST_INTERVAL_MS = 50
/** Clocks part by at most 1 ms meanwhile. */
const INTERVAL_MS = 5_000
const TIMEOUT_MS = 3_000

export interface ProxyClock {
  /** ms since 1970 by the proxy's clock, with fractions; null: not known yet. */
  nowMs(): number | null
  /** The proxy takes part: ask it from now on. Does nothing where it is asked already. */
  start(proxy: Peer): void
  /** It is gone; its time is still known. */
  stop(): void
}

export function createProxyClock({
  clock,
  log,
}: {
  readonly clock: Clock
  readonly log: Log
}): ProxyClock {
  const filter = createClockFilter()
  let cancel: Cancel = () => {}
  let asked: Peer | null = null
  let answers = 0

  async function ask(proxy: Peer): Promise<void> {
    const askedMs = clock.monotonicMs()
    const answer = await proxy.ask({ kind: 'clockRequest' }, TIMEOUT_MS)
    if (answer.kind !== 'clockReply' || asked !== proxy) return
    answers++
    filter.add({ askedMs, answeredMs: clock.monotonicMs(), theirsMs: answer.clockUs / 1_000 })
  }

  function askOnAndOn(proxy: Peer): void {
    ask(proxy)
      // A link that is gone or busy is others' business: it is asked again.
      .catch((error: unknown) => log.debug(`the proxy's clock is not known: ${messageOf(error)}`))
      .finally(() => {
        if (asked !== proxy) return
        const delayMs = answers < FIRST_QUESTIONS ? FIRST_INTERVAL_MS : INTERVAL_MS
        cancel = clock.after(delayMs, () => askOnAndOn(proxy))
      })
  }

  return {
    nowMs() {
      const offsetMs = filter.offsetMs()
      return offsetMs === null ? null : clock.monotonicMs() + offsetMs
    },
    start(proxy) {
      if (asked === proxy) return
      cancel()
      filter.forget() // it may be another machine by now
      asked = proxy
      answers = 0
      askOnAndOn(proxy)
    },
    stop() {
      cancel()
      asked = null
    },
  }
}
