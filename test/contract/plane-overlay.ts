// Words to write the contract of planes in: an overlay of daemons, stations on memory ports, frames
// that can be told apart, and tests that get an overlay each.

import { expect, test } from 'vitest'
import type { MacAddress } from '../../src/base/mac.ts'
import { BROADCAST_MAC, macToBytes, parseMac } from '../../src/base/mac.ts'
import type {
  DropReason,
  LinkId,
  LinkInfo,
  LinkRole,
  MacEntry,
  Plane,
  PlaneEvent,
  PlaneOptions,
  PortId,
  PortInfo,
} from '../../src/plane/plane.ts'
import type { CreateFixture, CredentialKind, PlaneFixture } from './plane-fixture.ts'

/** One of these for each of those. */
type Each<T extends readonly unknown[], U> = { [K in keyof T]: U }

/** `test` whose body gets an overlay on a new fixture. */
export function overlayTests(createFixture: CreateFixture) {
  return (name: string, run: (net: Overlay) => Promise<void>): void => {
    test(name, async () => {
      const net = new Overlay(await createFixture())
      try {
        await run(net)
      } finally {
        await net.close()
      }
    })
  }
}

/** A link as both daemons call it. */
export interface LinkEnds {
  /** The dialler's. */
  readonly a: LinkId
  readonly b: LinkId
}

type EventOf<K extends PlaneEvent['kind']> = Extract<PlaneEvent, { readonly kind: K }>

export class Daemon {
  readonly plane: Plane
  readonly name: string
  readonly events: PlaneEvent[] = []
  readonly received = new Map<PortId, Uint8Array[]>()

  constructor(name: string, plane: Plane) {
    this.name = name
    this.plane = plane
    plane.onEvent = (event) => {
      this.events.push(event)
      if (event.kind !== 'frame') return
      const frames = this.received.get(event.port) ?? []
      frames.push(event.frame)
      this.received.set(event.port, frames)
    }
  }

  eventsOf<K extends PlaneEvent['kind']>(kind: K): EventOf<K>[] {
    return this.events.filter((event): event is EventOf<K> => event.kind === kind)
  }

  link(id: LinkId): LinkInfo {
    return found(this.plane.links(), (link) => link.id === id)
  }

  port(id: PortId): PortInfo {
    return found(this.plane.ports(), (port) => port.id === id)
  }

  mac(mac: MacAddress): MacEntry | undefined {
    return this.plane.macs().find((entry) => entry.mac === mac)
  }

  dropped(reason: DropReason): number {
    return this.plane.drops()[reason]
  }
}

function found<T>(all: readonly T[], is: (item: T) => boolean): T {
  const item = all.find(is)
  if (item === undefined) throw new Error('not there')
  return item
}

/** Same bytes in the same order. Unlike toEqual it does not print megabytes. */
export function isSame(got: readonly Uint8Array[], wanted: readonly Uint8Array[]): boolean {
  return got.length === wanted.length && Buffer.concat(got).equals(Buffer.concat(wanted))
}

let lastNumber = 0

export interface FrameOptions {
  readonly source?: MacAddress
  /** Bytes of the whole frame, at least 18. Default 60. */
  readonly bytes?: number
}

/** A frame unlike any other, of the type for local experiments (IEEE 802 section 9.2.3). */
export function makeFrame(
  destination: MacAddress,
  source: MacAddress,
  { bytes = 60 }: FrameOptions = {},
): Uint8Array {
  const frame = new Uint8Array(bytes)
  frame.set(macToBytes(destination))
  frame.set(macToBytes(source), 6)
  frame.set([0x88, 0xb5], 12)
  new DataView(frame.buffer).setUint32(14, ++lastNumber)
  for (let i = 18; i < bytes; i++) frame[i] = i & 0xff
  return frame
}

/** A guest: a MAC on a memory port of a daemon. */
export class Station {
  readonly daemon: Daemon
  readonly port: PortId
  readonly mac: MacAddress

  constructor(daemon: Daemon, name: string, mac: MacAddress) {
    this.daemon = daemon
    this.mac = mac
    this.port = daemon.plane.addPort({ kind: 'memory', name }).id
  }

  /** Sends a new frame to a station or MAC; returns it. */
  send(to: Station | MacAddress, options: FrameOptions = {}): Uint8Array {
    const destination = to instanceof Station ? to.mac : to
    const frame = makeFrame(destination, options.source ?? this.mac, options)
    this.inject(frame)
    return frame
  }

  broadcast(): Uint8Array {
    return this.send(BROADCAST_MAC)
  }

  inject(frame: Uint8Array): void {
    this.daemon.plane.inject(this.port, frame)
  }

  /** How often exactly this frame came. */
  count(frame: Uint8Array): number {
    return this.inbox().filter((other) => Buffer.compare(other, frame) === 0).length
  }

  inbox(): readonly Uint8Array[] {
    return this.daemon.received.get(this.port) ?? []
  }
}

export class Overlay {
  readonly fixture: PlaneFixture
  readonly #daemons: Daemon[] = []
  readonly #stations: Station[] = []

  constructor(fixture: PlaneFixture) {
    this.fixture = fixture
  }

  async daemon(
    name: string,
    options: Partial<PlaneOptions> = {},
    kind: CredentialKind = 'good',
  ): Promise<Daemon> {
    const role = name === 'proxy' ? ('proxy' as const) : ('host' as const)
    const plane = this.fixture.createPlane({ role, ...options })
    plane.setCredentials(await this.fixture.credentials(name, kind))
    this.fixture.listen(plane)
    const daemon = new Daemon(name, plane)
    this.#daemons.push(daemon)
    return daemon
  }

  async daemons<const T extends readonly string[]>(...names: T): Promise<Each<T, Daemon>> {
    const daemons: Daemon[] = []
    for (const name of names) daemons.push(await this.daemon(name))
    return daemons as Each<T, Daemon>
  }

  /** A new guest at each of these daemons, known to nobody yet. */
  stations<const T extends readonly Daemon[]>(...daemons: T): Each<T, Station> {
    return daemons.map((daemon) => this.station(daemon)) as Each<T, Station>
  }

  station(daemon: Daemon): Station {
    const number = this.#stations.length + 1
    const mac = parseMac(`02:00:00:00:00:${number.toString(16).padStart(2, '0')}`)
    const station = new Station(daemon, `${daemon.name}-${number}`, mac)
    this.#stations.push(station)
    return station
  }

  /** A link that both ends admitted. */
  async connect(a: Daemon, b: Daemon, role: LinkRole): Promise<LinkEnds> {
    const ends = await this.dial(a, b)
    a.plane.admit(ends.a, { role, peer: b.name })
    b.plane.admit(ends.b, { role, peer: a.name })
    return ends
  }

  /** A link that waits for admission at both ends. */
  async dial(a: Daemon, b: Daemon): Promise<LinkEnds> {
    const before = b.eventsOf('link-pending').length
    const id = await this.fixture.dial(a.plane, b.plane)
    const isPending = () => a.eventsOf('link-pending').some(({ link }) => link.id === id)
    const isAccepted = () => b.eventsOf('link-pending').length > before
    await this.fixture.until(() => isPending() && isAccepted(), `${a.name} to ${b.name} pending`)
    const accepted = b.eventsOf('link-pending').at(-1)
    if (accepted === undefined) throw new Error('not there')
    return { a: id, b: accepted.link.id }
  }

  /** A proxy, and hosts with a star link each (`a` is the host's end). */
  async star<const T extends readonly string[]>(
    ...names: T
  ): Promise<{ proxy: Daemon; hosts: Each<T, Daemon>; links: Each<T, LinkEnds> }> {
    const proxy = await this.daemon('proxy')
    const hosts = await this.daemons(...names)
    const links: LinkEnds[] = []
    for (const host of hosts) links.push(await this.connect(host, proxy, 'star'))
    return { proxy, hosts, links: links as Each<T, LinkEnds> }
  }

  /** Waits until all is quiet; then this frame came once at each of `once` and nowhere else. */
  async expectOnlyAt(frame: Uint8Array, once: readonly Station[]): Promise<void> {
    const isThere = () => once.every((station) => station.count(frame) > 0)
    await this.fixture.until(isThere, 'frame').catch(() => {}) // the comparison below tells more
    await this.fixture.settle()
    const copies = this.#stations.map((station) => [station.mac, station.count(frame)])
    const wanted = this.#stations.map((station) => [station.mac, once.includes(station) ? 1 : 0])
    expect(copies).toEqual(wanted)
  }

  until(condition: () => boolean, what: string): Promise<void> {
    return this.fixture.until(condition, what)
  }

  settle(): Promise<void> {
    return this.fixture.settle()
  }

  async close(): Promise<void> {
    for (const { plane } of this.#daemons) await plane.close()
    await this.fixture.close()
  }
}
