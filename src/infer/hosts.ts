// The hosts as the inference knows them: whose reports have come, which time they cover, how far
// their clocks are off. A lost report's interval is unknown, not empty.

import { LINKS_MAX } from '../base/limits.ts'
import { type ClockSkew, createClockSkew } from './clock-skew.ts'
import { SequenceLog, type Stretch } from './sequences.ts'
import type { HostState, MatrixReport } from './types.ts'
import type { Window } from './window.ts'

/** A host with nothing to report says so this often. */
export const REPORT_HEARTBEAT_MS = 2_000
/** Without a report for this long, the next one is overdue. */
const OVERDUE_MS = 1.5 * REPORT_HEARTBEAT_MS
const LOST_MS = 2.5 * REPORT_HEARTBEAT_MS
/** How far from an edge is near it, and the share of a bucket that this may be at most. */
const EDGE_MS = 30
const EDGE_SHARE = 0.3
/** A host silent for this long is forgotten. */
const FORGET_MS = 600_000
/** Starts of a host's daemon that are told apart: the present one and the one before it. */
const INSTANCES_MAX = 2
/** Coverage is kept for so many buckets: a window, and those ahead of it. */
const COVERAGE_BUCKETS = 32

export interface Host {
  readonly number: number
  readonly name: string
  readonly skew: ClockSkew
  readonly instances: Map<string, SequenceLog>
  lastReceivedMs: number
  /** What its reports span, by the proxy's clock. */
  firstMs: number
  lastMs: number
  /** Of starts that are forgotten. */
  lostBefore: number
  duplicates: number
  /** Covered time by bucket number modulo COVERAGE_BUCKETS, and which bucket that is. */
  readonly coveredMs: Float64Array
  readonly coveredBucket: Float64Array
  /** When the first report of the bucket came. */
  readonly receivedMs: Float64Array
  /** The numbers of the guests of its last dictionary: mostly it is the same again. */
  guests: Int32Array
  /** Pairs that it was the last to report. */
  pairCount: number
  /** The pairs of the entries of its last report. */
  pairs: Int32Array
}

export class HostTable {
  readonly #hosts = new Map<string, Host>()
  readonly #byNumber: (Host | undefined)[] = []
  readonly #free: number[] = []

  /** The host, a new one if need be; null if there are too many. */
  intern(name: string, nowMs: number): Host | null {
    const known = this.#hosts.get(name)
    if (known !== undefined) return known
    if (this.#hosts.size >= LINKS_MAX) this.forget(nowMs)
    if (this.#hosts.size >= LINKS_MAX) return null
    const number = this.#free.pop() ?? this.#byNumber.length
    const host = createHost(name, number)
    this.#hosts.set(name, host)
    this.#byNumber[number] = host
    return host
  }

  get(number: number): Host | undefined {
    return this.#byNumber[number]
  }

  /** Host numbers are below this. */
  get end(): number {
    return this.#byNumber.length
  }

  /** Forgets those that have been silent for long. */
  forget(nowMs: number): void {
    for (const host of this.#hosts.values()) {
      if (nowMs - host.lastReceivedMs < FORGET_MS) continue
      this.#hosts.delete(host.name)
      this.#byNumber[host.number] = undefined
      this.#free.push(host.number)
    }
  }

  all(): Host[] {
    return [...this.#hosts.values()]
  }
}

function createHost(name: string, number: number): Host {
  return {
    name,
    number,
    skew: createClockSkew(),
    instances: new Map(),
    lastReceivedMs: Number.NEGATIVE_INFINITY,
    firstMs: Number.POSITIVE_INFINITY,
    lastMs: Number.NEGATIVE_INFINITY,
    lostBefore: 0,
    duplicates: 0,
    coveredMs: new Float64Array(COVERAGE_BUCKETS),
    coveredBucket: new Float64Array(COVERAGE_BUCKETS).fill(Number.NaN),
    receivedMs: new Float64Array(COVERAGE_BUCKETS),
    guests: new Int32Array(0),
    pairCount: 0,
    pairs: new Int32Array(0),
  }
}

/** The log of the report's daemon start; the oldest start gives way. */
export function logOf(host: Host, instance: string): SequenceLog {
  const known = host.instances.get(instance)
  if (known !== undefined) return known
  const log = new SequenceLog()
  host.instances.set(instance, log)
  const [oldest] = host.instances.keys()
  if (host.instances.size > INSTANCES_MAX && oldest !== undefined) {
    host.lostBefore += host.instances.get(oldest)?.lost ?? 0
    host.instances.delete(oldest)
  }
  return log
}

/** What a host's times need to be those of the proxy, in whole buckets: edges stay edges. */
export function shiftOf(host: Host, bucketMs: number): number {
  return Math.round(host.skew.correctionMs() / bucketMs) * bucketMs
}

/**
 * A report's time by the proxy's clock. Hosts cut at common edges, but timers come a little early
 * or late: what is near an edge of a bucket is taken to be that edge.
 */
export function placed({ fromMs, toMs }: Stretch, shiftMs: number, bucketMs: number): Stretch {
  const nearMs = Math.min(EDGE_MS, bucketMs * EDGE_SHARE)
  const snapped = (ms: number) => {
    const edgeMs = Math.round(ms / bucketMs) * bucketMs
    return Math.abs(ms - edgeMs) <= nearMs ? edgeMs : ms
  }
  const [from, to] = [snapped(fromMs + shiftMs), snapped(toMs + shiftMs)]
  if (to > from) return { fromMs: from, toMs: to }
  return { fromMs: fromMs + shiftMs, toMs: toMs + shiftMs }
}

/** Calls `visit` for each bucket that a stretch touches, with the ms of it that lie in there. */
export function eachBucket(
  { fromMs, toMs }: Stretch,
  window: Window,
  visit: (bucket: number, ms: number) => void,
): void {
  const { bucketMs } = window.shape
  const first = Math.max(Math.floor(fromMs / bucketMs), window.begin)
  const last = Math.min(Math.ceil(toMs / bucketMs), window.limit) - 1
  for (let bucket = first; bucket <= last; bucket += 1) {
    const startMs = bucket * bucketMs
    visit(bucket, Math.min(toMs, startMs + bucketMs) - Math.max(fromMs, startMs))
  }
}

/** Notes that all traffic of a stretch is known. */
export function cover(host: Host, stretch: Stretch, window: Window): void {
  host.firstMs = Math.min(host.firstMs, stretch.fromMs)
  host.lastMs = Math.max(host.lastMs, stretch.toMs)
  eachBucket(stretch, window, (bucket, ms) => {
    const slot = bucket % COVERAGE_BUCKETS
    const had = coveredIn(host, bucket)
    if (had === 0) host.receivedMs[slot] = host.lastReceivedMs
    host.coveredBucket[slot] = bucket
    host.coveredMs[slot] = had + ms
  })
}

/** How much of a bucket is known, ms. */
export function coveredIn(host: Host, bucket: number): number {
  const slot = bucket % COVERAGE_BUCKETS
  return host.coveredBucket[slot] === bucket ? (host.coveredMs[slot] ?? 0) : 0
}

/** When a bucket's report came; 0 if that is not known. */
export function receivedOf(host: Host, bucket: number): number {
  return coveredIn(host, bucket) > 0 ? (host.receivedMs[bucket % COVERAGE_BUCKETS] ?? 0) : 0
}

/**
 * The share of the window in which no report of a host is missing, 0..1. What is before its first
 * report was not sent; what is after its last one is not reported yet while it `isHeard`.
 */
export function coverageOf(host: Host, window: Window, isHeard: boolean): number {
  const { bucketMs, buckets } = window.shape
  let missingMs = 0
  for (let bucket = window.begin; bucket < window.end; bucket += 1) {
    const fromMs = Math.max(bucket * bucketMs, host.firstMs)
    const toMs = (bucket + 1) * bucketMs
    const dueMs = isHeard ? Math.min(toMs, host.lastMs) : toMs
    missingMs += Math.max(0, dueMs - fromMs - coveredIn(host, bucket))
  }
  return 1 - missingMs / (bucketMs * buckets)
}

/**
 * Is anything known of what the host sent in the newest part of the window? A report may be late by
 * an interval or two. Without any, its guests may be silent or not: nobody knows.
 */
export function isKnownLately(host: Host, window: Window): boolean {
  const { buckets } = window.shape
  const oldest = window.end - Math.max(2, Math.floor(buckets / 4))
  for (let bucket = window.end - 1; bucket >= oldest; bucket -= 1) {
    if (coveredIn(host, bucket) > 0) return true
  }
  return false
}

/** False: it should have reported by now, so what it sends at present is unknown. */
export function isHeard(host: Host, nowMs: number, updateIntervalMs: number): boolean {
  return nowMs - host.lastReceivedMs <= Math.max(OVERDUE_MS, 2 * updateIntervalMs)
}

/** The host for people. */
export function stateOf(host: Host, nowMs: number, updateIntervalMs: number): HostState {
  const silentMs = nowMs - host.lastReceivedMs
  const isLost = silentMs > Math.max(LOST_MS, 3 * updateIntervalMs)
  let lostReports = host.lostBefore
  for (const log of host.instances.values()) lostReports += log.lost
  return {
    name: host.name,
    state: isHeard(host, nowMs, updateIntervalMs) ? 'fresh' : isLost ? 'lost' : 'late',
    lostReports,
    duplicateReports: host.duplicates,
    skewMs: host.skew.correctionMs(),
  }
}

/** What is wrong with a report, or null. Reports come from other machines. */
export function faultOf(report: MatrixReport): string | null {
  const { fromMs, toMs, sequence, source, guests } = report
  if (!(Number.isFinite(fromMs) && Number.isFinite(toMs) && toMs > fromMs && fromMs > 0)) {
    return 'its times are no stretch of time'
  }
  if (!Number.isSafeInteger(sequence) || sequence < 1) return 'its sequence number is none'
  const columns = [report.destination, report.bytes, report.frames, report.droppedFrames]
  if (columns.some((one) => one.length !== source.length)) return 'its columns differ in length'
  for (let i = 0; i < source.length; i += 1) {
    const bytes = report.bytes[i] ?? -1
    if (!(bytes >= 0 && bytes <= Number.MAX_SAFE_INTEGER)) return 'its bytes are no count'
    if ((source[i] ?? 0) >= guests.length || (report.destination[i] ?? 0) >= guests.length) {
      return 'it names guests that are not in its dictionary'
    }
  }
  return null
}
