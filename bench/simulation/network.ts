// A whole simulated network: underlay, proxy with the product's controller, hosts, guests that
// talk. Faults are put into it from outside (faults.ts); invariants.ts looks on.

import { step as realStep } from '../../src/adapt/controller.ts'
import { planLinks } from '../../src/adapt/planner.ts'
import { problemBuilder } from '../../src/adapt/planning.ts'
import {
  type AdaptSettings,
  type HostPair,
  type PathMeasure,
  type Pin,
  pairKey,
} from '../../src/adapt/types.ts'
import type { MacAddress } from '../../src/base/mac.ts'
import { type Random, seededRandom } from '../../src/base/random.ts'
import type { Edge, Topology } from '../../src/infer/types.ts'
import { guestMac } from '../inference/traffic.ts'
import { Chart } from './chart.ts'
import type { Frame } from './frames.ts'
import { SimulatedHost } from './host.ts'
import { Invariants } from './invariants.ts'
import { type Kept, SimulatedProxy } from './proxy.ts'
import { createSessions } from './sessions.ts'
import { VirtualTime } from './time.ts'
import { createUnderlay, PROXY, type Underlay } from './underlay.ts'

const FRAMES_MS = 1_000
const MEASURES_MS = 3_000
const CAPACITY = { sendBytesPerSecond: 1.25e7, receiveBytesPerSecond: 1.25e7 }

export interface NetworkOptions {
  readonly seed: number
  readonly hosts: number
  readonly guestsPerHost: number
  readonly settings: AdaptSettings
  /** Instead of the product's: a controller that is broken on purpose. */
  readonly step?: typeof realStep
}

export class Network {
  readonly underlay: Underlay
  readonly chart = new Chart()
  readonly names: readonly string[]
  readonly guests: readonly MacAddress[]
  readonly hosts = new Map<string, SimulatedHost>()
  readonly kept: Kept
  readonly invariants: Invariants
  proxy: SimulatedProxy | null = null
  topology: Topology = { guests: [], edges: [] }
  readonly #options: NetworkOptions
  readonly #random: Random
  readonly #places = new Map<MacAddress, SimulatedHost>()
  #frames = 0
  #orders = 0

  constructor(options: NetworkOptions) {
    this.#options = options
    const time = new VirtualTime()
    this.#random = seededRandom(options.seed)
    this.underlay = createUnderlay(time, this.#random)
    this.names = Array.from({ length: options.hosts }, (_, at) => `h${at + 1}`)
    const count = options.hosts * options.guestsPerHost
    this.guests = Array.from({ length: count }, (_, at) => guestMac(at))
    this.kept = { saved: new Map(), settings: options.settings, pins: [] }
    this.invariants = new Invariants(this)
    const { connect } = createSessions({ ...this, proxy: () => this.proxy })
    const { underlay, chart, hosts, invariants } = this
    const world = {
      underlay,
      chart,
      hosts,
      connect,
      arrived: (frame: Frame) => invariants.arrived(frame),
      lost: (frame: Frame, why: string) => invariants.lost(frame, why),
    }
    for (const name of this.names) {
      hosts.set(name, new SimulatedHost(world, name, this.#random.next() < 0.8))
    }
    for (const [at, guest] of this.guests.entries()) {
      const host = hosts.get(this.names[at % options.hosts] ?? '')
      if (host === undefined) continue
      host.guests.add(guest)
      this.#places.set(guest, host)
    }
  }

  get nowMs(): number {
    return this.underlay.time.nowMs
  }

  later(ms: number, act: () => void): void {
    this.underlay.time.after(ms, act)
  }

  start(): void {
    this.startProxy()
    for (const name of this.names) {
      this.later(this.#random.next() * 2_000, () => this.startHost(name))
    }
    this.later(FRAMES_MS, () => this.#sendAll())
    this.later(MEASURES_MS, () => this.#measure())
  }

  note(text: string): void {
    this.chart.add(this.nowMs, PROXY, PROXY, `*** ${text}`)
  }

  startProxy(): void {
    if (this.proxy !== null) return
    const { underlay, chart, kept, invariants } = this
    this.proxy = new SimulatedProxy({
      underlay,
      chart,
      kept,
      controller: {
        buildProblem: problemBuilder(() => FIGURES),
        planLinks,
        seed: this.#options.seed,
      },
      step: this.#options.step ?? realStep,
      topology: () => this.topology,
      canBeDialled: (host) => this.hosts.get(host)?.canBeDialled ?? false,
      nextOrderId: () => String(++this.#orders),
      onCommand: (command, proxy) => invariants.command(command, proxy),
      onEvent: (event) => invariants.event(event),
      onMessage: (host) => invariants.message(host),
      deliver: (host, frame) => this.hosts.get(host)?.deliver(frame),
      lost: (frame, why) => invariants.lost(frame, why),
    })
  }

  crashProxy(): void {
    this.proxy?.crash()
    this.proxy = null
    this.invariants.proxyGone()
  }

  startHost(name: string): void {
    const host = this.hosts.get(name)
    if (host !== undefined && !host.isUp) host.start()
  }

  crashHost(name: string): void {
    this.hosts.get(name)?.crash()
  }

  refuseRules(name: string, isRefused: boolean): void {
    const host = this.hosts.get(name)
    if (host !== undefined) host.refusesRules = isRefused
  }

  move(guest: MacAddress, to: string): void {
    const [from, target] = [this.hostOf(guest), this.hosts.get(to)]
    if (from === undefined || target === undefined) return
    from.guests.delete(guest)
    target.guests.add(guest)
    this.#places.set(guest, target)
    from.announce()
    target.announce()
    // As its traffic would: the newest sign of life wins, whichever message came last.
    this.later(3_000, () => this.hostOf(guest)?.announce())
  }

  talk(
    rates: readonly { readonly edge: readonly [number, number]; readonly rate: number }[],
  ): void {
    const edges: Edge[] = rates.flatMap(({ edge: [from, to], rate }) => {
      const [source, destination] = [this.guests[from], this.guests[to]]
      if (source === undefined || destination === undefined) return []
      return [
        { source, destination, bytesPerSecond: rate, sinceMs: this.nowMs, isThrottled: false },
      ]
    })
    const guests = [...new Set(edges.flatMap((edge) => [edge.source, edge.destination]))].sort()
    this.topology = { guests, edges }
  }

  set(settings: Partial<AdaptSettings>): void {
    this.kept.settings = { ...this.kept.settings, ...settings }
    this.proxy?.hear({ kind: 'settings', settings: this.kept.settings })
  }

  pin(pins: readonly Pin[]): void {
    this.kept.pins = pins
    this.proxy?.hear({ kind: 'pins', pins })
  }

  /** The operator makes a link, or takes one away. */
  toggleManual(pair: HostPair): void {
    const { proxy } = this
    if (proxy === null || !proxy.isUp(pair.a) || !proxy.isUp(pair.b)) return
    if (proxy.orders.isBusy(pair)) return
    const isManual = this.kept.saved.get(pairKey(pair))?.origin === 'manual'
    if (isManual) proxy.orders.remove(pair)
    else proxy.orders.add(pair, 'manual')
  }

  /** Frames between guests that talk, or between all; each guest is where it is now. */
  send(
    pairs: readonly { readonly source: MacAddress; readonly destination: MacAddress }[],
  ): Frame[] {
    const sent: Frame[] = []
    for (const { source, destination } of pairs) {
      const host = this.hostOf(source)
      if (host === undefined || !host.isUp) continue
      this.#frames += 1
      const relay = (frame: Frame) => {
        if (this.proxy === null) this.invariants.lost(frame, 'there is no proxy')
        else this.proxy.relay(frame)
      }
      const frame: Frame = {
        number: this.#frames,
        source,
        destination,
        way: [],
        relay,
        deliveries: 0,
        lostBecause: null,
      }
      sent.push(frame)
      host.send(frame)
    }
    return sent
  }

  hostOf(guest: MacAddress): SimulatedHost | undefined {
    return this.#places.get(guest)
  }

  #sendAll(): void {
    this.send(this.topology.edges)
    this.later(FRAMES_MS, () => this.#sendAll())
  }

  /** What the hosts would have measured of links that stand. */
  #measure(): void {
    const common = {
      rttMs: 20,
      jitterMs: 1,
      queueMs: 0,
      bytesPerSecond: null,
      isSaturated: false,
      loadBytesPerSecond: 0,
      atMs: this.nowMs,
      confidence: 1,
    }
    const paths = [...this.kept.saved.values()].map(({ pair }): PathMeasure => {
      const lossRatio = this.underlay.lossy.get(pairKey(pair)) ?? 0
      return { ...common, from: pair.a, to: pair.b, role: 'fast-path', lossRatio }
    })
    const stars = this.names.map((from): PathMeasure => {
      return { ...common, from, to: PROXY, role: 'star', lossRatio: 0 }
    })
    this.proxy?.hear({ kind: 'measures', measures: [...stars, ...paths] })
    this.later(MEASURES_MS, () => this.#measure())
  }
}

const FIGURES = {
  proxy: () => CAPACITY,
  access: () => CAPACITY,
  star: () => ({ ...CAPACITY, rttMs: 20, lossRatio: 0 }),
  path: () => null,
}
