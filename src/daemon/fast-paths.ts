// A host's fast-path links: made, kept and dropped as the proxy orders. One side of an order dials
// all the peer's addresses at once and keeps the first that is the right daemon; the other side
// accepts a Hello that names the order. Once up, a lost link is dialled again by the dialling side
// for as long as the order stands, with or without the proxy. A link counts as up once payload of
// full size has passed both ways (path-check.ts); one that may carry frames by UDP only, while UDP
// passes. Until then, and when it stops or stalls at either end, traffic takes the star.

import { messageOf } from '../base/errors.ts'
import type { LinkId, Transport, TransportPolicy } from '../plane/plane.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import {
  type Connected,
  type FastPathsOptions,
  type LinkOrder,
  type Order,
  reportOf,
} from './fast-path-order.ts'
import type { Refusal } from './hello.ts'
import { checkPath } from './path-check.ts'
import { PathHealth } from './path-health.ts'
import type { Candidate, DialIntent, LinkEnd, Peer } from './peer.ts'
import { createRedialer } from './redialer.ts'
import { parseTransport, stricterTransport } from './transport.ts'

/** Two links of one order within this time are two addresses of one try, not a reconnect. */
const SAME_TRY_MS = 3_000

export class FastPaths {
  readonly #options: FastPathsOptions
  readonly #orders = new Map<string, Order>()

  constructor(options: FastPathsOptions) {
    this.#options = options
  }

  /** Obeys the proxy. Returns why not, or null. */
  obey(message: LinkOrder): { readonly code: string; readonly reason: string } | null {
    if (message.isRemoved) {
      this.#remove(message.orderId, 'the link was removed')
      this.#options.report(reportOf(message, 'removed', ''))
      return null
    }
    const transport = this.#transportFor(message)
    if (transport === null) {
      this.#options.log.warn(this.#conflict(message))
      return { code: 'transport', reason: this.#conflict(message) }
    }
    const known = this.#orders.get(message.orderId)
    if (known?.peer) this.#options.report(reportOf(message, 'up', ''))
    if (known?.connected) return null // it tells when payload passes
    // One order a peer: a new one takes the place of what the proxy forgot.
    for (const other of this.#orders.values()) {
      if (other.message.peer === message.peer) this.#remove(other.message.orderId, 'replaced')
    }
    if (this.#orders.size >= this.#options.linksMax()) {
      const reason = `${this.#orders.size} fast paths are the limit here (limits.fastPaths)`
      return { code: 'limit', reason }
    }
    this.#add(message, transport)
    return null
  }

  /** How the frames of an order's link may travel; unknown orders get no datagrams. */
  transportOf(orderId: string): TransportPolicy {
    return this.#orders.get(orderId)?.transport ?? 'tcp'
  }

  /** Frames of an admitted link take another transport. */
  transportChanged(peer: Peer, transport: Transport): void {
    for (const order of this.#orders.values()) {
      if (order.connected?.peer !== peer) continue
      order.connected.isByUdp = transport === 'udp'
      this.#judgeUse(order)
    }
  }

  /** Nothing gets through any more, and why; null: it answers again, and is checked anew. */
  stallChanged(peer: Peer, reason: string | null): void {
    for (const order of this.#orders.values()) {
      if (order.connected?.peer !== peer) continue
      if (reason === null) {
        this.#check(order, order.connected)
        order.health.answered()
      } else {
        order.health.stalled()
        this.#judgeUse(order, reason)
        this.#options.report(reportOf(order.message, 'stalled', reason))
      }
    }
  }

  /** The proxy passes on how the other end finds the link: both shall send the same way. */
  peerReported({ orderId, state, reason }: ControlMessageOf<'linkReport'>): void {
    const order = this.#orders.get(orderId)
    if (!order?.connected) return
    order.connected.stalledThere = state === 'stalled' ? reason : null
    this.#judgeUse(order, `the other end: ${reason}`)
  }

  /** There is no other way now, and nobody who would tell that the other end changed its mind. */
  starDown(): void {
    for (const order of this.#orders.values()) {
      if (order.connected) order.connected.stalledThere = null
      this.#judgeUse(order)
    }
  }

  /** It was good for long enough. */
  #released(order: Order): void {
    this.#options.report(reportOf(order.message, 'resumed', ''))
    this.#judgeUse(order)
  }

  /** The configuration may have changed: links that it changes are made anew. */
  refresh(): void {
    for (const order of this.#orders.values()) {
      const transport = this.#transportFor(order.message)
      if (transport === order.transport) continue
      if (transport === null) this.#options.log.warn(this.#conflict(order.message))
      order.transport = transport
      const reason = 'how its frames travel was changed'
      order.connected?.peer.close({ code: 'removed', reason })
    }
  }

  /** May this daemon's fast path be accepted? Null: yes. */
  judge({ identity, hello, publicKeySha256 }: Candidate): Refusal | null {
    const order = this.#orders.get(hello.linkOrderId)
    const wanted = order?.message
    const isRight =
      wanted !== undefined &&
      !wanted.dial &&
      wanted.peer === identity.name &&
      identity.role === 'host' &&
      (wanted.peerPublicKeySha256 === '' || wanted.peerPublicKeySha256 === publicKeySha256)
    if (order === undefined || !isRight) {
      return { code: 'unknown-order', reason: 'the proxy ordered no such link' }
    }
    if (order.transport === null) {
      return { code: 'unknown-order', reason: this.#conflict(order.message) }
    }
    const peer = order.connected?.peer ?? null
    const ageMs = peer === null ? 0 : this.#options.clock.wallMs() - peer.upSinceMs
    if (peer !== null && peer.hello.instance === hello.instance && ageMs < SAME_TRY_MS) {
      return { code: 'removed', reason: 'another address of the same try was faster' }
    }
    return null
  }

  /** An accepted fast path; `judge` said yes. */
  accepted(peer: Peer) {
    const order = this.#orders.get(peer.hello.linkOrderId)
    if (order === undefined) return peer.close({ code: 'removed', reason: 'the order is gone' })
    const old = order.connected?.peer
    const reason = 'the peer opened a new link'
    if (order.peer !== null) this.#unused(order, reason)
    this.#connected(order, peer)
    old?.close({ code: 'removed', reason })
  }

  acceptedEnd(peer: Peer, end: LinkEnd): void {
    const order = this.#orders.get(peer.hello.linkOrderId)
    if (order === undefined) return
    if (order.connected?.peer !== peer) return
    order.connected = null
    if (order.peer !== null) this.#unused(order, end.reason)
    else this.#tellFailed(order, end.reason)
  }

  /** After the proxy came back: how all orders stand. */
  reportAll(): void {
    for (const { message, peer, wasReported, health } of this.#orders.values()) {
      if (health.hasStalled) {
        const state = health.isGood ? 'resumed' : 'stalled'
        this.#options.report(reportOf(message, state, 'since before the proxy was gone'))
      }
      if (peer !== null) this.#options.report(reportOf(message, 'up', ''))
      else if (wasReported !== '') this.#options.report(reportOf(message, 'down', 'not connected'))
    }
  }

  /** The link to a peer, while it is up. */
  linkOf(peer: string): Peer | null {
    for (const order of this.#orders.values()) {
      if (order.message.peer === peer && order.peer !== null) return order.peer
    }
    return null
  }

  stop(): void {
    for (const { redialer, health } of this.#orders.values()) {
      redialer.stop()
      health.stop()
    }
  }

  #transportFor(message: LinkOrder): TransportPolicy | null {
    const ordered = parseTransport(message.transport)
    return ordered === null ? null : stricterTransport(ordered, this.#options.transport())
  }

  #conflict({ peer, transport }: LinkOrder): string {
    const own = this.#options.transport()
    return `the link to '${peer}' is ordered with transport '${transport}', allowed here: '${own}'`
  }

  #add(message: LinkOrder, transport: TransportPolicy): void {
    const redialer = createRedialer({ ...this.#options, dial: () => this.#dial(order) })
    const order: Order = {
      message,
      redialer,
      dialling: new Set(),
      reasons: [],
      transport,
      connected: null,
      peer: null,
      wasReported: '',
      health: new PathHealth(this.#options.clock, () => this.#released(order)),
    }
    this.#orders.set(message.orderId, order)
    if (message.dial) redialer.start()
  }

  #remove(orderId: string, reason: string): void {
    const order = this.#orders.get(orderId)
    if (order === undefined) return
    this.#orders.delete(orderId)
    order.redialer.stop()
    order.health.stop()
    for (const link of order.dialling) this.#options.peers.drop(link, { code: 'removed', reason })
    order.connected?.peer.close({ code: 'removed', reason })
    if (order.peer !== null) this.#options.onChange()
  }

  #dial(order: Order): void {
    const { message, dialling, reasons } = order
    reasons.length = 0
    if (order.transport === null) {
      this.#failed(order, this.#conflict(message))
      return
    }
    for (const { address, port } of message.endpoints) {
      try {
        const link: LinkId = this.#options.peers.dial(
          { host: address, port },
          this.#intent(order, (end) => this.#dialEnded(order, { link, end, where: address })),
        )
        dialling.add(link)
      } catch (error) {
        reasons.push(`${address}: ${messageOf(error)}`)
      }
    }
    if (dialling.size > 0) return
    this.#failed(order, reasons.join('; ') || 'the peer has no address to dial')
  }

  #intent(order: Order, onEnd: DialIntent['onEnd']): DialIntent {
    const { orderId, peer: name, peerPublicKeySha256: key } = order.message
    const expect = { role: 'host', name, ...(key === '' ? {} : { publicKeySha256: key }) } as const
    return { linkRole: 'fast-path', orderId, expect, onUp: (peer) => this.#won(order, peer), onEnd }
  }

  #won(order: Order, peer: Peer) {
    const reason = 'another address was faster'
    if (order.connected !== null || this.#orders.get(order.message.orderId) !== order) {
      return peer.close({ code: 'removed', reason })
    }
    this.#connected(order, peer)
    for (const link of order.dialling) {
      if (link !== peer.link) this.#options.peers.drop(link, { code: 'removed', reason })
    }
  }

  #dialEnded(
    order: Order,
    { link, end, where }: { readonly link: LinkId; readonly end: LinkEnd; readonly where: string },
  ) {
    order.dialling.delete(link)
    if (this.#orders.get(order.message.orderId) !== order) return
    if (order.connected?.peer.link === link) order.connected = null
    if (order.peer?.link === link) {
      this.#unused(order, end.reason)
      order.redialer.down(end.isLasting)
      return
    }
    order.reasons.push(`${where}: ${end.reason}`)
    const isOver = order.connected === null && order.dialling.size === 0
    if (isOver) this.#failed(order, order.reasons.join('; '))
  }

  #failed(order: Order, reason: string): void {
    order.redialer.down(false)
    this.#tellFailed(order, reason)
  }

  /** Once: what is tried again and again fails again and again. */
  #tellFailed(order: Order, reason: string): void {
    if (order.wasReported === 'failed' || order.wasReported === 'down') return
    order.wasReported = 'failed'
    this.#options.log.warn({ peer: order.message.peer }, `no fast path: ${reason}`)
    this.#options.report(reportOf(order.message, 'failed', reason))
  }

  #connected(order: Order, peer: Peer): void {
    const connected: Connected = { peer, isChecked: false, isByUdp: false, stalledThere: null }
    order.connected = connected
    order.health.answered()
    this.#check(order, connected)
  }

  #check(order: Order, connected: Connected): void {
    const { peer } = connected
    connected.isChecked = false
    void checkPath(peer).then((failure) => {
      if (order.connected !== connected) return
      connected.isChecked = failure === null
      if (failure === null) this.#judgeUse(order)
      else peer.close({ code: 'no-payload', reason: failure })
    })
  }

  /** Is a connected link one to use, as it is now? */
  #judgeUse(order: Order, why = ''): void {
    const { connected, transport, health } = order
    if (connected === null) return
    const isByRightWay = transport !== 'udp' || connected.isByUdp
    const isStalled = !health.isGood || connected.stalledThere !== null
    const isUsable = isByRightWay && !isStalled && connected.isChecked
    if (isUsable && order.peer === null) this.#up(order, connected.peer)
    else if (isStalled && order.peer !== null) this.#unused(order, why)
    else if (!isByRightWay && order.peer !== null) this.#unused(order, 'UDP passes no more')
  }

  #up(order: Order, peer: Peer): void {
    order.peer = peer
    order.wasReported = 'up'
    order.redialer.up()
    this.#options.onChange()
    this.#options.report(reportOf(order.message, 'up', ''))
  }

  /** Its traffic takes the star from now on. */
  #unused(order: Order, reason: string): void {
    order.peer = null
    order.wasReported = 'down'
    this.#options.onChange()
    this.#options.report(reportOf(order.message, 'down', reason))
  }
}
