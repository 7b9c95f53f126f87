// The measured network at the proxy, wired together: what hosts tell of their links, what the proxy
// sees of its own ends of the star, and what became of orders of fast paths.

import { createMeasuredNetwork, type MeasuredNetwork } from '../adapt/measured.ts'
import { hostPair } from '../adapt/types.ts'
import type { Clock } from '../base/clock.ts'
import { createLinkReporter, type LinkReporter, reportOf } from '../daemon/link-reporter.ts'
import type { Peer } from '../daemon/peer.ts'
import type { LinkId, Plane } from '../plane/plane.ts'
import type { ControlMessageOf } from '../wire/control.ts'

export interface MeasuredParts {
  readonly network: MeasuredNetwork
  /** Times of the network are those of this clock. */
  nowMs(): number
  /** A host told of its links. */
  report(peer: Peer, message: ControlMessageOf<'linkMeasures'>): void
  /** A host told what became of a fast path. */
  linkReport(peer: Peer, message: ControlMessageOf<'linkReport'>): void
  forget(host: string): void
  stop(): void
}

export interface MeasuredOptions {
  readonly plane: Plane
  readonly clock: Clock
  /** Steady, and about the wall clock's. */
  readonly nowMs: () => number
  /** The proxy's. */
  readonly name: string
  readonly hostOf: (link: LinkId) => string | null
  readonly isKnown: (host: string) => boolean
}

/** Begins at once. */
export function startMeasuring(options: MeasuredOptions): MeasuredParts {
  const { plane, clock, name, nowMs, isKnown } = options
  const network = createMeasuredNetwork(name)
  const reporter: LinkReporter = createLinkReporter({
    ...{ plane, clock, name },
    whoIs(link) {
      const peer = options.hostOf(link)
      return peer === null ? null : { peer, role: 'star' }
    },
    onReport: (report) => network.report(report, nowMs()),
  })
  return {
    network,
    nowMs,
    report(peer, message) {
      const { links, ...report } = reportOf(peer.name, message)
      // Nobody speaks of others' links; of daemons that are gone nothing is kept.
      const ours = links.filter(({ peer: other, role }) =>
        role === 'star' ? other === name : other !== peer.name && isKnown(other),
      )
      network.report({ ...report, links: ours }, nowMs())
    },
    linkReport(peer, { peer: other, state, reason }) {
      if (!isKnown(other) || (state !== 'up' && state !== 'failed')) return
      const isReachable = state === 'up'
      network.reached(hostPair(peer.name, other), {
        ...{ isReachable, reason: isReachable ? '' : reason, atMs: nowMs() },
      })
    },
    forget: (host) => network.forget(host),
    stop: () => reporter.stop(),
  }
}
