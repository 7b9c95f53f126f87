// The LinkOrder message, and what it says of a peer.

import type { Peer } from '../daemon/peer.ts'
import type { TransportPolicy } from '../plane/plane.ts'
import type { Reachability, Side } from './sides.ts'

export interface OrderContent {
  readonly peer: string
  readonly key?: string
  readonly isRemoved?: boolean
  readonly transport?: TransportPolicy
  /** Given: dial these; absent: accept. */
  readonly endpoints?: Side['endpoints']
}

/** `endpoints` given: dial them; absent: accept the peer. */
export function orderMessage(orderId: string, content: OrderContent) {
  return {
    kind: 'linkOrder',
    orderId,
    peer: content.peer,
    isRemoved: content.isRemoved ?? false,
    dial: content.endpoints !== undefined,
    endpoints: content.endpoints ?? [],
    peerPublicKeySha256: content.key ?? '',
    transport: content.transport ?? 'auto',
  } as const
}

export function reachability(peer: Peer): Reachability {
  return { name: peer.name, endpoints: peer.hello.endpoints, seenAddress: peer.remoteAddress }
}
