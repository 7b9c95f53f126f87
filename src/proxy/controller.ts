// The controller's tick, on one page: reports come in, shortly after each common edge of the update
// interval the inference decides, a change is written down and told. One matrix's way:
//  1. order     hosts are told how often to report                  (matrix-reporter.ts there)
//  2. collect   messages become reports                             (collector.ts)
//  3. decide    aggregate, smooth, prune, recognise: src/infer, pure
//  4. tell      log and history; views are built when asked for     (inference-admin.ts)
// Frames are other threads' affair: a long tick delays control only, and is measured.

import type { Cancel, Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { SteadyClock } from '../base/steady-clock.ts'
import type { InferenceFigures } from '../control/backend.ts'
import { createRationedWarn, type RationedWarn } from '../daemon/rationed-log.ts'
import type { InferParameters } from '../infer/parameters.ts'
import type { ChangeEvent, Inference, MatrixReport, TickSummary } from '../infer/types.ts'
import { createPace } from './pace.ts'

/** Reports are waited for after their edge, as a share of the interval, and at most so long. */
const GRACE_SHARE = 0.4
const GRACE_MS_MAX = 100
/** While nobody talks, a decision a second is enough, until the first report with traffic. */
const IDLE_MS = 900
/** How often it is looked whether the proxy can keep up, and how slow it may become. */
const PACE_MS = 1_000
const SLOWEST_MS = 5_000
/** Hosts that came within this time may all begin to talk, each with so many pairs. */
const ARRIVALS_MS = 30_000
const ARRIVAL_ENTRIES = 200

export interface ControllerOptions {
  readonly clock: Clock
  /** The network's time, which hosts follow. */
  readonly steadyClock: SteadyClock
  readonly log: Log
  readonly parameters: () => InferParameters
  readonly createInference: (parameters: InferParameters) => Inference
  /** Nothing is inferred while false. */
  readonly isOn: () => boolean
  readonly onChange: (change: ChangeEvent) => void
  /** The share of the time since the last call that the event loop was busy, 0..1. */
  readonly loopUtilisation: () => number
  /** `updateIntervalMs` is another one now. */
  readonly onPace: () => void
}

export class Controller {
  readonly #options: ControllerOptions
  readonly #warn: RationedWarn
  #inference: Inference
  #summary: TickSummary | null = null
  #lastChange: ChangeEvent | null = null
  #cancel: Cancel = () => {}
  readonly #pace = createPace()
  /** In force: as set, with the update interval that the proxy can keep up with. */
  #parameters: InferParameters
  /** As set, whatever the pace. */
  #setIntervalMs: number
  /** Of the time since the pace was last looked at. */
  #own = { sinceMs: 0, busyMs: 0 }
  #isIdle = false
  /** The edge whose reports are awaited, ms of the network's time. */
  #edgeMs = 0
  /** Of the hosts that reported traffic for the edge before, those that have not for this one. */
  #awaited = new Set<string>()
  #talking = new Set<string>()
  /** Entries of the newest edge's reports, and of the edge before it. */
  #crowd = { edge: 0, entries: 0, entriesBefore: 0 }
  #arrivals = { sinceMs: 0, hosts: 0 }
  #figures = { tickSeconds: 0, ticks: 0, longestTickMs: 0, latestTickMs: 0, reportDelaySeconds: 0 }

  constructor(options: ControllerOptions) {
    this.#options = options
    this.#warn = createRationedWarn(options)
    this.#parameters = options.parameters()
    this.#setIntervalMs = this.#parameters.updateIntervalMs
    this.#inference = options.createInference(this.#parameters)
    this.#own.sinceMs = options.clock.monotonicMs()
    this.#arm()
  }

  /** How often hosts are to report: as set, or less often while the proxy is too busy. */
  get updateIntervalMs(): number {
    return this.#parameters.updateIntervalMs
  }

  stop(): void {
    this.#cancel()
  }

  /** A whole report; `fromMs` and `toMs` are the network's time. */
  take(report: MatrixReport): void {
    if (!this.#options.isOn()) return
    const nowMs = this.#options.steadyClock.nowMs()
    this.#inference.ingest(report, nowMs)
    this.#figures.reportDelaySeconds += Math.max(0, nowMs - report.toMs) / 1_000
    this.#own.busyMs += this.#options.steadyClock.nowMs() - nowMs
    this.#countEntries(report, nowMs)
    if (this.#isIdle && report.source.length > 0) {
      this.#isIdle = false
      const intervalMs = this.#intervalMs()
      this.#await(Math.floor(nowMs / intervalMs) * intervalMs)
    }
    const isOfThisEdge = report.toMs >= this.#edgeMs - this.#intervalMs() / 2
    if (!isOfThisEdge) return
    if (report.source.length > 0) this.#talking.add(report.host)
    // All who talked have reported: nothing is gained by waiting.
    if (this.#awaited.delete(report.host) && this.#awaited.size === 0) this.#tick()
  }

  /** A host came: where many come at once they report less often, until it is known what. */
  hostUp(): void {
    const nowMs = this.#options.clock.monotonicMs()
    const isLater = nowMs - this.#arrivals.sinceMs > ARRIVALS_MS
    if (isLater) this.#arrivals = { sinceMs: nowMs, hosts: 0 }
    this.#arrivals.hosts++
    const perSecond = this.#perSecond(this.#arrivals.hosts * ARRIVAL_ENTRIES)
    if (this.#pace.crowded(perSecond)) this.#changePace('many hosts at once')
  }

  /** They are in force from now on. */
  parametersChanged(): void {
    const set = this.#options.parameters()
    const stretchedMs = set.updateIntervalMs * this.#pace.stretch
    const updateIntervalMs = Math.max(set.updateIntervalMs, Math.min(SLOWEST_MS, stretchedMs))
    this.#parameters = { ...set, updateIntervalMs }
    this.#setIntervalMs = set.updateIntervalMs
    this.#inference.setParameters(this.#parameters)
    this.#arm()
  }

  get inference(): Inference {
    return this.#inference
  }

  /** The last one that there was; null: none since the start. */
  get lastChange(): ChangeEvent | null {
    return this.#lastChange
  }

  figures(): Omit<InferenceFigures, 'refusedMessages' | 'foreignPairs'> {
    const { guests = 0, pairs = 0, edges = 0 } = this.#summary ?? {}
    const { updateIntervalMs } = this
    const own = { ...this.#figures, updateIntervalMs, guests, pairs, edges }
    return { ...this.#inference.counters(), ...own }
  }

  #intervalMs(): number {
    return this.#parameters.updateIntervalMs
  }

  /** Waits for the reports of the next edge; of one much later if there is nothing to decide. */
  #arm(): void {
    const intervalMs = this.#intervalMs()
    const nowMs = this.#options.steadyClock.nowMs()
    const edges = this.#isIdle ? Math.max(1, Math.floor(IDLE_MS / intervalMs)) : 1
    this.#awaited = this.#talking
    this.#talking = new Set()
    this.#await((Math.floor(nowMs / intervalMs) + edges) * intervalMs)
  }

  #await(edgeMs: number): void {
    this.#cancel()
    this.#edgeMs = edgeMs
    const delayMs = edgeMs + this.#graceMs() - this.#options.steadyClock.nowMs()
    this.#cancel = this.#options.clock.after(Math.max(0, delayMs), () => this.#tick())
  }

  #graceMs(): number {
    return Math.min(GRACE_MS_MAX, this.#intervalMs() * GRACE_SHARE)
  }

  #tick(): void {
    const { clock, steadyClock } = this.#options
    if (steadyClock.follow()) this.#startOver()
    const startMs = clock.monotonicMs()
    const nowMs = steadyClock.nowMs()
    try {
      if (this.#options.isOn()) this.#decide(nowMs)
    } catch (error) {
      this.#warn({ err: error }, `a tick of the inference failed: ${messageOf(error)}`)
    }
    const lateMs = nowMs - this.#edgeMs - this.#graceMs()
    this.#measure(startMs, lateMs)
    this.#arm()
    this.#keepPace(lateMs)
  }

  #decide(nowMs: number): void {
    const summary = this.#inference.tick(nowMs)
    this.#summary = summary
    this.#isIdle = summary.pairs === 0 && summary.edges === 0
    if (summary.change === null) return
    this.#lastChange = summary.change
    this.#options.onChange(summary.change)
  }

  #measure(startMs: number, lateMs: number): void {
    const figures = this.#figures
    const tookMs = this.#options.clock.monotonicMs() - startMs
    this.#own.busyMs += tookMs
    figures.ticks++
    figures.tickSeconds += tookMs / 1_000
    figures.longestTickMs = Math.max(figures.longestTickMs, tookMs)
    figures.latestTickMs = Math.max(figures.latestTickMs, lateMs)
  }

  /** More at one edge than can be taken in at this pace: slower, before they pile up. */
  #countEntries({ toMs, source }: MatrixReport, nowMs: number): void {
    const crowd = this.#crowd
    const edge = Math.round(toMs / this.#setIntervalMs)
    if (toMs > nowMs + this.#intervalMs()) return // that would be the newest for long
    if (edge > crowd.edge) {
      this.#crowd = { edge, entries: source.length, entriesBefore: crowd.entries }
    } else if (edge === crowd.edge) crowd.entries += source.length
    if (this.#pace.crowded(this.#perSecond(this.#crowd.entries))) this.#changePace('many pairs')
  }

  /** Of the entries of an edge, if hosts reported as often as set. */
  #perSecond(entries: number): number {
    return (entries * 1_000) / this.#setIntervalMs
  }

  /** After each decision: can the proxy keep up? */
  #keepPace(lateMs: number): void {
    const { clock, loopUtilisation } = this.#options
    const { sinceMs, busyMs } = this.#own
    const passedMs = clock.monotonicMs() - sinceMs
    const own = busyMs / Math.max(1, passedMs)
    const isSlowed = this.#pace.late({ ms: lateMs, own })
    if (passedMs < PACE_MS && !isSlowed) return
    this.#own = { sinceMs: clock.monotonicMs(), busyMs: 0 }
    const entriesPerSecond = this.#perSecond(this.#crowd.entriesBefore)
    const load = { loop: loopUtilisation(), own, entriesPerSecond }
    if (!this.#pace.observe(load) && !isSlowed) return
    this.#changePace(`busy for ${Math.round(load.loop * 100)} %, ${Math.round(lateMs)} ms late`)
  }

  #changePace(why: string): void {
    this.parametersChanged()
    this.#options.log.warn(
      { updateIntervalMs: this.updateIntervalMs, why },
      this.#pace.stretch > 1
        ? 'too much for the proxy: hosts report their traffic less often'
        : 'the proxy is not too busy any more: hosts report their traffic as often as set',
    )
    this.#options.onPace()
  }

  /** The machine's clock was set to another time: what is known has no place in it. */
  #startOver(): void {
    this.#options.log.warn('the clock was set: the inference of the topology begins anew')
    this.#inference = this.#options.createInference(this.#parameters)
  }
}
