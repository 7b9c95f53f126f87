// What a host knows of one ordered fast path: who shall be at its other end, the link that came
// about, whether it is used, and what the proxy was told of it.

import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import type { LinkId, TransportPolicy } from '../plane/plane.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import type { PathHealth } from './path-health.ts'
import type { Peer } from './peer.ts'
import type { Peers } from './peers.ts'
import type { Redialer } from './redialer.ts'

export type LinkOrder = ControlMessageOf<'linkOrder'>
export type LinkReport = Omit<ControlMessageOf<'linkReport'>, 'requestId'>

export interface FastPathsOptions {
  readonly peers: Pick<Peers, 'dial' | 'drop'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly linksMax: () => number
  /** Of this host's own configuration. */
  readonly transport: () => TransportPolicy
  /** To the proxy; lost while it is away, and said again by `reportAll`. */
  readonly report: (report: LinkReport) => void
  /** A fast path came or went: rules must follow. */
  readonly onChange: () => void
}

export interface Order {
  readonly message: LinkOrder
  readonly redialer: Redialer
  /** Dials of the current try. */
  readonly dialling: Set<LinkId>
  readonly reasons: string[]
  readonly health: PathHealth
  /** What it may carry frames by; null: order and configuration exclude each other. */
  transport: TransportPolicy | null
  /** The link that came about, used or not. */
  connected: Connected | null
  /** The daemon at the other end, while the link is used. */
  peer: Peer | null
  wasReported: string
}

export interface Connected {
  readonly peer: Peer
  /** Payload of full size has passed. */
  isChecked: boolean
  /** Its frames travel by UDP now. */
  isByUdp: boolean
  /** Why the peer does not use it, as it told the proxy; null: it does. */
  stalledThere: string | null
}

/** What the proxy is told. */
export function reportOf(order: LinkOrder, state: string, reason: string): LinkReport {
  return { kind: 'linkReport', orderId: order.orderId, peer: order.peer, state, reason }
}
