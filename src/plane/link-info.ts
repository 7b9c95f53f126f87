// What a plane tells about its links: state, peer, measurements, how frames travel, and why a link
// closed. Part of the interface in plane.ts, which exports all of it.

import type { DropReason, LinkId } from './plane.ts'

/** `star`: carries broadcast and the default. `fast-path`: only what a rule sends there. */
export type LinkRole = 'star' | 'fast-path'

/** What frames travel on: records of the TLS connection, or sealed datagrams beside it. */
export type Transport = 'tcp' | 'udp'

/**
 * Which transport a fast path may use. `auto`: UDP on long paths (PlaneOptions.datagramsFromRttUs)
 * where it passes and both ends offer it, else TCP; `tcp`: never a datagram; `udp`: always, and the
 * link closes (`udp-blocked`) where UDP does not pass.
 */
export type TransportPolicy = 'auto' | Transport

/** Why this end sends frames on that transport. */
export type TransportReason =
  | 'not-agreed' // tcp: a star, not offered, or not allowed by one end
  | 'no-answer' // tcp: datagrams are not answered, (not) yet or not any more
  | 'measuring' // tcp: they are, and how long the path is will be known in a moment
  | 'short-path' // tcp: it is the faster one there
  | 'long-path' // udp: it is the faster one there
  | 'lossy-path' // udp: what the TLS connection lost held up all frames (only the native plane)
  | 'required' // udp: nothing else is allowed

/** What a peer's certificate said. Policy decides on it; it is verified against the CA already. */
export interface PeerCertificate {
  /** First URI in subjectAltName, such as `vnet://net/host/alpha`. Empty if it has none. */
  readonly uri: string
  /** SHA-256 of the SubjectPublicKeyInfo, 64 lower-case hex digits: what revocation names. */
  readonly publicKeySha256: string
  readonly serial: string
  readonly notAfterMs: number
}

/** The UDP path of a link. Counts are of datagrams, and go on over interruptions. */
export interface DatagramInfo {
  /** `probing`: it has not passed yet, however long that is; `down`: it did, and does no more. */
  readonly state: 'probing' | 'up' | 'down'
  readonly remoteAddress: string // numeric address
  readonly remotePort: number
  /** Path MTU: the largest UDP payload that passes, or passed last (RFC 8899). 0: none yet. */
  readonly datagramBytes: number
  readonly rttUs: number | null // smoothed, of probes
  readonly minRttUs: number | null // least of the last seconds: the path without its queues
  readonly sentDatagrams: number
  readonly receivedDatagrams: number
  /** Sent by the peer, and never came, not even when asked for again. */
  readonly lostDatagrams: number
  /** Lost on the way, and received when sent again. */
  readonly repairedDatagrams: number
  /** Forged, replayed or malformed: dropped as `datagram-rejected`. */
  readonly rejectedDatagrams: number
}

export interface LinkInfo {
  readonly id: LinkId
  readonly direction: 'dialled' | 'accepted'
  /** `handshake` -> `pending` (TLS done, waiting for admit) -> `admitted` -> `closed`. */
  readonly state: 'connecting' | 'handshake' | 'pending' | 'admitted' | 'closed'
  /** `join`: a peer without certificate that may only exchange control messages. */
  readonly purpose: 'link' | 'join'
  readonly role: LinkRole | null
  readonly peer: string | null // as given to admit()
  readonly remoteAddress: string // numeric address
  readonly remotePort: number
  readonly localAddress: string
  readonly certificate: PeerCertificate | null
  readonly tlsCipher: string | null
  readonly isResumed: boolean
  readonly isOffloaded: boolean // both ends offered GSO
  /** A fast path through which nothing gets; what rules send there takes the star meanwhile. */
  readonly isStalled: boolean
  readonly transport: Transport // what frames are sent on by now
  readonly transportReason: TransportReason
  readonly datagram: DatagramInfo | null // null: not agreed on; frames stay on TLS over TCP
  readonly sinceMs: number // wall clock, when the state was entered
  readonly rttUs: number | null // last keepalive's answer, daemon to daemon
  readonly tcpRttUs: number | null // TCP_INFO
  readonly deliveryRateBytesPerSecond: number | null // TCP_INFO
  readonly retransmits: number | null
  readonly queuedBytes: number
  readonly rxFrames: number
  readonly rxBytes: number
  readonly txFrames: number
  readonly txBytes: number
  readonly drops: Readonly<Partial<Record<DropReason, number>>>
}

export type CloseCode =
  | 'closed-here' // closeLink() or close()
  | 'closed-by-peer' // orderly TLS close
  | 'connect-failed' // refused, unreachable, time-out
  | 'tls-failed' // handshake: no/foreign/expired certificate, old TLS, not TLS at all
  | 'protocol' // malformed or oversized message, wrong preface
  | 'dead-peer' // nothing heard for DEAD_PEER_MS
  | 'io' // reset, broken pipe
  | 'udp-blocked' // only UDP was allowed, and it did not pass for UDP_REQUIRED_MS
