// The adaptation as the proxy runs it: what happens becomes events of the controller (src/adapt,
// pure), and its commands are carried out: links by Orders, rules by messages to hosts, words by
// the log. Nothing is decided here. One change's way:
//  1. topology  the inference says who talks to whom              (controller.ts)
//  2. step      Problem, Plan, and what follows from it           (src/adapt/controller.ts)
//  3. links     ordered, checked with payload at both ends        (orders.ts)
//  4. rules     to both hosts, each its whole set                 (path-rule-orders.ts)
//  5. tell      log, followers, audit                             (adapt-log.ts)

import { createState, type State, step } from '../adapt/controller.ts'
import type {
  AdaptCommand,
  AdaptEvent,
  AdaptSettings,
  BuildProblem,
  HostPair,
  PathMeasure,
  PathRule,
  Pin,
  Plan,
  PlanLinks,
  Problem,
} from '../adapt/types.ts'
import type { Cancel, Clock } from '../base/clock.ts'
import { messageOf, VnetError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { MacAddress } from '../base/mac.ts'
import type { Peer } from '../daemon/peer.ts'
import { createRationedWarn, type RationedWarn } from '../daemon/rationed-log.ts'
import type { Topology } from '../infer/types.ts'
import type { AdaptLog } from './adapt-log.ts'
import type { LinkChange, Orders } from './orders.ts'
import { orderPathRules } from './path-rule-orders.ts'

/** The controller's time while something goes on, and while nothing does. */
const BUSY_TICK_MS = 100
const IDLE_TICK_MS = 1_000
/** Loads of the edges, and what was measured, are told so often. */
const FIGURES_MS = 2_000

export interface AdaptationOptions {
  readonly clock: Clock
  readonly log: Log
  /** The network's time, which measurements have too. */
  readonly nowMs: () => number
  readonly proxy: string
  readonly seed: number
  readonly settings: () => AdaptSettings
  readonly pins: () => readonly Pin[]
  /** How long the inference needs to see again what goes on. */
  readonly settleMs: number
  readonly orders: Orders
  readonly peerOf: (host: string) => Peer | null
  readonly topology: () => Topology
  readonly places: () => ReadonlyMap<MacAddress, string>
  readonly measures: (nowMs: number) => readonly PathMeasure[]
  readonly buildProblem: BuildProblem
  readonly planLinks: PlanLinks
  readonly records: AdaptLog
}

/** The last plan and what it was made from. */
export interface PlanRecord {
  readonly atMs: number
  readonly problem: Problem
  readonly plan: Plan
}

export class Adaptation {
  readonly #options: AdaptationOptions
  readonly #warn: RationedWarn
  readonly #waiting: AdaptEvent[] = []
  #state: State
  #problem: Problem | null = null
  #latest: PlanRecord | null = null
  #isStepping = false
  #edges = 0
  #figuresMs = Number.NEGATIVE_INFINITY
  /** Guests moved since the controller was told last. */
  #isMoved = true
  #cancel: Cancel = () => {}

  constructor(options: AdaptationOptions) {
    this.#options = options
    this.#warn = createRationedWarn(options)
    this.#state = createState({
      proxy: options.proxy,
      seed: options.seed,
      settleMs: options.settleMs,
      settings: options.settings(),
      standing: options.orders.pairsOf('adapt'),
      buildProblem: (input) => {
        this.#problem = options.buildProblem(input)
        return this.#problem
      },
      planLinks: (problem) => this.#plan(problem),
    })
    this.#hear({ kind: 'tick', nowMs: options.nowMs() })
    this.#hear({ kind: 'pins', pins: options.pins() })
    this.manualChanged()
    this.#arm(BUSY_TICK_MS)
  }

  stop(): void {
    this.#cancel()
    this.#options.records.stop()
  }

  get records(): AdaptLog {
    return this.#options.records
  }

  /** Of the controller; for views only. */
  get state(): State {
    return this.#state
  }

  /** Null: none was made since the start. */
  get latest(): PlanRecord | null {
    return this.#latest
  }

  hostUp(peer: Peer): void {
    const canBeDialled = peer.hello.endpoints.length > 0
    this.#happened({ kind: 'host-up', host: peer.name, canBeDialled })
  }

  hostDown(host: string): void {
    this.#happened({ kind: 'host-down', host })
  }

  linkChanged({ pair, state, reason }: LinkChange): void {
    this.#happened({ kind: 'link', pair, state, reason })
  }

  manualChanged(): void {
    this.#happened({ kind: 'manual-links', pairs: this.#options.orders.pairsOf('manual') })
  }

  /** Guests came, moved or went: the controller hears of it within a moment, of many at once. */
  guestsMoved(): void {
    if (this.#isMoved) return
    this.#isMoved = true
    this.#arm(BUSY_TICK_MS)
  }

  topologyChanged(): void {
    this.#tellPlaces()
    this.#tellTopology()
    this.#arm(BUSY_TICK_MS)
  }

  settingsChanged(): void {
    this.#happened({ kind: 'settings', settings: this.#options.settings() })
  }

  pinsChanged(): void {
    this.#happened({ kind: 'pins', pins: this.#options.pins() })
  }

  #plan(problem: Problem): Plan {
    const plan = this.#options.planLinks(problem)
    this.#latest = { atMs: this.#options.nowMs(), problem: this.#problem ?? problem, plan }
    return plan
  }

  #arm(delayMs: number): void {
    this.#cancel()
    this.#cancel = this.#options.clock.after(delayMs, () => this.#tick())
  }

  #tick(): void {
    const nowMs = this.#options.nowMs()
    if (this.#isMoved) this.#tellPlaces()
    if (nowMs - this.#figuresMs >= FIGURES_MS) this.#tellFigures(nowMs)
    this.#hear({ kind: 'tick', nowMs })
    this.#arm(this.#isBusy() ? BUSY_TICK_MS : IDLE_TICK_MS)
  }

  #isBusy(): boolean {
    if (this.#edges > 0 || this.#state.grace !== null) return true
    for (const { phase } of this.#state.links.values()) if (phase !== 'standing') return true
    return false
  }

  #tellFigures(nowMs: number): void {
    this.#figuresMs = nowMs
    const measures = this.#options.measures(nowMs)
    if (measures.length > 0) this.#hear({ kind: 'measures', measures })
    // Also once more after the last edge went: the inference may have begun anew.
    if (this.#edges > 0) this.#tellTopology()
  }

  #tellTopology(): void {
    const topology = this.#options.topology()
    this.#edges = topology.edges.length
    this.#happened({ kind: 'topology', topology })
  }

  #tellPlaces(): void {
    this.#isMoved = false
    this.#happened({ kind: 'places', places: this.#options.places() })
  }

  /** An event, at the time that it is. */
  #happened(event: AdaptEvent): void {
    this.#hear({ kind: 'tick', nowMs: this.#options.nowMs() })
    this.#hear(event)
  }

  /** One after the other, also those that commands bring about at once. */
  #hear(event: AdaptEvent): void {
    this.#waiting.push(event)
    if (this.#isStepping) return
    this.#isStepping = true
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#step(next)
    }
    this.#isStepping = false
  }

  /** A fault in a decision must not end the proxy: hosts keep what they have. */
  #step(event: AdaptEvent): void {
    try {
      const { state, commands } = step(this.#state, event)
      this.#state = state
      for (const command of commands) this.#obey(command)
    } catch (error) {
      this.#warn({ err: error }, `a step of the adaptation failed: ${messageOf(error)}`)
    }
  }

  #obey(command: AdaptCommand): void {
    switch (command.kind) {
      case 'add-link':
        this.#run(this.#add(command.pair))
        break
      case 'remove-link':
        this.#run(this.#remove(command.pair))
        break
      case 'set-rules':
        this.#run(this.#setRules(command))
        break
      case 'tell':
        this.#options.records.add(command.record)
        break
    }
  }

  #run(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#warn({ err: error }, `an act of the adaptation failed: ${messageOf(error)}`)
    })
  }

  async #add(pair: HostPair): Promise<void> {
    const outcome = await this.#options.orders
      .add(pair, 'adapt')
      .catch((error: unknown) => ({ state: 'failed', reason: messageOf(known(error)) }))
    const state = outcome.state === 'up' ? 'up' : 'failed'
    this.#happened({ kind: 'link', pair, state, reason: outcome.reason })
  }

  /** What is being changed just now is asked for again by the controller. */
  async #remove(pair: HostPair): Promise<void> {
    try {
      await this.#options.orders.remove(pair, 'adapt')
    } catch (error) {
      if (known(error).code !== 'link-unknown') return
      this.#happened({ kind: 'link', pair, state: 'removed', reason: 'it was gone already' })
    }
  }

  async #setRules(order: {
    readonly host: string
    readonly sequence: number
    readonly rules: readonly PathRule[]
  }): Promise<void> {
    const { host, sequence, rules } = order
    const peer = this.#options.peerOf(host)
    const error =
      peer === null ? 'it is not connected' : await orderPathRules(peer, sequence, rules)
    this.#happened({ kind: 'rules', host, sequence, error })
  }
}

/** @throws what is no failure of the world's. */
function known(error: unknown): VnetError {
  if (error instanceof VnetError) return error
  throw error
}
