// From the window's sums to loads in bytes a second: lost time is scaled up, acknowledgements of
// the other direction and group traffic are taken out.

import type { Matrix } from './aggregate.ts'
import { coverageOf, isHeard } from './hosts.ts'
import { NONE } from './pairs.ts'
import type { InferParameters } from './parameters.ts'

/** A host of which less than this share is known is not scaled up further: it would be a guess. */
const COVERAGE_MIN = 0.5

/** An acknowledgement with time stamps (RFC 7323), and a little more for selective ones. */
const ACK_BYTES = 72
/** Small frames only may be so many times more than the share of acknowledgements. */
const SMALL_FRAMES_EXCUSE = 3

export interface Loads {
  /** By pair: what counts in decisions, bytes a second over the smoothing interval. */
  readonly load: Float64Array
  /** By pair: with acknowledgements. */
  readonly gross: Float64Array
  /** By pair: over the newest part of the window, bytes a second. */
  readonly recent: Float64Array
  /** By host number: the share of the window whose reports are missing. */
  missing: Float64Array
}

/**
 * The loads of all pairs, in columns that are reused.
 * @param held by pair: what an edge is known to carry, bytes a second; 0 for others
 */
export function computeLoads(
  matrix: Matrix,
  held: Float64Array,
  nowMs: number,
  parameters: InferParameters,
  into: Loads,
): Loads {
  const { pairs, window, guests } = matrix
  const loads = roomFor(into, pairs.capacity)
  const { bucketMs, buckets, recent } = window.shape
  const perSecond = 1_000 / (bucketMs * buckets)
  const recentPerSecond = 1_000 / (bucketMs * recent)
  loads.missing = missingOf(matrix, nowMs, parameters.updateIntervalMs)
  // How much more there would be had all of the window been seen.
  const scales = loads.missing.map((share) => 1 / Math.max(1 - share, COVERAGE_MIN))
  for (let pair = 0; pair < pairs.end; pair += 1) {
    const scale = scales[matrix.host[pair] ?? 0] ?? 1
    const bytes = window.bytes[pair] ?? 0
    const isGroup = guests.isGroup[pairs.destination[pair] ?? 0] === 1
    const net = isGroup ? 0 : bytes - acknowledgedBytes(matrix, pair, bytes, held, parameters)
    loads.gross[pair] = bytes * scale * perSecond
    loads.load[pair] = net * scale * perSecond
    loads.recent[pair] = isGroup ? 0 : (window.recent[pair] ?? 0) * recentPerSecond
  }
  return loads
}

export function createLoads(): Loads {
  const column = () => new Float64Array(0)
  return { load: column(), gross: column(), recent: column(), missing: column() }
}

function missingOf(
  { hosts, window }: Matrix,
  nowMs: number,
  updateIntervalMs: number,
): Float64Array {
  const missing = new Float64Array(hosts.end)
  for (const host of hosts.all()) {
    missing[host.number] = 1 - coverageOf(host, window, isHeard(host, nowMs, updateIntervalMs))
  }
  return missing
}

/**
 * Bytes of a pair that only acknowledge the other direction. A TCP receiver sends a small frame for
 * each one or two segments; whatever its frames carry beyond that is data.
 */
function acknowledgedBytes(
  { pairs, window }: Matrix,
  pair: number,
  bytes: number,
  held: Float64Array,
  parameters: InferParameters,
): number {
  const reverse = pairs.reverse[pair] ?? NONE
  if (reverse === NONE) return 0
  const frames = window.frames[pair] ?? 0
  // Of what is acknowledged some may be unknown: what is known of it otherwise counts as well, and
  // small frames alone are telling enough.
  const windowSeconds = (window.shape.bucketMs * window.shape.buckets) / 1_000
  const forward = Math.max(window.bytes[reverse] ?? 0, (held[reverse] ?? 0) * windowSeconds)
  const isSmall = bytes <= frames * parameters.reverseAckFrameBytes
  const share = parameters.reverseAckShare * (isSmall ? SMALL_FRAMES_EXCUSE : 1)
  return bytes > share * forward ? 0 : Math.min(bytes, frames * ACK_BYTES)
}

function roomFor(loads: Loads, capacity: number): Loads {
  if (loads.load.length >= capacity) return loads
  const column = () => new Float64Array(capacity)
  return { load: column(), gross: column(), recent: column(), missing: loads.missing }
}
