// A host's star link: dialled at once, dialled again for ever, with whom it is up.

import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { LinkId } from '../plane/plane.ts'
import type { LinkEnd, Peer } from './peer.ts'
import type { Peers } from './peers.ts'
import { createRedialer } from './redialer.ts'

export interface Star {
  start(): void
  /** No more dialling; the link itself is closed by the daemon. */
  stop(): void
  /** The proxy, while the link is up. */
  readonly peer: Peer | null
  /** Why the last try or link ended; null before the first. */
  readonly lastEnd: LinkEnd | null
}

export function createStar(options: {
  readonly peers: Pick<Peers, 'dial'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly proxy: { readonly host: string; readonly port: number }
  readonly onUp: (peer: Peer) => void
  readonly onDown: (end: LinkEnd) => void
}): Star {
  const { peers, log } = options
  let peer: Peer | null = null
  let lastEnd: LinkEnd | null = null
  let link: LinkId | null = null

  function dial(): void {
    const expect = { role: 'proxy' } as const
    link = peers.dial(options.proxy, { linkRole: 'star', orderId: '', expect, onUp, onEnd })
  }

  function onUp(proxy: Peer): void {
    peer = proxy
    redialer.up()
    options.onUp(proxy)
  }

  function onEnd(end: LinkEnd): void {
    const wasUp = peer !== null
    peer = null
    link = null
    const delayMs = redialer.down(end.isLasting)
    // The first failure of its kind is news, the hundredth is not.
    const level = end.reason === lastEnd?.reason && !wasUp ? 'debug' : 'warn'
    lastEnd = end
    log[level]({ code: end.code, retryMs: delayMs }, `no star link: ${end.reason}`)
    if (wasUp) options.onDown(end)
  }

  const redialer = createRedialer({ ...options, dial })
  return {
    start: () => {
      if (link === null) redialer.start()
    },
    stop: () => redialer.stop(),
    get peer() {
      return peer
    },
    get lastEnd() {
      return lastEnd
    },
  }
}
