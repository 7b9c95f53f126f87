// One end of a link between two in-memory planes:
//   connecting -> handshake -> pending (waiting for admit) -> admitted -> closed
// The handshake takes as many ways as TLS 1.3 with a preface does: hello from the listener, hello
// from the dialler, ready from the listener; each end checks the other's certificate before it goes
// on.

import type { Cancel } from '../base/clock.ts'
import {
  DEAD_PEER_MS,
  FRAME_BYTES_MAX,
  HANDSHAKE_TIMEOUT_MS,
  KEEPALIVE_INTERVAL_MS,
} from '../base/limits.ts'
import type { StormGuard } from './guards.ts'
import type { LinkFigures, ProbeLimits } from './link-figures.ts'
import { DatagramPath } from './memory-datagram.ts'
import type { DatagramWire } from './memory-datagram-wire.ts'
import { LinkMeter } from './memory-figures.ts'
import type { Endpoints, LinkOwner } from './memory-link-owner.ts'
import { StallWatch } from './memory-stall.ts'
import { type MemoryCertificate, type Message, type Wire, withoutAuthority } from './memory-wire.ts'
import type { AdmitOptions, CloseCode, DropReason, LinkId, LinkInfo, LinkRole } from './plane.ts'

/** Queued control may take this long after closeLink(). */
const LINGER_MS = 500

export class MemoryLink {
  readonly id: LinkId
  readonly storm: StormGuard
  readonly drops = new Map<DropReason, number>()
  readonly datagrams: DatagramPath
  readonly stall: StallWatch
  /** Was TLS done before it closed? Otherwise an accepted one was never a link. */
  wasPending = false
  role: LinkRole | null = null
  readonly #owner: LinkOwner
  readonly #direction: LinkInfo['direction']
  endpoints: Endpoints
  #wire: Wire | null = null
  #state: LinkInfo['state']
  #sinceMs: number
  #peer: string | null = null
  #certificate: MemoryCertificate | null = null
  #isOffloaded = false
  #rttMs: number | null = null
  readonly #meter = new LinkMeter()
  #lastHeardMs: number
  #counts = { rxFrames: 0, rxBytes: 0, txFrames: 0, txBytes: 0 }
  #timers: Cancel[] = []
  #cancelWatch: Cancel = () => {}
  #closingReason: string | null = null

  constructor(options: {
    readonly id: LinkId
    readonly owner: LinkOwner
    readonly direction: LinkInfo['direction']
    readonly endpoints: Endpoints
    readonly storm: StormGuard
  }) {
    this.id = options.id
    this.storm = options.storm
    this.#owner = options.owner
    this.#direction = options.direction
    this.endpoints = options.endpoints
    this.#state = options.direction === 'dialled' ? 'connecting' : 'handshake'
    this.#sinceMs = this.#owner.clock.wallMs()
    this.#lastHeardMs = this.#owner.clock.monotonicMs()
    this.datagrams = new DatagramPath({
      clock: this.#owner.clock,
      ...this.#owner.datagrams,
      sendOffer: () => this.#wire?.push({ kind: 'datagram-offer' }),
      onFrame: (frame, hops) => this.#heardFrame(frame, hops),
      onTransport: (transport, reason) => this.#owner.onTransport(this, transport, reason),
      onBlocked: (reason) => this.close('udp-blocked', reason),
    })
    this.stall = new StallWatch({
      clock: this.#owner.clock,
      sendPing: () => this.#ping(),
      isOtherWayOpen: () => this.datagrams.isAnswered,
      onChange: (reason) => this.#owner.onStall(this, reason),
    })
  }

  get state(): LinkInfo['state'] {
    return this.#state
  }

  isUsable(): boolean {
    return this.#state === 'admitted'
  }

  /** TCP is there: the handshake begins. The accepting end speaks first. */
  connected(wire: Wire, datagrams: DatagramWire): void {
    this.#wire = wire
    this.datagrams.connected(datagrams)
    this.#enter('handshake')
    const { clock } = this.#owner
    const tooLate = () => this.close('tls-failed', 'no TLS handshake within 5 s')
    this.#timers.push(clock.after(HANDSHAKE_TIMEOUT_MS, tooLate))
    if (this.#direction === 'accepted') this.#sayHello()
  }

  failConnect(reason: string): void {
    this.close('connect-failed', reason)
  }

  admit({ role, peer, transport = 'auto' }: AdmitOptions): void {
    if (this.#state !== 'pending') return
    this.role = role
    this.#peer = peer
    this.#enter('admitted')
    this.datagrams.admitted(role, transport)
  }

  /** False: not open, or the queue is full. */
  sendControl(bytes: Uint8Array): boolean {
    const isOpen = this.#state === 'pending' || this.#state === 'admitted'
    return isOpen && this.#wire?.push({ kind: 'control', bytes }) === true
  }

  probe(limits: ProbeLimits): boolean {
    const wire = this.isUsable() ? this.#wire : null
    return wire?.probe(limits, (outcome) => this.#owner.onProbed(this, outcome)) ?? false
  }

  sendFrame(frame: Uint8Array, hops: number): void {
    if (this.#wire === null || !this.isUsable()) {
      this.countDrop('link-closed')
      return
    }
    this.#counts.txFrames++
    this.#counts.txBytes += frame.length
    if (this.role === 'fast-path') this.stall.carried()
    if (this.datagrams.transport === 'udp') {
      this.#meter.sentDatagram(frame.length)
      if (!this.datagrams.sendFrame(frame, hops)) this.#dropQueued([frame])
    } else this.#dropQueued(this.#wire.pushFrame({ kind: 'frame', frame, hops }))
  }

  /** What waits goes another way. */
  giveFramesTo(other: MemoryLink): void {
    for (const { frame, hops } of this.#wire?.takeFrames() ?? []) other.sendFrame(frame, hops)
  }

  #dropQueued(frames: readonly Uint8Array[]): void {
    this.countDrop('queue-full', frames.length)
    for (const frame of frames) this.#owner.onQueueDrop(frame)
  }

  countDrop(reason: DropReason, count = 1): void {
    if (count > 0) this.drops.set(reason, (this.drops.get(reason) ?? 0) + count)
  }

  /** What comes off the wire. */
  receive(message: Message): void {
    if (this.#state === 'closed') {
      if (message.kind !== 'reset' && message.kind !== 'close') this.#wire?.push({ kind: 'reset' })
      return
    }
    this.#lastHeardMs = this.#owner.clock.monotonicMs()
    switch (message.kind) {
      case 'hello':
        this.#heardHello(message)
        break
      case 'ready':
        this.#establish()
        break
      case 'datagram-offer':
        this.datagrams.heardOffer()
        break
      case 'control':
        this.#owner.onControl(this, message.bytes)
        break
      case 'frame':
        this.#heardFrame(message.frame, message.hops)
        break
      case 'ping':
        this.#wire?.push({ kind: 'pong', stampMs: message.stampMs })
        break
      case 'pong':
        this.#rttMs = this.#lastHeardMs - message.stampMs
        this.stall.answered(message.stampMs)
        this.#meter.sample(this.#rttMs, this.#lastHeardMs)
        break
      case 'alert':
        this.close('tls-failed', message.reason)
        break
      case 'close':
        this.close('closed-by-peer', 'the peer closed the link')
        break
      case 'reset':
        this.close('io', 'connection reset by the peer')
        break
    }
  }

  /** Sends what control is queued, then closes; within LINGER_MS. */
  closeSoon(reason: string): void {
    if (this.#state === 'closed' || this.#closingReason !== null) return
    if (!this.#wire?.hasControl()) {
      this.close('closed-here', reason)
      return
    }
    this.#closingReason = reason
    const { clock } = this.#owner
    const untilMs = clock.monotonicMs() + LINGER_MS
    const look = clock.every(10, () => {
      const isLate = clock.monotonicMs() >= untilMs
      if (isLate || !this.#wire?.hasControl()) this.close('closed-here', reason)
    })
    this.#timers.push(look)
  }

  close(code: CloseCode, reason: string): void {
    if (this.#state === 'closed') return
    for (const cancel of this.#timers) cancel()
    this.#cancelWatch()
    this.datagrams.close()
    this.stall.stop()
    this.countDrop('link-closed', this.#wire?.discard() ?? 0)
    const isPeerThere = code !== 'closed-by-peer' && code !== 'io'
    if (isPeerThere) {
      const isAlert = code === 'tls-failed'
      this.#wire?.push(isAlert ? { kind: 'alert', reason: `peer: ${reason}` } : { kind: 'close' })
    }
    this.#enter('closed')
    this.#owner.onClosed(this, code, reason)
  }

  info(): LinkInfo {
    const certificate = this.#certificate
    return {
      id: this.id,
      direction: this.#direction,
      state: this.#state,
      purpose: 'link',
      role: this.role,
      peer: this.#peer,
      ...this.endpoints,
      certificate: certificate === null ? null : withoutAuthority(certificate),
      tlsCipher: null,
      isResumed: false,
      isOffloaded: this.#isOffloaded,
      isStalled: this.stall.isStalled,
      transport: this.datagrams.transport,
      transportReason: this.datagrams.reason,
      datagram: this.datagrams.info(this.endpoints),
      sinceMs: this.#sinceMs,
      rttUs: this.#rttMs === null ? null : Math.round(this.#rttMs * 1_000),
      tcpRttUs: null,
      deliveryRateBytesPerSecond: null,
      retransmits: null,
      queuedBytes: this.#wire?.queuedBytes() ?? 0,
      ...this.#counts,
      drops: Object.fromEntries(this.drops),
    }
  }

  figures(): LinkFigures {
    const queuedBytes = this.#wire?.queuedBytes() ?? 0
    const now = { queuedBytes, receivedBytes: this.#counts.rxBytes }
    return this.#meter.figures(this.id, this.#wire?.figures() ?? null, now)
  }

  #enter(state: LinkInfo['state']): void {
    this.#state = state
    this.#sinceMs = this.#owner.clock.wallMs()
    this.#lastHeardMs = this.#owner.clock.monotonicMs()
  }

  #sayHello(): void {
    const identity = this.#owner.identity()
    if (identity === null) {
      this.close('tls-failed', 'no credentials are set')
      return
    }
    const { isOffloadOffered } = this.#owner
    this.#wire?.push({ kind: 'hello', certificate: identity.certificate, isOffloadOffered })
  }

  #heardHello(message: Message & { readonly kind: 'hello' }): void {
    if (this.#isRepeated()) return
    const refusal = this.#refusalOf(message.certificate)
    if (refusal !== null) {
      this.close('tls-failed', refusal)
      return
    }
    this.#certificate = message.certificate
    this.#isOffloaded = message.isOffloadOffered && this.#owner.isOffloadOffered
    if (this.#direction === 'dialled') {
      this.#sayHello()
      return
    }
    this.#wire?.push({ kind: 'ready' })
    this.#establish()
  }

  #isRepeated(): boolean {
    if (this.#state !== 'handshake') this.close('protocol', 'a second handshake')
    return this.#state !== 'handshake'
  }

  #refusalOf(certificate: MemoryCertificate): string | null {
    const identity = this.#owner.identity()
    if (identity === null) return 'no credentials are set'
    if (!identity.trusted.includes(certificate.authority)) return 'unable to verify the certificate'
    const isOver = certificate.notAfterMs < this.#owner.clock.wallMs()
    return isOver ? 'certificate has expired' : null
  }

  #establish(): void {
    if (this.#isRepeated()) return
    for (const cancel of this.#timers.splice(0)) cancel()
    this.wasPending = true
    this.#enter('pending')
    const { clock } = this.#owner
    this.#timers.push(clock.every(KEEPALIVE_INTERVAL_MS, () => this.#ping()))
    this.#watchPeer()
    this.#owner.onPending(this)
  }

  #ping(): void {
    this.#wire?.push({ kind: 'ping', stampMs: this.#owner.clock.monotonicMs() })
  }

  /** Looks again when the peer would be dead if it stayed as silent as it is now. */
  #watchPeer(): void {
    const { clock } = this.#owner
    const leftMs = this.#lastHeardMs + DEAD_PEER_MS - clock.monotonicMs()
    if (leftMs <= 0) {
      this.close('dead-peer', `nothing heard for ${DEAD_PEER_MS} ms`)
      return
    }
    this.#cancelWatch = clock.after(leftMs, () => this.#watchPeer())
  }

  #heardFrame(frame: Uint8Array, hops: number): void {
    this.#counts.rxFrames++
    this.#counts.rxBytes += frame.length
    if (!this.isUsable()) {
      this.countDrop('not-admitted')
      return
    }
    if (frame.length > FRAME_BYTES_MAX) {
      this.close('protocol', 'an oversized frame')
      return
    }
    this.#owner.onFrame(this, frame, hops)
  }
}
