// The in-memory twin of the native plane: the same behaviour (test/contract), without devices,
// sockets and threads, on the clock that it is given. For tests and for the simulation. Ports of
// all kinds stand here for memory ports: `inject` feeds them, the event `frame` is what they put
// out. Planes are made by a network (memory-network.ts), which is what lies between them.

import type { Cancel, Clock } from '../base/clock.ts'
import { VnetError } from '../base/errors.ts'
import {
  CONTROL_MESSAGE_BYTES_MAX,
  DATAGRAMS_FROM_RTT_US,
  STORM_LIMIT_FRAMES_PER_SECOND,
} from '../base/limits.ts'
import type { MacAddress } from '../base/mac.ts'
import { createStormGuard } from './guards.ts'
import type { LinkFigures, ProbeLimits } from './link-figures.ts'
import type { MemoryIdentity } from './memory-credentials.ts'
import { parseCredentials } from './memory-credentials.ts'
import { MemoryForwarder } from './memory-forwarder.ts'
import { MemoryLink } from './memory-link.ts'
import type { Endpoints, LinkOwner } from './memory-link-owner.ts'
import { MemoryPort } from './memory-port.ts'
import { pairColumns } from './pair-columns.ts'
import type {
  AdmitOptions,
  CloseCode,
  Credentials,
  DialOptions,
  DropReason,
  LinkId,
  LinkInfo,
  Listening,
  MacEntry,
  PairColumns,
  PinnedPlace,
  Plane,
  PlaneEvent,
  PlaneOptions,
  PortId,
  PortInfo,
  PortOptions,
  Rule,
  RuleInfo,
} from './plane.ts'
import { DROP_REASONS } from './plane.ts'

/** Protocol that all in-memory planes speak. */
const VERSION = { major: 1, minor: 0 }
const NUMERIC_ADDRESS = /^[0-9.]+$|^[0-9a-f.]*:[0-9a-f:.]*$/i
/** IEEE 802.1D. */
const MAC_AGE_MS = 300_000

/** The network's side of a plane. */
export interface Surroundings {
  listen(options: { readonly address: string; readonly port: number }): number
  connect(link: MemoryLink, options: DialOptions): Endpoints
  forget(): void
}

export class MemoryPlane implements Plane {
  onEvent: (event: PlaneEvent) => void = () => {}
  readonly #clock: Clock
  readonly #stormLimit: number
  readonly #surroundings: Surroundings
  readonly #forwarder: MemoryForwarder
  readonly #owner: LinkOwner
  /** Drops of ports and links that are gone. */
  readonly #retiredDrops = new Map<DropReason, number>()
  readonly #events: PlaneEvent[] = []
  readonly #cancelSweep: Cancel
  #identity: MemoryIdentity | null = null
  #lastId = 0
  #isClosed = false

  constructor(clock: Clock, options: PlaneOptions, surroundings: Surroundings) {
    this.#clock = clock
    this.#surroundings = surroundings
    this.#stormLimit = options.stormLimitFramesPerSecond ?? STORM_LIMIT_FRAMES_PER_SECOND
    const emit = (event: PlaneEvent) => this.#emit(event)
    const { role, macAgeMs = MAC_AGE_MS } = options
    this.#forwarder = new MemoryForwarder({ clock, role, macAgeMs, emit })
    this.#cancelSweep = clock.every(1_000, () => this.#sweep())
    this.#owner = {
      clock,
      identity: () => this.#identity,
      isOffloadOffered: options.isOffloadOffered ?? true,
      datagrams: {
        isOffered: options.isDatagramOffered ?? true,
        fromRttMs: (options.datagramsFromRttUs ?? DATAGRAMS_FROM_RTT_US) / 1_000,
      },
      onPending: (link) => emit({ kind: 'link-pending', link: link.info(), peerVersion: VERSION }),
      onControl: (link, message) => emit({ kind: 'control', link: link.id, message }),
      onFrame: (link, frame, hops) => this.#forwarder.fromLink(link, frame, hops),
      onQueueDrop: (frame) => this.#forwarder.pairs.countDropped(frame),
      onTransport: (link, transport, reason) =>
        emit({ kind: 'link-transport', link: link.info(), transport, reason }),
      onStall: (link, reason) => this.#stallChanged(link, reason),
      onProbed: (link, probe) => emit({ kind: 'link-probed', link: link.id, probe }),
      onClosed: (link, code, reason) => this.#linkClosed(link, code, reason),
    }
  }

  setCredentials(credentials: Credentials): void {
    this.#identity = parseCredentials(credentials)
  }

  listen(options: { readonly address: string; readonly port: number }): Listening {
    return { port: this.#surroundings.listen(options), datagramError: null }
  }

  dial(options: DialOptions): LinkId {
    if (!NUMERIC_ADDRESS.test(options.host)) {
      throw new VnetError('dial-failed', `cannot dial '${options.host}': not a numeric address`)
    }
    const endpoints = { localAddress: '', remoteAddress: options.host, remotePort: options.port }
    const link = this.#makeLink('dialled', endpoints)
    link.endpoints = this.#surroundings.connect(link, options)
    return link.id
  }

  /** For the network: somebody dialled this plane. */
  accept(endpoints: Endpoints): MemoryLink {
    return this.#makeLink('accepted', endpoints)
  }

  admit(id: LinkId, options: AdmitOptions): void {
    const link = this.#forwarder.links.get(id)
    link?.admit(options)
    if (link?.isUsable() && link.role === 'star') this.#forwarder.star = id
  }

  closeLink(link: LinkId, reason: string): void {
    this.#forwarder.links.get(link)?.closeSoon(reason)
  }

  sendControl(link: LinkId, message: Uint8Array): boolean {
    if (message.length > CONTROL_MESSAGE_BYTES_MAX) {
      throw new VnetError('message-too-long', `a control message of ${message.length} bytes`)
    }
    return this.#forwarder.links.get(link)?.sendControl(message.slice()) ?? false
  }

  addPort(options: PortOptions): PortInfo {
    const id = ++this.#lastId as PortId
    const port = new MemoryPort(id, options, this.#stormLimit)
    this.#forwarder.ports.set(id, port)
    return this.#infoOf(port)
  }

  removePort(id: PortId): void {
    const port = this.#forwarder.ports.get(id)
    if (port === undefined) return
    this.#forwarder.ports.delete(id)
    this.#retire(port.drops)
    this.#forwarder.macs.forgetPlace({ kind: 'port', port: id })
  }

  inject(id: PortId, frame: Uint8Array): void {
    const port = this.#forwarder.ports.get(id)
    if (port !== undefined) this.#forwarder.fromPort(port, frame.slice())
  }

  setRule(rule: Rule): void {
    this.#forwarder.rules.set(rule)
  }

  removeRule(match: { readonly destination: MacAddress; readonly source?: MacAddress }): boolean {
    return this.#forwarder.rules.remove(match.destination, match.source)
  }

  setOwner(mac: MacAddress, link: LinkId): void {
    const options = { nowMs: this.#clock.monotonicMs(), isAnnounced: true }
    const { result, moves } = this.#forwarder.macs.learn(mac, { kind: 'link', link }, options)
    if (result === 'flapping') this.#emit({ kind: 'mac-flapping', mac, moves })
    if (result === 'full') this.#forwarder.countTableFull()
  }

  forgetMac(mac: MacAddress): void {
    this.#forwarder.macs.forget(mac)
  }

  setPin(mac: MacAddress, from: PinnedPlace | null): void {
    this.#forwarder.pins.set(mac, from)
  }

  removePin(mac: MacAddress): void {
    this.#forwarder.pins.delete(mac)
  }

  drainTraffic(): PairColumns {
    return pairColumns(this.#forwarder.pairs.drain())
  }

  ports(): PortInfo[] {
    return [...this.#forwarder.ports.values()].map((port) => this.#infoOf(port))
  }

  links(): LinkInfo[] {
    return [...this.#forwarder.links.values()].map((link) => link.info())
  }

  linkFigures(): LinkFigures[] {
    const usable = [...this.#forwarder.links.values()].filter((link) => link.isUsable())
    return usable.map((link) => link.figures())
  }

  probeLink(id: LinkId, limits: ProbeLimits): boolean {
    return this.#forwarder.links.get(id)?.probe(limits) ?? false
  }

  macs(): MacEntry[] {
    return this.#forwarder.macs.list(this.#clock.monotonicMs())
  }

  rules(): RuleInfo[] {
    return this.#forwarder.rules.list()
  }

  drops(): Record<DropReason, number> {
    const { ports, links, drops: own } = this.#forwarder
    const total = Object.fromEntries(DROP_REASONS.map((reason) => [reason, 0]))
    const all = [own, this.#retiredDrops, ...[...ports.values(), ...links.values()].map(dropsOf)]
    for (const drops of all) {
      for (const [reason, count] of drops) total[reason] = (total[reason] ?? 0) + count
    }
    return total as Record<DropReason, number>
  }

  lostEvents(): number {
    return 0
  }

  /** @throws VnetError `capture-failed` always: there are no descriptors in memory. */
  capture(): number {
    throw new VnetError('capture-failed', 'an in-memory plane has no descriptors to write to')
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelSweep()
    for (const link of [...this.#forwarder.links.values()])
      link.close('closed-here', 'the daemon ends')
    for (const id of [...this.#forwarder.ports.keys()]) this.removePort(id)
    this.#surroundings.forget()
  }

  #makeLink(direction: LinkInfo['direction'], endpoints: Endpoints): MemoryLink {
    // Many guests are behind one link, and the sending host limited each of its ports already.
    const storm = createStormGuard(this.#stormLimit * 4)
    const id = ++this.#lastId as LinkId
    const link = new MemoryLink({ id, owner: this.#owner, direction, endpoints, storm })
    this.#forwarder.links.set(id, link)
    return link
  }

  #linkClosed(link: MemoryLink, code: CloseCode, reason: string): void {
    this.#forwarder.links.delete(link.id)
    this.#retire(link.drops)
    if (this.#forwarder.star === link.id) this.#forwarder.star = null
    this.#forwarder.macs.forgetPlace({ kind: 'link', link: link.id })
    const info = link.info()
    const isStranger = info.direction === 'accepted' && !link.wasPending
    const { remoteAddress } = info
    if (isStranger) this.#emit({ kind: 'refused', remoteAddress, code, reason })
    else this.#emit({ kind: 'link-closed', link: info, code, reason })
  }

  #stallChanged(link: MemoryLink, reason: string | null): void {
    const { star, links } = this.#forwarder
    const other = star === null ? undefined : links.get(star)
    if (reason !== null && other !== undefined) link.giveFramesTo(other)
    if (reason === null) this.#emit({ kind: 'link-resumed', link: link.info() })
    else this.#emit({ kind: 'link-stalled', link: link.info(), reason })
  }

  #infoOf(port: MemoryPort): PortInfo {
    const other = port.loopWith === null ? undefined : this.#forwarder.ports.get(port.loopWith)
    return port.info(this.#clock.monotonicMs(), other?.name ?? null)
  }

  #sweep(): void {
    for (const mac of this.#forwarder.macs.expire(this.#clock.monotonicMs())) {
      this.#emit({ kind: 'mac-expired', mac })
    }
  }

  #retire(drops: ReadonlyMap<DropReason, number>): void {
    for (const [reason, count] of drops) {
      this.#retiredDrops.set(reason, (this.#retiredDrops.get(reason) ?? 0) + count)
    }
  }

  /** Events wait for the clock's queue: never inside a call into the plane. */
  #emit(event: PlaneEvent): void {
    if (this.#isClosed) return
    this.#events.push(event)
    if (this.#events.length === 1) this.#clock.after(0, () => this.#deliver())
  }

  #deliver(): void {
    for (const event of this.#events.splice(0)) {
      if (!this.#isClosed) this.onEvent(event)
    }
  }
}

function dropsOf(place: MemoryPort | MemoryLink): ReadonlyMap<DropReason, number> {
  return place.drops
}
