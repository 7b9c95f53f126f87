// The simulated proxy: sessions of hosts, places of guests, orders of links, and the product's own
// controller in the middle, fed and obeyed as src/proxy does it.

import {
  type ControllerOptions,
  createState,
  type State,
  type step,
} from '../../src/adapt/controller.ts'
import {
  type AdaptCommand,
  type AdaptEvent,
  type AdaptSettings,
  type Pin,
  pairKey,
} from '../../src/adapt/types.ts'
import type { MacAddress } from '../../src/base/mac.ts'
import type { Topology } from '../../src/infer/types.ts'
import type { Chart } from './chart.ts'
import type { Frame } from './frames.ts'
import { describeMessage, type Session, type ToHost, type ToProxy } from './messages.ts'
import { type SavedOrder, SimulatedOrders } from './orders.ts'
import { isCut, PROXY, type Underlay, wayMs } from './underlay.ts'

export const TICK_MS = 250
/** The inference of a new proxy sees nothing before this. */
const INFERENCE_MS = 1_000

/** What survives a proxy's end, and what people want. */
export interface Kept {
  readonly saved: Map<string, SavedOrder>
  settings: AdaptSettings
  pins: readonly Pin[]
}

export interface ProxyOptions {
  readonly underlay: Underlay
  readonly chart: Chart
  readonly kept: Kept
  readonly controller: Pick<ControllerOptions, 'buildProblem' | 'planLinks' | 'seed'>
  /** The controller as it is, or broken on purpose. */
  readonly step: typeof step
  readonly topology: () => Topology
  readonly canBeDialled: (host: string) => boolean
  readonly nextOrderId: () => string
  /** For the invariants: before a command is obeyed. */
  readonly onCommand: (command: AdaptCommand, proxy: SimulatedProxy) => void
  readonly onEvent: (event: AdaptEvent) => void
  readonly onMessage: (host: string, message: ToHost) => void
  readonly deliver: (host: string, frame: Frame) => void
  readonly lost: (frame: Frame, why: string) => void
}

export class SimulatedProxy {
  readonly orders: SimulatedOrders
  readonly #options: ProxyOptions
  readonly #sessions = new Map<string, Session>()
  readonly #owners = new Map<MacAddress, string>()
  readonly #startedMs: number
  #state: State
  #isAlive = true
  #topology: Topology | null = null
  #arePlacesOld = false

  constructor(options: ProxyOptions) {
    this.#options = options
    const { underlay, kept, controller } = options
    this.#startedMs = underlay.time.nowMs
    const adopted = [...kept.saved.values()].filter(({ origin }) => origin === 'adapt')
    this.#state = createState({
      ...controller,
      proxy: PROXY,
      settings: kept.settings,
      standing: adopted.map(({ pair }) => pair),
      firstSequence: 1 + Math.floor(this.#startedMs * 100),
    })
    this.orders = new SimulatedOrders({
      time: underlay.time,
      saved: kept.saved,
      isUp: (host) => this.#sessions.has(host),
      canBeDialled: options.canBeDialled,
      send: (host, message) => this.#send(host, message),
      tell: (pair, state, reason) => this.hear({ kind: 'link', pair, state, reason }),
      manualChanged: () => this.#manualChanged(),
      nextOrderId: options.nextOrderId,
    })
    this.hear({ kind: 'pins', pins: kept.pins })
    this.#manualChanged()
    this.#tick()
  }

  get state(): State {
    return this.#state
  }

  isUp(host: string): boolean {
    return this.#sessions.has(host)
  }

  ownerOf(guest: MacAddress): string | undefined {
    return this.#owners.get(guest)
  }

  crash(): void {
    this.#isAlive = false
    this.orders.isAlive = false
    for (const session of this.#sessions.values()) session.isOpenAtProxy = false
    this.#sessions.clear()
  }

  /** A host has come; an older session of it is over. */
  connected(session: Session): void {
    this.ended(session.host)
    const { host } = session
    this.#sessions.set(host, session)
    this.hear({ kind: 'host-up', host, canBeDialled: this.#options.canBeDialled(host) })
    this.orders.hostUp(host)
  }

  /** Nothing comes by this session any more; a newer one stays. */
  sessionEnded(session: Session): void {
    session.isOpenAtProxy = false
    if (this.#sessions.get(session.host) === session) this.ended(session.host)
  }

  ended(host: string): void {
    const session = this.#sessions.get(host)
    if (session === undefined) return
    session.isOpenAtProxy = false
    this.#sessions.delete(host)
    this.hear({ kind: 'host-down', host })
    this.orders.hostDown(host)
    for (const [guest, owner] of this.#owners) if (owner === host) this.#owners.delete(guest)
    this.#arePlacesOld = true
  }

  receive(host: string, message: ToProxy): void {
    switch (message.kind) {
      case 'link-report':
        this.orders.report(host, message)
        return
      case 'rules-answer': {
        const { sequence, error } = message
        this.hear({ kind: 'rules', host, sequence, error })
        return
      }
      case 'guests':
        for (const [guest, owner] of this.#owners) {
          if (owner === host && !message.guests.includes(guest)) this.#owners.delete(guest)
        }
        for (const guest of message.guests) this.#owners.set(guest, host)
        this.#arePlacesOld = true
        return
    }
  }

  /** A frame from a star link: to its owner's, or nowhere. */
  relay(frame: Frame): void {
    const { underlay, deliver, lost } = this.#options
    const owner = this.#owners.get(frame.destination)
    const session = owner === undefined ? undefined : this.#sessions.get(owner)
    if (!this.#isAlive || owner === undefined || session === undefined) {
      lost(frame, 'the proxy knows no place for it')
      return
    }
    frame.way.push(`${PROXY}>${owner}`)
    underlay.time.after(wayMs(underlay), () => {
      if (isCut(underlay, PROXY, owner)) lost(frame, `the star of ${owner} is cut`)
      else if (!session.isOpenAtHost) lost(frame, `${owner} has closed its star link`)
      else deliver(owner, frame)
    })
  }

  hear(event: AdaptEvent): void {
    if (!this.#isAlive) return
    this.#options.onEvent(event)
    const { state, commands } = this.#options.step(this.#state, event)
    this.#state = state
    for (const command of commands) this.#obey(command)
  }

  #manualChanged(): void {
    const manual = [...this.#options.kept.saved.values()].filter((one) => one.origin === 'manual')
    this.hear({ kind: 'manual-links', pairs: manual.map(({ pair }) => pair) })
  }

  #obey(command: AdaptCommand): void {
    const { chart, underlay, onCommand } = this.#options
    onCommand(command, this)
    switch (command.kind) {
      case 'add-link':
        this.orders.add(command.pair, 'adapt')
        return
      case 'remove-link':
        this.orders.remove(command.pair)
        return
      case 'set-rules': {
        const { host, sequence, rules } = command
        this.#send(host, { kind: 'path-rules', sequence, rules })
        return
      }
      case 'tell': {
        const { action, pair, host, reason } = command.record
        const about = pair === null ? (host ?? '') : pairKey(pair)
        chart.add(underlay.time.nowMs, PROXY, PROXY, `${action} ${about}: ${reason}`)
        return
      }
    }
  }

  #tick(): void {
    if (!this.#isAlive) return
    const { time } = this.#options.underlay
    if (this.#arePlacesOld) {
      this.#arePlacesOld = false
      this.hear({ kind: 'places', places: new Map(this.#owners) })
    }
    const topology = this.#options.topology()
    if (time.nowMs - this.#startedMs >= INFERENCE_MS && topology !== this.#topology) {
      this.#topology = topology
      this.hear({ kind: 'topology', topology })
    }
    this.hear({ kind: 'tick', nowMs: time.nowMs })
    time.after(TICK_MS, () => this.#tick())
  }

  #send(host: string, message: ToHost): void {
    const session = this.#sessions.get(host)
    if (session === undefined) return
    const { chart, underlay, onMessage } = this.#options
    onMessage(host, message)
    chart.add(underlay.time.nowMs, PROXY, host, describeMessage(message))
    session.toHost(message)
  }
}
