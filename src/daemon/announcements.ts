// Sends a host's announcements: collects for a moment, and starts over with the whole list after a
// connect or when a message could not be queued.

import type { Cancel, Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { MacAddress } from '../base/mac.ts'
import type { Plane } from '../plane/plane.ts'
import { ANNOUNCE_DELAY_MS, createAnnouncer } from './announce.ts'
import type { Peer } from './peer.ts'

/** After a full queue: the link is slow, so give it time. */
const RETRY_MS = 1_000

export interface Announcements {
  learned(mac: MacAddress): void
  gone(mac: MacAddress): void
  /** The proxy is there (again): send everything, now. */
  startOver(): void
  stop(): void
}

export function createAnnouncements(options: {
  readonly plane: Pick<Plane, 'macs'>
  readonly clock: Clock
  readonly log: Log
  readonly proxy: () => Peer | null
}): Announcements {
  const { plane, clock, log } = options
  const announcer = createAnnouncer()
  let cancel: Cancel | null = null

  const allLocal = () =>
    plane
      .macs()
      .filter((entry) => entry.where.kind === 'port')
      .map((entry) => entry.mac)

  function flush(): void {
    cancel = null
    const proxy = options.proxy()
    if (proxy === null) {
      announcer.startOver() // all is sent after the next connect
      return
    }
    if (!announcer.isPending()) return
    const messages = announcer.take(allLocal)
    if (messages.every((message) => proxy.send(message))) return
    log.warn('announcements wait: the control queue to the proxy is full')
    announcer.startOver()
    schedule(RETRY_MS)
  }

  function schedule(delayMs: number): void {
    cancel ??= clock.after(delayMs, flush)
  }

  return {
    learned(mac) {
      announcer.learned(mac)
      schedule(ANNOUNCE_DELAY_MS)
    },
    gone(mac) {
      announcer.gone(mac)
      schedule(ANNOUNCE_DELAY_MS)
    },
    startOver() {
      announcer.startOver()
      cancel?.()
      flush()
    },
    stop: () => cancel?.(),
  }
}
