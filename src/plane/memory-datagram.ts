// The UDP path of a link between two in-memory planes, seen from one end:
//   offer sent and heard -> probing -> up (frames may go by datagrams) <-> down (frames go by TLS)
// Whether they do, while it is up, transport-choice.ts says.
// A link that may use UDP only is given up when it does not pass for UDP_REQUIRED_MS.

import type { Cancel, Clock } from '../base/clock.ts'
import { UDP_REQUIRED_MS } from '../base/limits.ts'
import type {
  DatagramInfo,
  LinkRole,
  Transport,
  TransportPolicy,
  TransportReason,
} from './link-info.ts'
import type { Datagram, DatagramWire } from './memory-datagram-wire.ts'
import { chooseTransport, NO_ANSWER, type TransportChoice } from './transport-choice.ts'

/** While up: a probe this often, and so many without an answer end it. */
const PROBE_INTERVAL_MS = 250
const PROBES_UNANSWERED_MAX = 4
/** So many without an answer: silent, for whoever asks. */
const PROBES_SILENT = 2
/** Between probes while down: quick at first, then now and then. */
const RETRY_DELAYS_MS = [100, 250, 1_000, 5_000] as const
/** Ethernet's 1,500 bytes without the headers of IPv4 and UDP. */
const DATAGRAM_BYTES = 1_472
/** The least round trip is that of so long. */
const RTT_WINDOW_MS = 10_000

/** The link that a path belongs to. */
export interface DatagramOwner {
  readonly clock: Clock
  readonly isOffered: boolean
  /** With `auto`: as long as this a path carries frames in datagrams; 0: every path. */
  readonly fromRttMs: number
  /** Tells the peer, on TLS, that datagrams may come. */
  sendOffer(): void
  onFrame(frame: Uint8Array, hops: number): void
  onTransport(transport: Transport, reason: string): void
  onBlocked(reason: string): void
}

export class DatagramPath {
  readonly #owner: DatagramOwner
  #wire: DatagramWire | null = null
  #policy: TransportPolicy = 'tcp'
  #isOfferHeard = false
  #state: DatagramInfo['state'] | 'none' = 'none'
  #isClosed = false
  #unanswered = 0
  #retries = 0
  #rttMs: number | null = null
  #choice: TransportChoice = NO_ANSWER
  #rtts: readonly { readonly atMs: number; readonly rttMs: number }[] = []
  #rttSamples = 0
  #counts = { sent: 0, received: 0, lost: 0, repaired: 0 }
  #cancelProbe: Cancel = () => {}
  #cancelRequired: Cancel = () => {}

  constructor(owner: DatagramOwner) {
    this.#owner = owner
  }

  get transport(): Transport {
    return this.#choice.isUdp ? 'udp' : 'tcp'
  }

  /** Frames go by datagrams, and the last probe but one was answered. */
  get isAnswered(): boolean {
    return this.#choice.isUdp && this.#unanswered < PROBES_SILENT
  }

  get reason(): TransportReason {
    return this.#state === 'none' ? 'not-agreed' : this.#choice.reason
  }

  connected(wire: DatagramWire): void {
    this.#wire = wire
  }

  admitted(role: LinkRole, policy: TransportPolicy): void {
    this.#policy = role === 'star' ? 'tcp' : policy
    const who = this.#owner.isOffered ? 'the peer' : 'this daemon'
    if (this.#policy === 'udp') this.#require(`${who} offers no UDP`)
    if (this.#policy === 'tcp' || !this.#owner.isOffered) return
    this.#owner.sendOffer()
    this.#agree()
  }

  heardOffer(): void {
    this.#isOfferHeard = true
    this.#agree()
  }

  /** False: more waits already than the path may hold. */
  sendFrame(frame: Uint8Array, hops: number): boolean {
    return this.#send({ kind: 'frame', frame, hops })
  }

  receive(datagram: Datagram, { isRepaired }: { readonly isRepaired: boolean }): void {
    if (this.#state === 'none' || this.#isClosed) return
    this.#counts.received++
    if (isRepaired) this.#counts.repaired++
    switch (datagram.kind) {
      case 'frame':
        this.#owner.onFrame(datagram.frame, datagram.hops)
        break
      case 'probe':
        this.#send({ kind: 'answer', stampMs: datagram.stampMs })
        break
      case 'answer':
        this.#answered(datagram.stampMs)
        break
    }
  }

  lost(): void {
    if (this.#state !== 'none') this.#counts.lost++
  }

  close(): void {
    this.#cancelProbe()
    this.#cancelRequired()
    this.#isClosed = true
    if (this.#state !== 'none') this.#state = 'down'
    this.#choice = NO_ANSWER
  }

  info(remote: Pick<DatagramInfo, 'remoteAddress' | 'remotePort'>): DatagramInfo | null {
    if (this.#state === 'none') return null
    const { sent, received, lost, repaired } = this.#counts
    const microseconds = (ms: number | null) => (ms === null ? null : Math.round(ms * 1_000))
    return {
      state: this.#state,
      remoteAddress: remote.remoteAddress,
      remotePort: remote.remotePort,
      datagramBytes: this.#state === 'probing' ? 0 : DATAGRAM_BYTES,
      rttUs: microseconds(this.#rttMs),
      minRttUs: microseconds(this.#minRttMs()),
      sentDatagrams: sent,
      receivedDatagrams: received,
      lostDatagrams: lost,
      repairedDatagrams: repaired,
      rejectedDatagrams: 0, // nobody forges in memory
    }
  }

  #agree(): void {
    const isWilling = this.#owner.isOffered && this.#policy !== 'tcp'
    if (!isWilling || !this.#isOfferHeard || this.#state !== 'none') return
    this.#state = 'probing'
    if (this.#policy === 'udp') this.#require('no datagram passed')
    this.#probe()
  }

  #send(datagram: Datagram): boolean {
    this.#counts.sent++
    return this.#wire?.send(datagram) ?? false
  }

  #probe(): void {
    const { clock } = this.#owner
    if (this.#state === 'up' && this.#unanswered >= PROBES_UNANSWERED_MAX) this.#goDown()
    this.#unanswered++
    this.#send({ kind: 'probe', stampMs: clock.monotonicMs() })
    const last = RETRY_DELAYS_MS.length - 1
    const retryMs = RETRY_DELAYS_MS[Math.min(this.#retries++, last)] ?? PROBE_INTERVAL_MS
    const delayMs = this.#state === 'up' ? PROBE_INTERVAL_MS : retryMs
    this.#cancelProbe = clock.after(delayMs, () => this.#probe())
  }

  #answered(stampMs: number): void {
    const nowMs = this.#owner.clock.monotonicMs()
    this.#unanswered = 0
    this.#rttMs = nowMs - stampMs
    this.#rttSamples++
    const recent = this.#rtts.filter(({ atMs }) => atMs > nowMs - RTT_WINDOW_MS)
    this.#rtts = [...recent, { atMs: nowMs, rttMs: this.#rttMs }]
    if (this.#state !== 'up') this.#goUp()
    this.#choose()
  }

  #minRttMs(): number | null {
    return this.#rtts.length === 0 ? null : Math.min(...this.#rtts.map(({ rttMs }) => rttMs))
  }

  #goUp(): void {
    this.#state = 'up'
    this.#cancelRequired()
    this.#cancelProbe()
    this.#cancelProbe = this.#owner.clock.after(PROBE_INTERVAL_MS, () => this.#probe())
  }

  #goDown(): void {
    this.#state = 'down'
    this.#retries = 0
    if (this.#policy === 'udp') this.#require('datagrams pass no more')
    this.#choose()
  }

  /** Tells when frames change their way. */
  #choose(): void {
    const { clock, fromRttMs } = this.#owner
    const path = {
      isUp: this.#state === 'up',
      minRttMs: this.#minRttMs() ?? 0,
      rttSamples: this.#rttSamples,
    }
    const rule = { isRequired: this.#policy === 'udp', fromRttMs }
    const before = this.transport
    this.#choice = chooseTransport(this.#choice, { path, rule, nowMs: clock.monotonicMs() })
    if (this.transport === before) return
    const why = path.isUp ? this.#choice.reason.replace('-', ' ') : 'datagrams pass no more'
    this.#owner.onTransport(this.transport, why)
  }

  #require(reason: string): void {
    this.#cancelRequired()
    const giveUp = () => this.#owner.onBlocked(`only UDP is allowed: ${reason}`)
    this.#cancelRequired = this.#owner.clock.after(UDP_REQUIRED_MS, giveUp)
  }
}
