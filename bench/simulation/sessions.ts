// Star links of a simulation: made when a host dials, watched at both ends, and over at each end
// when nothing came from the other for a while, or at once when the other end says so.

import type { Chart } from './chart.ts'
import type { SimulatedHost } from './host.ts'
import { describeMessage, type Session } from './messages.ts'
import type { SimulatedProxy } from './proxy.ts'
import { isCut, PROXY, Stream, type Underlay } from './underlay.ts'

/** As DEAD_PEER_MS of the product. */
const DEAD_PEER_MS = 2_500
const WATCH_MS = 500

export interface Sessions {
  readonly connect: (host: SimulatedHost) => Session | null
}

export function createSessions(options: {
  readonly underlay: Underlay
  readonly chart: Chart
  readonly proxy: () => SimulatedProxy | null
}): Sessions {
  const { underlay, chart } = options
  const { time } = underlay

  function connect(host: SimulatedHost): Session | null {
    const proxy = options.proxy()
    const { name } = host
    if (proxy === null || isCut(underlay, name, PROXY) || isCut(underlay, PROXY, name)) return null
    const isOpen = () => session.isOpenAtHost && session.isOpenAtProxy
    const down = new Stream(underlay, { from: PROXY, to: name }, isOpen)
    const up = new Stream(underlay, { from: name, to: PROXY }, isOpen)
    const session: Session = {
      host: name,
      isOpenAtHost: true,
      isOpenAtProxy: true,
      toHost: (message) => down.send(() => host.receive(message)),
      toProxy: (message) => {
        chart.add(time.nowMs, name, PROXY, describeMessage(message))
        up.send(() => proxy.receive(name, message))
      },
    }
    up.send(() => proxy.connected(session))
    watch({ session, host, proxy, silentAtHostMs: 0, silentAtProxyMs: 0 })
    return session
  }

  interface Watched {
    readonly session: Session
    readonly host: SimulatedHost
    readonly proxy: SimulatedProxy
    readonly silentAtHostMs: number
    readonly silentAtProxyMs: number
  }

  function watch(watched: Watched): void {
    const { session, host, proxy } = watched
    time.after(WATCH_MS, () => {
      const isDeaf = isCut(underlay, PROXY, host.name)
      const isMute = isCut(underlay, host.name, PROXY)
      const silentAtHostMs = isDeaf ? watched.silentAtHostMs + WATCH_MS : 0
      const silentAtProxyMs = isMute ? watched.silentAtProxyMs + WATCH_MS : 0
      // A proxy that is gone knows nothing of sessions that were on their way to it.
      if (options.proxy() !== proxy) session.isOpenAtProxy = false
      const isClosed = !session.isOpenAtHost || !session.isOpenAtProxy
      if ((isClosed && !isDeaf) || silentAtHostMs >= DEAD_PEER_MS) host.sessionEnded(session)
      if ((isClosed && !isMute) || silentAtProxyMs >= DEAD_PEER_MS) proxy.sessionEnded(session)
      if (session.isOpenAtHost || session.isOpenAtProxy) {
        watch({ ...watched, silentAtHostMs, silentAtProxyMs })
      }
    })
  }

  return { connect }
}
