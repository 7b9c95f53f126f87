// The whole way from reports to the topology on one page: each tick strings the stages together.
// Nothing here knows a clock or a network; two runs with the same reports decide the same.

import { addReport, countPairs, createMatrix, type Matrix } from './aggregate.ts'
import { type Difference, differenceOf, keysOf, timesOf } from './change.ts'
import {
  ageEdges,
  createEdgeMemory,
  enterEdge,
  forgetPair,
  isWanted,
  leaveEdge,
  levelsOf,
  reserveEdges,
  type Step,
} from './edges.ts'
import { stateOf } from './hosts.ts'
import { computeLoads, createLoads, type Loads } from './loads.ts'
import { grown } from './pairs.ts'
import { DEFAULT_INFER_PARAMETERS, type InferParameters } from './parameters.ts'
import { recogniseColumns } from './recognise.ts'
import { graphOf, pairStatesOf, topologyOf, type View } from './record.ts'
import { reshape } from './reshape.ts'
import { createSettling, settle } from './settle.ts'
import { createThresholds, findThresholds } from './threshold.ts'
import type {
  ChangeEvent,
  Inference,
  InferenceCounters,
  MatrixReport,
  Recognised,
  TickRecord,
  TickSummary,
  Topology,
} from './types.ts'
import { shapeOf, Window } from './window.ts'

/** An inference that has seen nothing yet. */
export function createInference(parameters: InferParameters = DEFAULT_INFER_PARAMETERS): Inference {
  return new Controller(parameters)
}

/** The controller did not run for so many intervals: what happened meanwhile is not known. */
const ASLEEP_INTERVALS = 10
/** A tick may come this share of an interval before the edge that it is for. */
const EARLY_SHARE = 0.1
/** Pairs without traffic are looked for once in so many ticks. */
const FORGET_TICKS = 16

class Controller implements Inference {
  #parameters: InferParameters
  readonly #matrix: Matrix
  readonly #thresholds = createThresholds()
  readonly #memory = createEdgeMemory()
  readonly #settling = createSettling()
  #loads: Loads = createLoads()
  #levels = new Float64Array(0)
  /** By pair: 1 if it is told as an edge. */
  #isTold = new Uint8Array(0)
  #tick = 0
  #lastMs = Number.NaN
  #edges = 0
  #changes = 0
  #change: ChangeEvent | null = null
  #patterns: readonly Recognised[] = []

  constructor(parameters: InferParameters) {
    this.#parameters = parameters
    this.#matrix = createMatrix(new Window(shapeOf(parameters), 0))
  }

  ingest(report: MatrixReport, receivedMs: number): void {
    addReport(this.#matrix, report, receivedMs)
  }

  tick(nowMs: number): TickSummary {
    const matrix = this.#matrix
    const parameters = this.#parameters
    const step: Step = { nowMs, elapsedMs: this.#advance(nowMs), parameters }
    this.#reserve()
    // Loads of the window.
    this.#loads = computeLoads(matrix, this.#memory.held, nowMs, parameters, this.#loads)
    // Thresholds, by what pairs carry or are known to carry.
    levelsOf(matrix, this.#loads, this.#memory, this.#levels)
    const { gross } = this.#loads
    findThresholds(matrix.guests, matrix.pairs, this.#levels, gross, parameters, this.#thresholds)
    // Which pairs are edges.
    ageEdges(matrix, this.#loads, this.#thresholds, this.#memory, step)
    const isChanged = this.#decide(step)
    // Whether to tell.
    const difference = differenceOf(matrix.pairs, this.#memory.isEdge, this.#isTold)
    const [added, removed] = [difference.added.length, difference.removed.length]
    const isTime = settle(this.#settling, nowMs, { isChanged, added, removed }, parameters)
    this.#change = isTime ? this.#tell(difference, nowMs) : null
    this.#tick += 1
    if (this.#tick % FORGET_TICKS === 0) this.#forget(nowMs)
    return this.#summary(nowMs)
  }

  record(): TickRecord {
    const { updateIntervalMs } = this.#parameters
    const view = this.#view()
    return {
      tick: this.#tick,
      atMs: this.#lastMs,
      parameters: this.#parameters,
      hosts: this.#matrix.hosts
        .all()
        .map((host) => stateOf(host, this.#lastMs, updateIntervalMs))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
      pairs: pairStatesOf(view),
      topology: topologyOf(view),
      patterns: this.#patterns,
      change: this.#change,
    }
  }

  topology(): Topology {
    return topologyOf(this.#view())
  }

  counters(): InferenceCounters {
    let lostReports = 0
    for (const host of this.#matrix.hosts.all()) {
      lostReports += host.lostBefore
      for (const log of host.instances.values()) lostReports += log.lost
    }
    return { ...this.#matrix.counts, lostReports, changes: this.#changes }
  }

  setParameters(parameters: InferParameters): void {
    const shape = shapeOf(parameters)
    const { bucketMs, buckets } = this.#matrix.window.shape
    this.#parameters = parameters
    if (shape.bucketMs !== bucketMs || shape.buckets !== buckets) reshape(this.#matrix, shape)
  }

  /** Moves the window on; returns the time that counts as passed since the last tick. */
  #advance(nowMs: number): number {
    const { window, pairs } = this.#matrix
    const { bucketMs, buckets } = window.shape
    const { updateIntervalMs } = this.#parameters
    const end = Math.floor((nowMs + EARLY_SHARE * updateIntervalMs) / bucketMs)
    const isSetBack = end < window.end - buckets
    if (isSetBack) reshape(this.#matrix, window.shape, end)
    else window.advance(end, pairs.end)
    const elapsedMs = Number.isNaN(this.#lastMs) ? updateIntervalMs : nowMs - this.#lastMs
    this.#lastMs = nowMs
    const isKnown = elapsedMs >= 0 && elapsedMs <= ASLEEP_INTERVALS * updateIntervalMs
    if (isKnown) return elapsedMs
    // The clock was set, or the controller did not run: edges are as old as they were.
    const skippedMs = elapsedMs - updateIntervalMs
    const { lastSeenMs } = this.#memory
    for (let pair = 0; pair < lastSeenMs.length; pair += 1) {
      lastSeenMs[pair] = (lastSeenMs[pair] ?? 0) + skippedMs
    }
    return updateIntervalMs
  }

  #reserve(): void {
    const { capacity } = this.#matrix.pairs
    reserveEdges(this.#memory, capacity)
    if (this.#levels.length >= capacity) return
    this.#levels = new Float64Array(capacity)
    this.#isTold = grown(this.#isTold, capacity)
  }

  /** Enters and removes edges; true if any. */
  #decide(step: Step): boolean {
    const { pairs } = this.#matrix
    const memory = this.#memory
    let isChanged = false
    this.#edges = 0
    for (let pair = 0; pair < pairs.end; pair += 1) {
      if (pairs.isUsed[pair] !== 1) continue
      const isEdge = memory.isEdge[pair] === 1
      const wanted = isWanted(
        this.#matrix,
        this.#loads,
        this.#thresholds,
        memory,
        this.#levels,
        pair,
        step,
      )
      if (wanted) this.#edges += 1
      if (wanted === isEdge) continue
      isChanged = true
      if (wanted) enterEdge(memory, pair, this.#loads.load[pair] ?? 0, step.nowMs)
      else leaveEdge(memory, pair, this.#loads.load[pair] ?? 0)
    }
    return isChanged
  }

  #tell(difference: Difference, atMs: number): ChangeEvent {
    const { guests, pairs } = this.#matrix
    for (const pair of difference.added) this.#isTold[pair] = 1
    for (const pair of difference.removed) this.#isTold[pair] = 0
    const before = this.#patterns
    const graph = graphOf(this.#view())
    this.#patterns = recogniseColumns(graph.guests, graph.edges)
    this.#changes += 1
    return {
      atMs,
      ...timesOf(this.#matrix, this.#memory, this.#thresholds, difference, atMs),
      added: keysOf(guests, pairs, difference.added),
      removed: keysOf(guests, pairs, difference.removed),
      before,
      after: this.#patterns,
    }
  }

  /** Pairs of which nothing is left give their numbers back. */
  #forget(nowMs: number): void {
    const { pairs, window, hosts } = this.#matrix
    for (let pair = 0; pair < pairs.end; pair += 1) {
      const isFree = pairs.isUsed[pair] === 1 && window.bytes[pair] === 0
      if (!isFree || this.#memory.isEdge[pair] === 1 || this.#isTold[pair] === 1) continue
      if (!window.isEmpty(pair)) continue
      pairs.remove(pair)
      forgetPair(this.#memory, pair)
    }
    countPairs(this.#matrix)
    hosts.forget(nowMs)
  }

  #view(): View {
    return {
      matrix: this.#matrix,
      loads: this.#loads,
      thresholds: this.#thresholds,
      memory: this.#memory,
      isTold: this.#isTold,
      parameters: this.#parameters,
    }
  }

  #summary(nowMs: number): TickSummary {
    return {
      tick: this.#tick,
      atMs: nowMs,
      change: this.#change,
      guests: this.#matrix.guests.size,
      pairs: this.#matrix.pairs.size,
      edges: this.#edges,
    }
  }
}
