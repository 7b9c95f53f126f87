// The links of a daemon from the handshake on: identity and Hello are checked, the link is admitted
// or refused with a Goodbye that says why, and messages go to whoever dialled or accepts. Speaks
// first: the dialler. The acceptor answers with its own Hello only after it has admitted the link,
// so that no frame of the dialler's meets a link that is not ready.

import type { Cancel } from '../base/clock.ts'
import { createRequests, type Question, type Requests } from '../link/requests.ts'
import type {
  DialOptions,
  LinkId,
  LinkInfo,
  LinkRole,
  PlaneEvent,
  ProtocolVersion,
} from '../plane/plane.ts'
import { localDevices, ownPortWith } from '../tap/underlay.ts'
import type { DaemonIdentity } from '../trust/name.ts'
import { type ControlMessage, decodeControl, encodeControl } from '../wire/control.ts'
import {
  checkHello,
  checkIdentity,
  checkVersion,
  type Hello,
  isLasting,
  parseLinkRole,
  type Refusal,
} from './hello.ts'
import {
  type Candidate,
  type DialIntent,
  type LinkEnd,
  type Peer,
  type PeersOptions,
  sayGoodbye,
} from './peer.ts'
import { createRationedWarn, type RationedWarn } from './rationed-log.ts'

/** A peer that finished TLS says Hello at once; longer is no VNET daemon. */
export const HELLO_TIMEOUT_MS = 5_000

interface Entry {
  readonly link: LinkId
  readonly intent: DialIntent | null
  /** Set once TLS is done. */
  known: { readonly info: LinkInfo; readonly identity: DaemonIdentity; readonly key: string } | null
  /** Set once the link is admitted. */
  up: { readonly peer: Peer; readonly requests: Requests } | null
  cancelHello: Cancel
  /** Set when either side said why it ends. */
  end: LinkEnd | null
}

export class Peers {
  readonly #options: PeersOptions
  readonly #entries = new Map<LinkId, Entry>()
  readonly #warnOfStranger: RationedWarn

  constructor(options: PeersOptions) {
    this.#options = options
    this.#warnOfStranger = createRationedWarn(options)
  }

  dial(target: DialOptions, intent: DialIntent): LinkId {
    const link = this.#options.plane.dial(target)
    this.#entries.set(link, newEntry(link, intent))
    return link
  }

  /** Feed it all events of the plane. False: not an event of links. */
  handle(event: PlaneEvent): boolean {
    if (event.kind === 'link-pending') this.#onPending(event.link, event.peerVersion)
    else if (event.kind === 'control') this.#onControl(event.link, event.message)
    else if (event.kind === 'link-closed') this.#onClosed(event.link.id, event)
    else if (event.kind === 'link-transport') this.#onTransport(event)
    else if (event.kind === 'link-stalled') this.#onStall(event.link.id, event.reason)
    else if (event.kind === 'link-resumed') this.#onStall(event.link.id, null)
    else return false
    return true
  }

  /** All admitted links. */
  all(): readonly Peer[] {
    const entries = [...this.#entries.values()]
    return entries.flatMap(({ up, end }) => (up === null || end !== null ? [] : [up.peer]))
  }

  /** Of an admitted link; null: there is no such link. */
  whoIs(link: LinkId): { readonly peer: string; readonly role: LinkRole } | null {
    const up = this.#entries.get(link)?.up ?? null
    return up === null ? null : { peer: up.peer.name, role: up.peer.linkRole }
  }

  /** Closes a link in whatever state it is. */
  drop(link: LinkId, refusal: Refusal): void {
    const entry = this.#entries.get(link)
    if (entry !== undefined && entry.end === null) this.#refuse(entry, refusal)
  }

  /** Closes all links with keys that are revoked by now. */
  dropRevoked(): void {
    for (const entry of this.#entries.values()) {
      if (entry.known === null || entry.end !== null) continue
      if (!this.#options.isRevoked(entry.known.key)) continue
      const reason = `the certificate of '${entry.known.identity.name}' is revoked`
      this.#refuse(entry, { code: 'revoked', reason })
    }
  }

  // 1. TLS is done: who is it?
  #onPending(info: LinkInfo, version: ProtocolVersion) {
    if (info.purpose === 'join') return this.#onStranger(info, version)
    const entry = this.#entries.get(info.id) ?? newEntry(info.id, null)
    this.#entries.set(info.id, entry)
    const check = checkIdentity(info, this.#options)
    if (!check.ok) return this.#refuse(entry, check.refusal, info)
    const own = ownPortWith(info.localAddress, this.#options.plane.ports(), localDevices())
    if (own !== null) {
      const reason = `the way leads through the overlay itself (port '${own}')`
      return this.#refuse(entry, { code: 'own-underlay', reason }, info)
    }
    entry.known = { info, identity: check.identity, key: check.publicKeySha256 }
    const surprise = entry.intent === null ? null : unexpected(entry.intent, entry.known)
    const refusal = surprise ?? checkVersion(version)
    if (refusal !== null) return this.#refuse(entry, refusal)
    entry.cancelHello = this.#options.clock.after(HELLO_TIMEOUT_MS, () =>
      this.#refuse(entry, { code: 'no-hello', reason: 'no Hello in time' }),
    )
    if (entry.intent !== null) {
      const { linkRole, orderId } = entry.intent
      const { localAddress } = info
      this.#send(info.id, this.#options.hello({ linkRole, orderId, localAddress }))
    }
  }

  #onStranger(info: LinkInfo, version: ProtocolVersion) {
    const { plane, joins } = this.#options
    const refusal = checkVersion(version) ?? (joins === null ? NO_JOINS_HERE : null)
    if (refusal === null) return joins?.onPending(info)
    const { code, reason } = refusal
    this.#warnOfStranger({ remote: info.remoteAddress, code }, `join: ${reason}`)
    sayGoodbye(plane, info.id, refusal)
  }

  // 2. Messages: first of all, what does it say of itself?
  #onControl(link: LinkId, bytes: Uint8Array) {
    const entry = this.#entries.get(link)
    if (entry === undefined) return this.#options.joins?.onMessage(link, bytes)
    if (entry.end !== null) return // closing already
    const decoded = decodeControl(bytes)
    if (!decoded.ok) return this.#refuse(entry, { code: 'protocol', reason: decoded.reason })
    const message = decoded.message
    if (message.kind === 'unknown') return this.#answerUnknown(entry, message.requestId)
    if (message.kind === 'goodbye') return this.#onGoodbye(entry, message)
    if (entry.up === null) {
      if (message.kind === 'hello') return this.#onHello(entry, message)
      return this.#refuse(entry, { code: 'protocol', reason: `${message.kind} before Hello` })
    }
    if (entry.up.requests.settle(message)) return
    this.#options.onMessage(entry.up.peer, message)
  }

  #onHello(entry: Entry, hello: Hello) {
    if (entry.known === null) return
    const { identity, info, key } = entry.known
    entry.cancelHello()
    const wrong = checkHello(hello, identity)
    if (wrong !== null) return this.#refuse(entry, wrong)
    const linkRole = entry.intent?.linkRole ?? parseLinkRole(hello.linkRole)
    if (linkRole === null) {
      const reason = `unknown link role '${hello.linkRole}'`
      return this.#refuse(entry, { code: 'protocol', reason })
    }
    const candidate = { identity, publicKeySha256: key, hello, linkRole, link: info }
    const refusal = entry.intent === null ? this.#options.judge(candidate) : null
    if (refusal !== null) return this.#refuse(entry, refusal)
    this.#admit(entry, candidate)
  }

  // 3. Welcome.
  #admit(entry: Entry, candidate: Candidate) {
    const { plane, clock, log } = this.#options
    const { link, intent } = entry
    const { linkRole, hello } = candidate
    const transport = this.#options.transportOf(intent?.orderId ?? hello.linkOrderId)
    plane.admit(link, { role: linkRole, peer: candidate.identity.name, transport })
    const requests = createRequests({
      clock,
      send: (message) => plane.sendControl(link, encodeControl(message)),
    })
    const peer = this.#makePeer(entry, candidate, requests)
    entry.up = { peer, requests }
    log.info({ peer: peer.name, remote: peer.remoteAddress, linkRole }, 'link up')
    if (intent !== null) return intent.onUp(peer)
    const { localAddress } = candidate.link
    this.#send(link, this.#options.hello({ linkRole, orderId: hello.linkOrderId, localAddress }))
    this.#options.onAccepted(peer)
  }

  #makePeer(entry: Entry, candidate: Candidate, requests: Requests): Peer {
    const { hello, identity, link: info } = candidate
    const nowMs = this.#options.clock.wallMs()
    return {
      link: info.id,
      name: identity.name,
      role: identity.role,
      linkRole: candidate.linkRole,
      direction: info.direction,
      hello,
      publicKeySha256: candidate.publicKeySha256,
      remoteAddress: info.remoteAddress,
      certificateNotAfterMs: info.certificate?.notAfterMs ?? 0,
      upSinceMs: nowMs,
      clockOffsetMs: hello.wallClockMs - nowMs,
      send: (question) => this.#send(info.id, question),
      ask: (question, timeoutMs) => requests.ask(question, timeoutMs),
      answer: (request, answer) => this.#send(info.id, answer, request.requestId),
      close: (refusal) => this.drop(entry.link, refusal),
    }
  }

  #onTransport({ link, transport, reason }: PlaneEvent & { readonly kind: 'link-transport' }) {
    const entry = this.#entries.get(link.id)
    if (entry === undefined || entry.up === null || entry.end !== null) return
    const { peer } = entry.up
    const level = link.transportReason === 'no-answer' ? 'warn' : 'info'
    this.#options.log[level]({ peer: peer.name, transport }, `frames go by ${transport}: ${reason}`)
    this.#options.onTransport(peer, transport)
  }

  #onStall(link: LinkId, reason: string | null) {
    const entry = this.#entries.get(link)
    if (entry === undefined || entry.up === null || entry.end !== null) return
    const { peer } = entry.up
    if (reason === null) this.#options.log.info({ peer: peer.name }, 'the fast path answers again')
    else this.#options.log.warn({ peer: peer.name }, `the fast path carries nothing: ${reason}`)
    this.#options.onStall(peer, reason)
  }

  // 4. The end.
  #onGoodbye(entry: Entry, { code, reason }: { readonly code: string; readonly reason: string }) {
    entry.end = { code, reason, isLasting: isLasting(code) }
    this.#logEnd(entry, `the peer closes the link: ${reason}`, code)
    this.#options.plane.closeLink(entry.link, reason)
  }

  /** Tells the peer and the log why, and closes. */
  #refuse(entry: Entry, refusal: Refusal, info = entry.known?.info): void {
    entry.end = { ...refusal, isLasting: isLasting(refusal.code) }
    this.#logEnd(entry, `link closed: ${refusal.reason}`, refusal.code, info)
    const { plane } = this.#options
    if (info === undefined) plane.closeLink(entry.link, refusal.reason)
    else sayGoodbye(plane, entry.link, refusal)
  }

  #logEnd(entry: Entry, text: string, code: string, info = entry.known?.info): void {
    const peer = entry.known?.identity.name ?? entry.intent?.expect.name ?? null
    const remote = info?.remoteAddress ?? null
    const level = ORDINARY_ENDS.has(code) ? 'info' : 'warn'
    this.#options.log[level]({ peer, remote, code }, text)
  }

  #onClosed(link: LinkId, { code, reason }: { readonly code: string; readonly reason: string }) {
    const entry = this.#entries.get(link)
    if (entry === undefined) return this.#options.joins?.onClosed(link, { code, reason })
    this.#entries.delete(link)
    entry.cancelHello()
    const end = entry.end ?? { code, reason, isLasting: false }
    entry.up?.requests.close(end.reason)
    // The dialler of a link that never came up tells of it itself.
    if (entry.end === null && (entry.up !== null || entry.intent === null)) {
      const { info, identity } = entry.known ?? {}
      const fields = { peer: identity?.name ?? null, remote: info?.remoteAddress ?? null, code }
      this.#options.log.warn(fields, `link lost: ${reason}`)
    }
    if (entry.intent !== null) entry.intent.onEnd(end)
    else if (entry.up !== null) this.#options.onAcceptedEnd(entry.up.peer, end)
  }

  #answerUnknown(entry: Entry, requestId: number): void {
    if (requestId === 0 || entry.up === null) return
    const error = 'this version does not know the request'
    const answer = { kind: 'acknowledge', errorCode: 'unknown-request', error } as const
    this.#send(entry.link, answer, requestId)
  }

  #send(link: LinkId, question: Question, requestId = 0): boolean {
    const message = { ...question, requestId } as ControlMessage
    return this.#options.plane.sendControl(link, encodeControl(message))
  }
}

const NO_JOINS_HERE: Refusal = { code: 'role', reason: 'joining is only possible at the proxy' }
const ORDINARY_ENDS: ReadonlySet<string> = new Set(['shutdown', 'removed'])

function newEntry(link: LinkId, intent: DialIntent | null): Entry {
  return { link, intent, known: null, up: null, cancelHello: () => {}, end: null }
}

/** A dialled daemon must be the one that was meant. */
function unexpected(
  { expect }: DialIntent,
  { identity, key }: { readonly identity: DaemonIdentity; readonly key: string },
): Refusal | null {
  const isRight =
    expect.role === identity.role &&
    (expect.name === undefined || expect.name === identity.name) &&
    (expect.publicKeySha256 === undefined || expect.publicKeySha256 === key)
  if (isRight) return null
  const wanted = expect.name === undefined ? `a ${expect.role}` : `${expect.role} '${expect.name}'`
  const reason = `dialled ${wanted}, reached ${identity.role} '${identity.name}'`
  return { code: 'identity', reason }
}
