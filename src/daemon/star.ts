// A host's star link: dialled at once, dialled again for ever, with whom it is up.

import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
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

export interface StarOptions {
  readonly peers: Pick<Peers, 'dial'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly proxy: { readonly host: string; readonly port: number }
  /** Numeric addresses of a name, best first. */
  readonly resolve: (host: string) => Promise<readonly string[]>
  readonly onUp: (peer: Peer) => void
  readonly onDown: (end: LinkEnd) => void
}

export function createStar(options: StarOptions): Star {
  const { peers, log } = options
  let peer: Peer | null = null
  let lastEnd: LinkEnd | null = null
  let isDialling = false
  let isStopped = false
  let tries = 0

  function dial(): void {
    const { host, port } = options.proxy
    isDialling = true
    options
      .resolve(host)
      .then((addresses) => {
        // One address a try, the next one the next time.
        const address = addresses[tries++ % Math.max(1, addresses.length)]
        if (isStopped) return
        if (address === undefined) throw new Error(`'${host}' has no address`)
        const expect = { role: 'proxy' } as const
        const intent = { linkRole: 'star', orderId: '', expect, onUp, onEnd } as const
        peers.dial({ host: address, port }, intent)
      })
      .catch((error: unknown) => {
        onEnd({ code: 'connect-failed', reason: messageOf(error), isLasting: false })
      })
  }

  function onUp(proxy: Peer): void {
    peer = proxy
    redialer.up()
    options.onUp(proxy)
  }

  function onEnd(end: LinkEnd): void {
    const wasUp = peer !== null
    peer = null
    isDialling = false
    if (isStopped) return
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
      if (!isDialling) redialer.start()
    },
    stop() {
      isStopped = true
      redialer.stop()
    },
    get peer() {
      return peer
    },
    get lastEnd() {
      return lastEnd
    },
  }
}
