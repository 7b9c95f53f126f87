// The measured network at the proxy, wired together: what hosts tell of their links, what the proxy
// sees of its own ends of the star, what became of orders of fast paths, and probes.

import { createMeasuredNetwork, type MeasuredNetwork } from '../adapt/measured.ts'
import { type HostPair, hostPair, pairKey } from '../adapt/types.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { createLinkProber, type LinkProber } from '../daemon/link-prober.ts'
import { createLinkReporter, reportOf } from '../daemon/link-reporter.ts'
import type { Peer } from '../daemon/peer.ts'
import type { LinkId, Plane } from '../plane/plane.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import { createProber } from './prober.ts'

export interface MeasuredParts {
  readonly network: MeasuredNetwork
  /** Of the proxy's own links; it wants the plane's events. */
  readonly prober: LinkProber
  /** Times of the network are those of this clock. */
  nowMs(): number
  /** A host told of its links. */
  report(peer: Peer, message: ControlMessageOf<'linkMeasures'>): void
  /** A host told what became of a fast path. */
  linkReport(peer: Peer, message: ControlMessageOf<'linkReport'>): void
  /** Its star link is gone. */
  hostDown(host: string): void
  /** It has left the network for good. */
  forget(host: string): void
  stop(): void
}

export interface MeasuredOptions {
  readonly plane: Plane
  readonly clock: Clock
  readonly log: Log
  /** Steady, and about the wall clock's. */
  readonly nowMs: () => number
  /** The proxy's. */
  readonly name: string
  readonly hostOf: (link: LinkId) => string | null
  /** Hosts that are connected. */
  readonly peers: () => Iterable<Peer>
  readonly peerOf: (host: string) => Peer | null
}

/** Begins at once. */
export function startMeasuring(options: MeasuredOptions): MeasuredParts {
  const { plane, clock, name, nowMs } = options
  const network = createMeasuredNetwork(name)
  const isKnown = (host: string) => options.peerOf(host) !== null
  const linkProber = createLinkProber({ plane, clock })
  const prober = createProber({ ...options, network, prober: linkProber })
  const ends = createPathEnds({ up: prober.pathUp, down: prober.pathDown })
  const reporter = createLinkReporter({
    ...{ plane, clock, name },
    whoIs(link) {
      const peer = options.hostOf(link)
      return peer === null ? null : { peer, role: 'star' }
    },
    onReport: (report) => network.report(report, nowMs()),
  })
  return {
    network,
    prober: linkProber,
    nowMs,
    report(peer, message) {
      const { links, ...report } = reportOf(peer.name, message)
      // Nobody speaks of others' links; of daemons that are gone nothing is kept.
      const ours = links.filter(({ peer: other, role }) =>
        role === 'star' ? other === name : other !== peer.name && isKnown(other),
      )
      network.report({ ...report, links: ours }, nowMs())
    },
    linkReport({ name: host }, { peer: other, state, reason }) {
      if (!isKnown(other)) return
      const pair = hostPair(host, other)
      ends.note(pair, host, state === 'up')
      if (state !== 'up' && state !== 'failed') return
      const isReachable = state === 'up'
      const outcome = { isReachable, reason: isReachable ? '' : reason, atMs: nowMs() }
      network.reached(pair, outcome)
    },
    hostDown: (host) => ends.forget(host),
    forget: (host) => network.forget(host),
    stop() {
      reporter.stop()
      prober.stop()
    },
  }
}

interface PathEnds {
  note(pair: HostPair, host: string, isUp: boolean): void
  forget(host: string): void
}

/** A fast path is up once both its ends say so. */
function createPathEnds(tell: {
  readonly up: (pair: HostPair) => void
  readonly down: (pair: HostPair) => void
}): PathEnds {
  const paths = new Map<string, { readonly pair: HostPair; readonly up: Set<string> }>()

  function note(pair: HostPair, host: string, isUp: boolean): void {
    const key = pairKey(pair)
    const path = paths.get(key) ?? { pair, up: new Set<string>() }
    const wasUp = path.up.size === 2
    if (isUp) path.up.add(host)
    else path.up.delete(host)
    if (path.up.size > 0) paths.set(key, path)
    else paths.delete(key)
    if (!wasUp && path.up.size === 2) tell.up(pair)
    if (wasUp && path.up.size < 2) tell.down(pair)
  }

  return {
    note,
    forget(host) {
      for (const { pair } of [...paths.values()]) {
        if (pair.a === host || pair.b === host) note(pair, host, false)
      }
    },
  }
}
