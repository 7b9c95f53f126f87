// What happens to a frame, as an interface. Two implementations: the native plane (src/native, the
// real one: TAP, TLS, threads) and the in-memory twin (memory-plane.ts, for tests and simulation).
// test/contract/plane.test.ts holds both to the same behaviour. Mechanism only: who may join, which
// link carries what and when to redial is decided by the caller (src/daemon, src/proxy).
//
// A frame's way: port -> learn, count, look up -> link -> network -> link -> look up -> port.

import type { MacAddress } from '../base/mac.ts'
import type { LinkFigures, ProbeLimits, ProbeOutcome } from './link-figures.ts'
import type { CloseCode, LinkInfo, LinkRole, Transport, TransportPolicy } from './link-info.ts'
import type { PairColumns } from './pair-columns.ts'
import type { Rule, RuleInfo } from './rule.ts'

export type { LinkFigures, ProbeLimits, ProbeOutcome } from './link-figures.ts'
export type {
  CloseCode,
  DatagramInfo,
  LinkInfo,
  LinkRole,
  PeerCertificate,
  Transport,
  TransportPolicy,
} from './link-info.ts'
export type { PairColumns, PairTraffic } from './pair-columns.ts'
export type { Rule, RuleInfo, RuleTarget } from './rule.ts'

/** Identifies a port of this plane; never used again after removal. */
export type PortId = number & { readonly __brand: 'PortId' }
/** Identifies a link of this plane; never used again after it closed. */
export type LinkId = number & { readonly __brand: 'LinkId' }

/** The names of all drops (design section 2.5). Each is a counter. */
export const DROP_REASONS = [
  'queue-full', // the link's send queue was at its bound
  'storm', // more broadcast, multicast or unknown frames than the port's limit
  'spoofed', // the source MAC is pinned to elsewhere
  'malformed', // too short, bad header, group source address, truncated
  'hop-limit', // forwarded more than HOP_LIMIT times
  'no-route', // no rule, no owner and no default (a host whose star link is down)
  'too-big', // longer than FRAME_BYTES_MAX, or than the receiver can take
  'loop', // the plane's own flood came back on a port
  'same-port', // the look-up gave the port or link that the frame came from
  'port-write', // the device refused the frame (down, no memory)
  'not-admitted', // a frame on a link that is not admitted (yet)
  'link-closed', // queued on a link that closed
  'table-full', // a MAC or pair could not be stored: the table is at its bound
  'datagram-lost', // a frame of several datagrams of which one never came
  'datagram-rejected', // a datagram that was forged, replayed or malformed
] as const
export type DropReason = (typeof DROP_REASONS)[number]

export interface PlaneOptions {
  /**
   * `host`: unknown unicast goes to the star link; frames from links go to local ports only.
   * `proxy`: unknown unicast is flooded to star links and ports; frames go from link to link.
   */
  readonly role: 'host' | 'proxy'
  /** Threads that move frames. Default: the number of cores, at least 2, at most 8. */
  readonly workers?: number
  /** Broadcast, multicast and unknown frames accepted per port and second. Default 2,000. */
  readonly stormLimitFramesPerSecond?: number
  /** A learned MAC is forgotten after this long without a frame. Default 300 s (IEEE 802.1D). */
  readonly macAgeMs?: number
  /** Offer virtio-net headers and GSO super-frames to peers. Default true. */
  readonly isOffloadOffered?: boolean
  /**
   * Offer UDP beside TLS to peers, for fast-path links; datagrams arrive at the port that listen()
   * was given. Default true.
   */
  readonly isDatagramOffered?: boolean
  /**
   * With the policy `auto`, frames go by UDP on paths whose least round trip is this or more, and
   * on the TLS connection below half of it: on a short path that carries more for less processor
   * time, on a long one each of its losses holds up all frames. 0: by UDP wherever it passes.
   * Default DATAGRAMS_FROM_RTT_US.
   */
  readonly datagramsFromRttUs?: number
  /**
   * Let the threads that move frames run before ordinary programs (nice -20, CAP_SYS_NICE);
   * where that is not allowed they run like others. Default true.
   */
  readonly isPrioritised?: boolean
}

/** Where frames enter and leave the daemon locally. */
export type PortOptions =
  | {
      readonly kind: 'tap'
      /** Name in the CLI and in logs, unique in the plane. */
      readonly name: string
      /** Name of the kernel's device; created if it does not exist. */
      readonly device: string
      /** Network namespace (a path such as /run/netns/guest1) that holds the device. */
      readonly netns?: string
      readonly mtu?: number
      readonly mac?: MacAddress
      /** uid that may open the device without privileges (for QEMU and the like). */
      readonly owner?: number
      /** Keep the device when the daemon ends, so that a guest survives its restart. */
      readonly isPersistent?: boolean
      /** Open with a virtio-net header and offloads. Default true. */
      readonly isOffloaded?: boolean
    }
  | {
      readonly kind: 'pcap'
      readonly name: string
      /** Existing interface, captured promiscuously and injected into. */
      readonly device: string
      /** Further BPF expression (pcap-filter(7)), joined by `and` to the overlay's own. */
      readonly filter?: string
      /** Ports of the overlay on this machine, TCP and UDP, never captured. */
      readonly excludePorts?: readonly number[]
    }
  | {
      /** Frames from and to the program itself: `inject` and the event `frame`. For tests. */
      readonly kind: 'memory'
      readonly name: string
    }

export interface PortInfo {
  readonly id: PortId
  readonly name: string
  readonly kind: PortOptions['kind']
  readonly device: string | null
  readonly mac: MacAddress | null
  readonly mtu: number
  /** True while virtio-net headers and GSO are on at this port. */
  readonly isOffloaded: boolean
  /** `blocked-loop`: its own floods came back (3 within 1 s); frames are dropped for 10 s. */
  readonly state: 'up' | 'down' | 'blocked-loop'
  /** Name of the other port that the loop goes through, while blocked; null also while unknown. */
  readonly loopWith: string | null
  readonly rxFrames: number // into the overlay
  readonly rxBytes: number
  readonly txFrames: number // out of the overlay
  readonly txBytes: number
  readonly drops: Readonly<Partial<Record<DropReason, number>>>
}

/** A learned or announced MAC. */
export interface MacEntry {
  readonly mac: MacAddress
  readonly where:
    | { readonly kind: 'port'; readonly port: PortId }
    | { readonly kind: 'link'; readonly link: LinkId }
  readonly ageMs: number
  /** Moves in the last 10 s; from MAC_FLAP_MOVES_MAX on moves are damped. */
  readonly moves: number
  readonly isDamped: boolean
}

/**
 * Where frames of a pinned MAC may come from, besides a host's star link. `port`: this very port,
 * and not the star; `ports`: all ports of this plane.
 */
export type PinnedPlace = MacEntry['where'] | { readonly kind: 'ports' }

export type PlaneEvent =
  /** TLS is done and verified: the caller must `admit` or `closeLink`. */
  | {
      readonly kind: 'link-pending'
      readonly link: LinkInfo
      readonly peerVersion: ProtocolVersion
    }
  | {
      readonly kind: 'link-closed'
      readonly link: LinkInfo
      readonly code: CloseCode
      readonly reason: string
    }
  /** Frames take the other transport from now on; control always stays on TLS over TCP. */
  | {
      readonly kind: 'link-transport'
      readonly link: LinkInfo
      readonly transport: Transport
      readonly reason: string
    }
  /**
   * A fast path through which nothing gets any more, judged while it carries frames: within a
   * second at this end. What rules send there takes the star, if there is one, until
   * `link-resumed`; that comes after RESUMED_MS of steady answers. A link that stays dead closes.
   */
  | { readonly kind: 'link-stalled'; readonly link: LinkInfo; readonly reason: string }
  | { readonly kind: 'link-resumed'; readonly link: LinkInfo }
  /** A probe is over; not told of a link that closed meanwhile. */
  | { readonly kind: 'link-probed'; readonly link: LinkId; readonly probe: ProbeOutcome }
  /** A whole control message of a pending, admitted or join link. `message` is the caller's. */
  | { readonly kind: 'control'; readonly link: LinkId; readonly message: Uint8Array }
  /** A connection that never became a link (random bytes, HTTP, no certificate ...). */
  | {
      readonly kind: 'refused'
      readonly remoteAddress: string
      readonly code: CloseCode
      readonly reason: string
    }
  | { readonly kind: 'mac-learned'; readonly mac: MacAddress; readonly port: PortId }
  /** At the proxy: first seen from, or moved to, a link. At a host: seen on a link, gone here. */
  | {
      readonly kind: 'mac-moved'
      readonly mac: MacAddress
      readonly fromPort: PortId | null
      readonly fromLink: LinkId | null
      readonly toLink: LinkId
    }
  | { readonly kind: 'mac-flapping'; readonly mac: MacAddress; readonly moves: number }
  | { readonly kind: 'mac-expired'; readonly mac: MacAddress }
  /** `other` null: not known yet; a second event names it when its end of the loop is seen. */
  | { readonly kind: 'port-loop'; readonly port: PortId; readonly other: PortId | null }
  | {
      readonly kind: 'port-state'
      readonly port: PortId
      readonly state: PortInfo['state']
      readonly reason: string
    }
  /** Only for `memory` ports. */
  | { readonly kind: 'frame'; readonly port: PortId; readonly frame: Uint8Array }

/** Sent in the link's preface. A different major cannot talk; a minor only adds. */
export interface ProtocolVersion {
  readonly major: number
  readonly minor: number
}

export interface Credentials {
  /** The daemon's own certificate, then intermediates, then the CA, PEM. */
  readonly certificateChainPem: string
  readonly privateKeyPem: string
  /** Certificates trusted to sign peers, PEM; several during a CA change. */
  readonly trustedCaPem: string
}

export interface DialOptions {
  readonly host: string // numeric address; names are resolved by the caller
  readonly port: number
}

export interface AdmitOptions {
  readonly role: LinkRole
  /** Name of the daemon at the other end. */
  readonly peer: string
  /** Of a fast path: how its frames may travel. Default `auto`. Star links are always `tcp`. */
  readonly transport?: TransportPolicy
}

export interface Listening {
  /** The real port where 0 was asked. */
  readonly port: number
  /** Why UDP is not taken at the port's number; null: it is, or is not offered. */
  readonly datagramError: string | null
}

export interface Plane {
  /** Called on the JavaScript thread, never from inside a call into the plane. */
  onEvent: (event: PlaneEvent) => void

  /**
   * For new handshakes; live links keep what they have.
   * @throws VnetError `credentials-invalid`.
   */
  setCredentials(credentials: Credentials): void
  /** @throws VnetError `listen-failed`; not where only UDP fails, which is not needed. */
  listen(options: { readonly address: string; readonly port: number }): Listening
  /**
   * Returns at once; `link-pending` or `link-closed` follows, at the latest after 2.5 s without an
   * answer.
   * @throws VnetError `dial-failed` if the address is not numeric, or there is no route to it.
   */
  dial(options: DialOptions): LinkId
  admit(link: LinkId, options: AdmitOptions): void
  /** Orderly: what is queued as control is sent first (bounded time), then TLS close_notify. */
  closeLink(link: LinkId, reason: string): void
  /**
   * Queues a message ahead of all frames. False: the queue is full, or the link is not open.
   * @throws VnetError `message-too-long` above CONTROL_MESSAGE_BYTES_MAX.
   */
  sendControl(link: LinkId, message: Uint8Array): boolean

  /** @throws VnetError `port-open` with the reason and a hint. */
  addPort(options: PortOptions): PortInfo
  removePort(port: PortId): void
  /** Feeds a frame into a `memory` port. */
  inject(port: PortId, frame: Uint8Array): void

  setRule(rule: Rule): void
  /** True if it was there. */
  removeRule(match: { readonly destination: MacAddress; readonly source?: MacAddress }): boolean
  /** Proxy: a host announced this MAC. Wins over what was learned. */
  setOwner(mac: MacAddress, link: LinkId): void
  /** Forgets a learned or announced MAC. */
  forgetMac(mac: MacAddress): void
  /**
   * Frames with this source are taken from `from` only; others are dropped as `spoofed`.
   * `from` null: from nowhere here (the MAC belongs to another host; star links stay trusted at
   * hosts).
   */
  setPin(mac: MacAddress, from: PinnedPlace | null): void
  removePin(mac: MacAddress): void

  /**
   * Traffic per ordered pair since the last call, counted where it entered the overlay; resets the
   * counts.
   */
  drainTraffic(): PairColumns
  ports(): PortInfo[]
  links(): LinkInfo[]
  /** Of admitted links; cheap enough for thousands of links every second. */
  linkFigures(): LinkFigures[]
  /**
   * Sends padding for a moment, to learn what the path carries; `link-probed` follows. Frames and
   * control go first, and frames that have to wait end it. False: something waits already, a probe
   * is running, the link is not admitted, or its peer does not take padding.
   */
  probeLink(link: LinkId, limits: ProbeLimits): boolean
  macs(): MacEntry[]
  rules(): RuleInfo[]
  /** Totals of all drops, those of removed ports and links included. */
  drops(): Record<DropReason, number>
  /**
   * Events that `onEvent` was never called with: the JavaScript thread was busy for so long that
   * the queue was at its bound. Events about links are not among them. In memory always 0.
   */
  lostEvents(): number

  /**
   * Copies frames of a port or link to a descriptor as a pcap file (link type Ethernet).
   * The caller reads the returned descriptor and closes it to end the capture.
   */
  capture(
    target: { readonly port: PortId } | { readonly link: LinkId },
    options: { readonly snapBytes: number },
  ): number

  /** Closes everything; resolves when all threads and descriptors are gone. */
  close(): Promise<void>
}
