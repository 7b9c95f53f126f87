// One direction of a connection between two in-memory planes, as TCP under a link behaves: nothing
// is reordered or lost, but what is lost on the path comes late and holds up what is behind it;
// control goes before frames; frames are bounded.

import type { Clock } from '../base/clock.ts'
import { CONTROL_QUEUE_BYTES_MAX, LINK_QUEUE_BYTES_MAX } from '../base/limits.ts'
import type { Random } from '../base/random.ts'
import type { ProbeLimits, ProbeOutcome } from './link-figures.ts'
import { Duration, type WireFigures } from './memory-figures.ts'
import { MemoryProbe } from './memory-probe.ts'
import type { PeerCertificate } from './plane.ts'

/** What a memory certificate says beyond what peers see: who signed it. */
export interface MemoryCertificate extends PeerCertificate {
  readonly authority: string
}

/** As peers see it. */
export function withoutAuthority(certificate: MemoryCertificate): PeerCertificate {
  const { uri, publicKeySha256, serial, notAfterMs } = certificate
  return { uri, publicKeySha256, serial, notAfterMs }
}

/** What travels on a wire. The first three are the handshake, in this order. */
export type Message =
  | {
      readonly kind: 'hello'
      readonly certificate: MemoryCertificate
      readonly isOffloadOffered: boolean
    }
  /** The sender takes datagrams from now on. */
  | { readonly kind: 'datagram-offer' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'alert'; readonly reason: string }
  | { readonly kind: 'control'; readonly bytes: Uint8Array }
  | { readonly kind: 'frame'; readonly frame: Uint8Array; readonly hops: number }
  | { readonly kind: 'ping' | 'pong'; readonly stampMs: number }
  | { readonly kind: 'padding'; readonly bytes: number }
  | { readonly kind: 'close' }
  /** The other end knows of no such connection. */
  | { readonly kind: 'reset' }

/** What lies between two planes, the same in both directions. */
export interface PathConditions {
  /** One way. */
  readonly delayMs: number
  /**
   * Of messages that are lost once: they take RETRANSMISSION_MS longer; and of datagrams, which are
   * asked for once. 0 to 1.
   */
  readonly lossRatio: number
  readonly bytesPerSecond: number
  /** Nothing passes; what is under way waits, and nobody is told. */
  readonly isCut: boolean
  /** A firewall lets TCP through and no UDP. */
  readonly isUdpBlocked: boolean
  /** Longer messages never arrive: a path that loses packets of full size. */
  readonly messageBytesMax: number
}

export const PERFECT_PATH: PathConditions = {
  delayMs: 0,
  lossRatio: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  isCut: false,
  isUdpBlocked: false,
  messageBytesMax: Number.POSITIVE_INFINITY,
}

/** TCP's smallest retransmission time-out on Linux. */
export const RETRANSMISSION_MS = 200

const HEADER_BYTES = 8

function bytesOf(message: Message): number {
  if (message.kind === 'frame') return HEADER_BYTES + message.frame.length
  if (message.kind === 'padding') return message.bytes
  if (message.kind === 'control') return HEADER_BYTES + message.bytes.length
  return 2 * HEADER_BYTES
}

export interface WireOptions {
  readonly clock: Clock
  readonly random: Random
  /** Asked anew for each message, so it may change. */
  readonly conditions: () => PathConditions
  readonly deliver: (message: Message) => void
}

export class Wire {
  readonly #options: WireOptions
  readonly #control: Message[] = []
  readonly #frames: Message[] = []
  readonly #flying: Message[] = []
  #controlBytes = 0
  #frameBytes = 0
  #isSending = false
  #lastDueMs = 0
  /** Messages that would have arrived while the path was cut. */
  #held = 0
  readonly #probe = new MemoryProbe()
  readonly #busy = new Duration()
  readonly #waiting = new Duration()
  #bytes = { sentBytes: 0, resentBytes: 0, deliveredBytes: 0 }

  constructor(options: WireOptions) {
    this.#options = options
  }

  /** Queues a frame; returns older ones that were dropped to make room for it. */
  pushFrame(message: Message & { readonly kind: 'frame' }): Uint8Array[] {
    this.#frames.push(message)
    this.#frameBytes += bytesOf(message)
    this.#probe.stop(this.#options.clock.monotonicMs())
    this.pump()
    const dropped: Uint8Array[] = []
    while (this.#frameBytes > LINK_QUEUE_BYTES_MAX) {
      const oldest = this.#frames[0]
      if (oldest?.kind === 'frame') dropped.push(oldest.frame)
      this.#frameBytes -= this.#take(this.#frames)
    }
    return dropped
  }

  /** Queues anything else, ahead of all frames. False: the queue is full. */
  push(message: Message): boolean {
    const bytes = bytesOf(message)
    if (this.#controlBytes + bytes > CONTROL_QUEUE_BYTES_MAX) return false
    this.#control.push(message)
    this.#controlBytes += bytes
    this.pump()
    return true
  }

  queuedBytes(): number {
    return this.#controlBytes + this.#frameBytes
  }

  /** False: something waits, or a probe is running. */
  probe(limits: ProbeLimits, onEnd: (outcome: ProbeOutcome) => void): boolean {
    const nowMs = this.#options.clock.monotonicMs()
    if (this.queuedBytes() > 0 || !this.#probe.begin(limits, onEnd, nowMs)) return false
    this.pump()
    return true
  }

  figures(): WireFigures {
    const nowMs = this.#options.clock.monotonicMs()
    const [busyMs, waitingMs] = [this.#busy.totalMs(nowMs), this.#waiting.totalMs(nowMs)]
    return { ...this.#bytes, busyMs, waitingMs }
  }

  #note(): void {
    const nowMs = this.#options.clock.monotonicMs()
    const isWaiting = this.queuedBytes() > 0
    this.#waiting.note(isWaiting, nowMs)
    this.#busy.note(isWaiting || this.#isSending || this.#flying.length > 0, nowMs)
  }

  hasControl(): boolean {
    return this.#control.length > 0
  }

  /** Takes out all frames that have not left yet. */
  takeFrames(): { readonly frame: Uint8Array; readonly hops: number }[] {
    this.#frameBytes = 0
    return this.#frames.splice(0).flatMap((each) => (each.kind === 'frame' ? [each] : []))
  }

  /** Drops all that has not left yet; returns how many frames that were. */
  discard(): number {
    const frames = this.#frames.length
    this.#control.length = 0
    this.#frames.length = 0
    this.#controlBytes = 0
    this.#frameBytes = 0
    this.#note()
    return frames
  }

  /** To be called when the path stops being cut: what waited goes on. */
  resume(): void {
    if (this.#options.conditions().isCut) return
    for (; this.#held > 0; this.#held--) this.#options.clock.after(0, () => this.#arrive())
    this.pump()
  }

  /** Sends what waits, as far as the path takes it. */
  pump(): void {
    this.#sendOn()
    this.#note()
  }

  #sendOn(): void {
    const { clock, conditions } = this.#options
    while (!this.#isSending && !conditions().isCut) {
      const message = this.#control[0] ?? this.#frames[0] ?? this.#probe.next(clock.monotonicMs())
      if (message === undefined) return
      if (message === this.#control[0]) this.#controlBytes -= this.#take(this.#control)
      else if (message === this.#frames[0]) this.#frameBytes -= this.#take(this.#frames)
      const sendingMs = (bytesOf(message) * 1_000) / conditions().bytesPerSecond
      if (sendingMs === 0) {
        this.#fly(message)
        continue
      }
      this.#isSending = true
      clock.after(sendingMs, () => {
        this.#isSending = false
        this.#fly(message)
        this.pump()
      })
    }
  }

  /** Removes the first message; returns its bytes. */
  #take(queue: Message[]): number {
    const message = queue.shift()
    return message === undefined ? 0 : bytesOf(message)
  }

  #fly(message: Message): void {
    const { clock, random, conditions } = this.#options
    const { delayMs, lossRatio, messageBytesMax } = conditions()
    if (bytesOf(message) > messageBytesMax) return
    const isLost = lossRatio > 0 && random.next() < lossRatio
    const nowMs = clock.monotonicMs()
    const dueMs = nowMs + delayMs + (isLost ? RETRANSMISSION_MS : 0)
    this.#lastDueMs = Math.max(this.#lastDueMs, dueMs)
    this.#flying.push(message)
    const bytes = bytesOf(message)
    if (message.kind !== 'padding') this.#bytes.sentBytes += isLost ? 2 * bytes : bytes
    if (isLost && message.kind !== 'padding') this.#bytes.resentBytes += bytes
    clock.after(this.#lastDueMs - nowMs, () => this.#arrive())
  }

  // One timer a message, but each takes the oldest one: so the order holds whatever the timers do.
  #arrive(): void {
    if (this.#options.conditions().isCut) {
      this.#held++
      return
    }
    const message = this.#flying.shift()
    if (message === undefined) return
    if (message.kind !== 'padding') this.#bytes.deliveredBytes += bytesOf(message)
    this.#note()
    if (message.kind !== 'padding') this.#options.deliver(message)
    else this.#probe.arrived(message.bytes, this.#options.clock.monotonicMs())
  }
}
