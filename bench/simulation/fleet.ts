// A fleet of thousands of hosts that obey at once: only the controller works, and is measured.
// Every order is answered after a network's time; what it would cost on the wire is counted with
// the product's own encoding.

import { createState, type State, step } from '../../src/adapt/controller.ts'
import { planLinks } from '../../src/adapt/planner.ts'
import { problemBuilder } from '../../src/adapt/planning.ts'
import {
  type AdaptCommand,
  type AdaptEvent,
  type AdaptSettings,
  type HostPair,
  type PathRule,
  pairKey,
} from '../../src/adapt/types.ts'
import type { MacAddress } from '../../src/base/mac.ts'
import { seededRandom } from '../../src/base/random.ts'
import type { Edge, Topology } from '../../src/infer/types.ts'
import { type ControlMessage, encodeControl } from '../../src/wire/control.ts'
import { PATH_RULES_PER_MESSAGE_MAX } from '../../src/wire/message.ts'
import { guestMac } from '../inference/traffic.ts'
import { VirtualTime } from './time.ts'
import { PROXY } from './underlay.ts'

export interface FleetPlan {
  readonly hosts: number
  readonly guestsPerHost: number
  /** Ordered pairs of guests that talk. */
  readonly pairs: number
  readonly settings: AdaptSettings
}

/** An order is up, with payload checked, after this; a set of rules is answered after that. */
const ORDER_MS = 60
const RULES_MS = 20
const TICK_MS = 100
/** Guests talk within groups of this many, as applications do. */
const GROUP = 50
const REST_MAX_MS = 600_000

export interface HostTraffic {
  messages: number
  bytes: number
}

export class Fleet {
  readonly time = new VirtualTime()
  readonly traffic = new Map<string, HostTraffic>()
  /** Processor time of each step that took long enough to be seen, ms. */
  longestStepMs = 0
  longestTickMs = 0
  commands = 0
  readonly #plan: FleetPlan
  readonly #names: readonly string[]
  readonly #places = new Map<MacAddress, string>()
  readonly #standing = new Map<string, HostPair>()
  readonly #up = new Set<string>()
  #state: State
  #lastCommandMs = 0
  /** Processor time since the last tick: what one tick of the proxy costs in all. */
  #sinceTickMs = 0

  constructor(plan: FleetPlan) {
    this.#plan = plan
    this.#names = Array.from({ length: plan.hosts }, (_, at) => `host-${at}`)
    const random = seededRandom(7)
    const numbers = Array.from({ length: plan.hosts * plan.guestsPerHost }, (_, at) => at)
    // Neighbours of a group are on any hosts.
    const shuffled = numbers
      .map((number) => ({ number, key: random.next() }))
      .sort((one, other) => one.key - other.key)
    for (const [at, { number }] of shuffled.entries()) {
      this.#places.set(guestMac(number), this.#names[at % plan.hosts] ?? '')
    }
    this.#state = createState({
      proxy: PROXY,
      settings: plan.settings,
      buildProblem: problemBuilder(() => figures(plan.hosts)),
      planLinks,
      seed: 1,
    })
    for (const name of this.#names) this.traffic.set(name, { messages: 0, bytes: 0 })
  }

  /** All hosts up, nobody talks. */
  start(): void {
    for (const host of this.#names) this.#hostUp(host)
    this.#hear({ kind: 'places', places: this.#places })
    this.settle()
  }

  talk(): void {
    this.#hear({ kind: 'topology', topology: this.#topology() })
  }

  /** Every host goes and comes back within three seconds; links come back as their ends do. */
  restartAll(): void {
    const random = seededRandom(3)
    for (const host of this.#names) this.#hostDown(host)
    for (const host of this.#names) {
      this.time.after(500 + random.next() * 2_500, () => this.#hostUp(host))
    }
  }

  forgetTraffic(): void {
    this.longestTickMs = 0
    this.longestStepMs = 0
    for (const one of this.traffic.values()) Object.assign(one, { messages: 0, bytes: 0 })
  }

  /** Ticks until nothing was ordered for a while. Ms until the last command. */
  settle(quietMs = 2_500): number {
    const startMs = this.time.nowMs
    this.#lastCommandMs = startMs
    while (this.time.nowMs - this.#lastCommandMs < quietMs) {
      if (this.time.nowMs - startMs > REST_MAX_MS) break
      this.#tick()
    }
    return this.#lastCommandMs - startMs
  }

  /** Processor time of so many ticks in which nothing changes, each. */
  idleTickMs(ticks: number): number {
    const startMs = cpuMs()
    for (let tick = 0; tick < ticks; tick += 1) this.#tick()
    return (cpuMs() - startMs) / ticks
  }

  links(): number {
    return this.#standing.size
  }

  #tick(): void {
    this.time.runUntil(this.time.nowMs + TICK_MS)
    this.#hear({ kind: 'tick', nowMs: this.time.nowMs })
    this.longestTickMs = Math.max(this.longestTickMs, this.#sinceTickMs)
    this.#sinceTickMs = 0
  }

  #hear(event: AdaptEvent): void {
    const startMs = performance.now()
    const { state, commands } = step(this.#state, event)
    const elapsedMs = performance.now() - startMs
    this.longestStepMs = Math.max(this.longestStepMs, elapsedMs)
    this.#sinceTickMs += elapsedMs
    this.#state = state
    for (const command of commands) this.#obey(command)
  }

  #obey(command: AdaptCommand): void {
    if (command.kind === 'tell') return
    this.commands += 1
    this.#lastCommandMs = this.time.nowMs
    if (command.kind === 'set-rules') {
      const { host, sequence, rules } = command
      for (const message of ruleMessages(sequence, rules)) this.#count(host, message)
      this.time.after(RULES_MS, () => this.#hear({ kind: 'rules', host, sequence, error: null }))
      return
    }
    const { pair } = command
    const isRemoved = command.kind === 'remove-link'
    this.#countOrders(pair, isRemoved)
    if (isRemoved) this.#standing.delete(pairKey(pair))
    this.time.after(ORDER_MS, () => this.#linkIs(pair, isRemoved ? 'removed' : 'up'))
  }

  #linkIs(pair: HostPair, state: 'up' | 'down' | 'removed'): void {
    if (state === 'up') this.#standing.set(pairKey(pair), pair)
    this.#hear({ kind: 'link', pair, state, reason: '' })
  }

  #hostUp(host: string): void {
    this.#up.add(host)
    this.#hear({ kind: 'host-up', host, canBeDialled: true })
    // The proxy orders again what stands, and the link comes up when both ends are there.
    for (const pair of this.#linksOf(host)) {
      this.#countOrders(pair, false)
      const peer = pair.a === host ? pair.b : pair.a
      if (this.#up.has(peer)) this.time.after(ORDER_MS, () => this.#linkIs(pair, 'up'))
    }
  }

  #hostDown(host: string): void {
    this.#up.delete(host)
    this.#hear({ kind: 'host-down', host })
    for (const pair of this.#linksOf(host)) this.#linkIs(pair, 'down')
  }

  #linksOf(host: string): readonly HostPair[] {
    const links = this.#state.hosts.get(host)?.links ?? []
    return [...links].map(({ pair }) => pair).filter((pair) => this.#standing.has(pairKey(pair)))
  }

  #countOrders({ a, b }: HostPair, isRemoved: boolean): void {
    for (const [host, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      if (this.#up.has(host)) this.#count(host, orderTo(peer, { isRemoved, dial: host === a }))
    }
  }

  #count(host: string, message: ControlMessage): void {
    const traffic = this.traffic.get(host)
    if (traffic === undefined) return
    traffic.messages += 1
    traffic.bytes += encodeControl(message).length
  }

  /** A ring in each group and chords, until there are enough pairs. */
  #topology(): Topology {
    const { hosts, guestsPerHost, pairs } = this.#plan
    const guests = hosts * guestsPerHost
    const random = seededRandom(5)
    const edges: Edge[] = []
    for (let reach = 1; edges.length < pairs; reach += 1) {
      for (let from = 0; from < guests && edges.length < pairs; from += 1) {
        const group = from - (from % GROUP)
        const to = group + ((from - group + reach) % GROUP)
        const [source, destination] = [guestMac(from), guestMac(to)]
        const bytesPerSecond = 1e4 + random.next() * 1e6
        edges.push({ source, destination, bytesPerSecond, sinceMs: 0, isThrottled: false })
      }
    }
    return { guests: Array.from({ length: guests }, (_, at) => guestMac(at)), edges }
  }
}

const cpuMs = () => process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000

function figures(hosts: number) {
  const both = (rate: number) => ({ sendBytesPerSecond: rate, receiveBytesPerSecond: rate })
  return {
    proxy: () => both(1.25e9),
    // 100 Mbit/s to 1 Gbit/s, each host its own.
    access: (host: string) => both(1.25e7 * (1 + (Number(host.slice(5)) % 10))),
    star: () => ({ ...both(1.25e8 / Math.sqrt(hosts)), rttMs: 2, lossRatio: 0 }),
    path: () => null,
  }
}

function* ruleMessages(sequence: number, rules: readonly PathRule[]): Iterable<ControlMessage> {
  const parts = Math.max(1, Math.ceil(rules.length / PATH_RULES_PER_MESSAGE_MAX))
  for (let part = 0; part < parts; part += 1) {
    const from = part * PATH_RULES_PER_MESSAGE_MAX
    const chunk = rules.slice(from, from + PATH_RULES_PER_MESSAGE_MAX)
    yield {
      kind: 'pathRules',
      requestId: sequence,
      sequence,
      part,
      parts,
      rules: chunk.map(({ source, destination, via }) => ({ source, destination, viaPeer: via })),
    }
  }
}

function orderTo(
  peer: string,
  { isRemoved, dial }: { readonly isRemoved: boolean; readonly dial: boolean },
): ControlMessage {
  return {
    kind: 'linkOrder',
    requestId: 1,
    orderId: '0123456789abcdef',
    peer,
    isRemoved,
    dial,
    endpoints: dial ? [{ address: '198.51.100.17', port: 4433 }] : [],
    peerPublicKeySha256: '0'.repeat(64),
    transport: 'auto',
  }
}
