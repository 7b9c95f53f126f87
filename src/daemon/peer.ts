// What the parts of a daemon know of links and of the daemons at their other ends. peers.ts makes
// and breaks them.

import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Question } from '../link/requests.ts'
import type {
  LinkId,
  LinkInfo,
  LinkRole,
  Plane,
  Transport,
  TransportPolicy,
} from '../plane/plane.ts'
import type { DaemonIdentity } from '../trust/name.ts'
import { type ControlMessage, encodeControl } from '../wire/control.ts'
import type { Hello, Refusal } from './hello.ts'

/** An admitted link and the daemon at its other end. */
export interface Peer {
  readonly link: LinkId
  readonly name: string
  readonly role: DaemonIdentity['role']
  readonly linkRole: LinkRole
  readonly direction: LinkInfo['direction']
  readonly hello: Hello
  readonly publicKeySha256: string
  readonly remoteAddress: string
  readonly certificateNotAfterMs: number
  /** Wall clock. */
  readonly upSinceMs: number
  /** The peer's wall clock minus ours when its Hello came; off by at most the way's time. */
  readonly clockOffsetMs: number
  /** False if the message could not be queued. */
  send(question: Question): boolean
  /** @throws VnetError `request-timeout`, `link-closed` or `queue-full`. */
  ask(question: Question, timeoutMs: number): Promise<ControlMessage>
  /** Answers a request. */
  answer(request: ControlMessage, answer: Question): boolean
  /** Says why, then closes. */
  close(refusal: Refusal): void
}

/** Why a link is gone. */
export interface LinkEnd {
  /** A Refusal's code, or the plane's CloseCode. */
  readonly code: string
  readonly reason: string
  /** True if the other side's policy refused: dialling again soon is of no use. */
  readonly isLasting: boolean
}

/** What the dialler of a link wants and is told. */
export interface DialIntent {
  readonly linkRole: LinkRole
  /** Of a fast path; empty otherwise. */
  readonly orderId: string
  /** What the peer must be; undefined: any. */
  readonly expect: {
    readonly role: DaemonIdentity['role']
    readonly name?: string
    readonly publicKeySha256?: string
  }
  readonly onUp: (peer: Peer) => void
  /** Once for each dial, whether the link was up before or not. */
  readonly onEnd: (end: LinkEnd) => void
}

/** What the acceptor decides on. */
export interface Candidate {
  readonly identity: DaemonIdentity
  readonly publicKeySha256: string
  readonly hello: Hello
  readonly linkRole: LinkRole
  readonly link: LinkInfo
}

/** What a Hello depends on. */
export interface HelloContext {
  readonly linkRole: LinkRole
  readonly orderId: string
  /** Own address on the link. */
  readonly localAddress: string
}

export interface PeersOptions {
  readonly plane: Plane
  readonly clock: Clock
  readonly log: Log
  readonly network: string
  readonly hello: (link: HelloContext) => Question
  readonly isRevoked: (publicKeySha256: string) => boolean
  /** Null: welcome. */
  readonly judge: (candidate: Candidate) => Refusal | null
  /** Of the fast path of an order. */
  readonly transportOf: (orderId: string) => TransportPolicy
  readonly onAccepted: (peer: Peer) => void
  readonly onAcceptedEnd: (peer: Peer, end: LinkEnd) => void
  /** Frames of a link take another transport from now on; dialled and accepted links. */
  readonly onTransport: (peer: Peer, transport: Transport) => void
  /** Nothing gets through a fast path any more, and why; null: it answers again. */
  readonly onStall: (peer: Peer, reason: string | null) => void
  /** Everything but Hello, Goodbye and answers, of dialled and accepted links. */
  readonly onMessage: (peer: Peer, message: ControlMessage) => void
  /** Links without a client certificate; the proxy lets them join. Null: refuse them. */
  readonly joins: JoinLinks | null
}

/** Tells the other end why, then closes the link. */
export function sayGoodbye(
  plane: Pick<Plane, 'sendControl' | 'closeLink'>,
  link: LinkId,
  { code, reason }: Refusal,
): void {
  plane.sendControl(link, encodeControl({ kind: 'goodbye', requestId: 0, code, reason }))
  plane.closeLink(link, reason)
}

/** The proxy's side of joining, as far as links are concerned. */
export interface JoinLinks {
  onPending(link: LinkInfo): void
  onMessage(link: LinkId, message: Uint8Array): void
  onClosed(link: LinkId, end: { readonly code: string; readonly reason: string }): void
}
