// The values that pass between the stages of the inference, from a host's report to the record of a
// decision. Rates are of bytes as on the guest's wire; times are ms of the proxy's wall clock.

import type { MacAddress } from '../base/mac.ts'
import type { InferParameters } from './parameters.ts'

/**
 * One host's traffic in a stretch of time, counted where frames enter the overlay. Columns: entry i
 * of all arrays is one ordered pair, so that 200,000 of them are not 200,000 objects.
 */
export interface MatrixReport {
  readonly host: string
  /** Of the daemon's start; the sequence begins at 1 in each. */
  readonly instance: string
  readonly sequence: number
  /** The covered time, by the proxy's wall clock as the host knows it. */
  readonly fromMs: number
  readonly toMs: number
  /** The dictionary that `source` and `destination` point into. */
  readonly guests: readonly MacAddress[]
  readonly source: Uint32Array
  readonly destination: Uint32Array
  readonly bytes: Float64Array
  readonly frames: Uint32Array
  /** Dropped before they left the host, queues included: demand is higher than `bytes`. */
  readonly droppedFrames: Uint32Array
}

/** An ordered pair of guests. */
export interface EdgeKey {
  readonly source: MacAddress
  readonly destination: MacAddress
}

export interface Edge extends EdgeKey {
  /** Over the smoothing interval. */
  readonly bytesPerSecond: number
  /** When it became an edge. */
  readonly sinceMs: number
  /** Frames of it were dropped before they left their host: it would send more if it could. */
  readonly isThrottled: boolean
}

/** The application's topology: who really talks to whom. */
export interface Topology {
  /** Those with an edge, sorted. */
  readonly guests: readonly MacAddress[]
  /** Sorted by source, then destination. */
  readonly edges: readonly Edge[]
}

export const PATTERN_NAMES = [
  'all-to-all',
  'bus',
  'ring',
  'mesh',
  'torus',
  'hypercube',
  'tree',
  'tree-reduction',
  'reduction',
  'broadcast',
  'one-to-all',
  'all-to-one',
  'partition',
  'tiers',
  'pair',
  'unknown',
] as const
export type PatternName = (typeof PATTERN_NAMES)[number]

/** What a guest is in its pattern. */
export interface Role {
  readonly kind: 'root' | 'leaf' | 'inner' | 'end' | 'member' | 'set'
  /** Place on a bus or ring (one number), in a mesh, torus or hypercube (one a dimension). */
  readonly coordinates?: readonly number[]
  /** Which set of a partition, from 0. */
  readonly set?: number
  /** In a tree. */
  readonly parent?: MacAddress
  readonly children?: readonly MacAddress[]
}

/** A weakly connected component of the topology and what it is. */
export interface Recognised {
  readonly name: PatternName
  /**
   * Sides of a mesh or torus, or sizes of a partition's sets, sorted descending; sizes of tiers in
   * their order, senders first; the number of a hypercube's dimensions; else empty.
   */
  readonly dimensions: readonly number[]
  readonly direction: 'both' | 'one-way'
  /** 0..1; 1: exactly this. */
  readonly confidence: number
  /** Other names of the same graph: a ring of 4 is a `torus 2x2` and a `hypercube 2`. */
  readonly alsoKnownAs: readonly string[]
  readonly guests: readonly MacAddress[]
  readonly roles: ReadonlyMap<MacAddress, Role>
  /** One sentence. */
  readonly why: string
}

/** How long each step took, from the first frame to the decision. */
export interface ChangeStages {
  /** From the first frame (its interval's start) to the end of that interval at the host. */
  readonly countMs: number
  /** Until the report was here. */
  readonly reportMs: number
  /** Until the last of the edges had shown itself long enough. */
  readonly smoothMs: number
  /** Until the set of edges had been stable and was decided on. */
  readonly decideMs: number
}

/** The topology became another. */
export interface ChangeEvent {
  readonly atMs: number
  /** Start of the first interval in which the new traffic was seen (or the old no more). */
  readonly firstFrameMs: number
  readonly added: readonly EdgeKey[]
  readonly removed: readonly EdgeKey[]
  readonly before: readonly Recognised[]
  readonly after: readonly Recognised[]
  readonly stages: ChangeStages
}

/** What became of a pair in a tick, and why. */
export type Verdict =
  | 'edge'
  /** Less than the idle floor. */
  | 'floor'
  /** Little against its guests' other pairs. */
  | 'below-threshold'
  /** Acknowledgements of the other direction. */
  | 'reverse-ack'
  /** To a group address: broadcast or multicast. */
  | 'group'
  /** Strong enough, but not for long enough yet. */
  | 'settling'

export interface PairState extends EdgeKey {
  /** In the last whole interval. */
  readonly bytesPerSecond: number
  /** Over the smoothing interval, or over the time since its onset if that is shorter. */
  readonly smoothedBytesPerSecond: number
  readonly framesPerSecond: number
  readonly droppedFramesPerSecond: number
  readonly verdict: Verdict
  /** The rate from which it would be an edge, bytes a second. */
  readonly threshold: number
}

export interface HostState {
  readonly name: string
  /** `late`: its next report is overdue; `lost`: it has been silent for the smoothing interval. */
  readonly state: 'fresh' | 'late' | 'lost'
  readonly lostReports: number
  readonly duplicateReports: number
  /** How far the host's clock is behind the proxy's, less the fastest report's way. */
  readonly skewMs: number
}

/**
 * One decision of the controller, whole: what the CLI prints, the web page draws, the log stores
 * and tests compare. Built when asked for: a tick of 200,000 pairs makes no objects of them.
 */
export interface TickRecord {
  readonly tick: number
  readonly atMs: number
  readonly parameters: InferParameters
  readonly hosts: readonly HostState[]
  readonly pairs: readonly PairState[]
  readonly topology: Topology
  readonly patterns: readonly Recognised[]
  /** The change decided in this tick. */
  readonly change: ChangeEvent | null
}

/** What a tick came to, cheaply. */
export interface TickSummary {
  readonly tick: number
  readonly atMs: number
  readonly change: ChangeEvent | null
  readonly guests: number
  /** Pairs with traffic in the window. */
  readonly pairs: number
  readonly edges: number
}

/** Totals since the start, for metrics. */
export interface InferenceCounters {
  readonly reports: number
  readonly lostReports: number
  readonly lateReports: number
  readonly duplicateReports: number
  /** Malformed, of the future, or too old for the window. */
  readonly refusedReports: number
  /** Not counted because a table was full. */
  readonly refusedPairs: number
  readonly changes: number
}

/** The whole way from reports to decisions. Time is an argument; nothing runs by itself. */
export interface Inference {
  /** Takes a report in, in any order. Bad ones are counted and ignored. */
  ingest(report: MatrixReport, receivedMs: number): void
  /** Decides. Call it about once an update interval, after the reports of the last one. */
  tick(nowMs: number): TickSummary
  /** The last tick, whole. */
  record(): TickRecord
  /** Its topology alone: cheap beside `record`. */
  topology(): Topology
  counters(): InferenceCounters
  /** From the next tick on; what was seen so far is kept. */
  setParameters(parameters: InferParameters): void
}
