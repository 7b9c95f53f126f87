// What is believed of one direction of a link, out of what its sending end told each second. Pure.
//
// The capacity is a peak-hold: the most that the path delivered while it set the pace and its ends
// had little else to do. A second in which the sender set the pace, or in which other links took
// their share of the ends, proves only that the path carries at least so much.

import type { LinkSample } from './sampling.ts'
import type { PathMeasure } from './types.ts'

/** So long a peak counts. */
export const HOLD_MS = 15 * 60_000
/** A path that has become slower is believed after so many seconds in which it set the pace. */
const PEAKS = 8
/** What is believed of a capacity is half as sure after so long. */
const HALF_LIFE_MS = 10 * 60_000
/** So many seconds at its limit make sure of it. */
const SURE_SAMPLES = 3
/** The share of losses is that of about the last bytes of this number. */
const LOSS_BYTES = 4_000_000
/** Fewer say nothing of losses of a percent. */
const LOSS_BYTES_MIN = 100_000
/** A load that nobody spoke of for so long is none any more. */
export const STALE_MS = 2_500
/** What differs by less may be the same. */
const NEARLY = 0.9

/** A rate and when it was seen. */
interface Peak {
  readonly bytesPerSecond: number
  readonly atMs: number
}

export interface PathEstimate extends Pick<PathMeasure, 'from' | 'to' | 'role'> {
  atMs: number
  rttMs: number | null
  jitterMs: number
  queueMs: number
  sentBytes: number
  resentBytes: number
  loadBytesPerSecond: number
  /** Was it at its limit in the last second? */
  isSaturated: boolean
  /** At its limit with its ends to itself: the last few seconds of that kind. */
  peaks: Peak[]
  /** It carried so much, and could perhaps more. */
  atLeast: Peak | null
  /** Seconds in `peaks`, those that have left it included. */
  samples: number
}

export function newEstimate(who: Pick<PathMeasure, 'from' | 'to' | 'role'>): PathEstimate {
  return {
    ...who,
    ...{ atMs: 0, rttMs: null, jitterMs: 0, queueMs: 0 },
    ...{ sentBytes: 0, resentBytes: 0, loadBytesPerSecond: 0, isSaturated: false },
    ...{ peaks: [], atLeast: null, samples: 0 },
  }
}

/** `isAlone`: its ends had little else to do. */
export function noteSample(
  path: PathEstimate,
  sample: LinkSample,
  { isAlone, nowMs }: { readonly isAlone: boolean; readonly nowMs: number },
): void {
  const toMs = (us: number) => us / 1_000
  path.jitterMs =
    path.atMs === 0
      ? toMs(sample.jitterUs)
      : path.jitterMs + (toMs(sample.jitterUs) - path.jitterMs) / 4
  path.atMs = nowMs
  if (sample.minRttUs !== null) path.rttMs = toMs(sample.minRttUs)
  path.queueMs = toMs(sample.queueUs)
  path.loadBytesPerSecond = sample.loadBytesPerSecond
  path.isSaturated = sample.isSaturated
  noteLoss(path, sample)
  if (sample.rateBytesPerSecond === null) return
  noteRate(path, sample.rateBytesPerSecond, { isLimit: sample.isSaturated && isAlone, nowMs })
}

/** What it delivered in a second, or when it was probed; `isLimit`: and no more was possible. */
export function noteRate(
  path: PathEstimate,
  bytesPerSecond: number,
  { isLimit, nowMs }: { readonly isLimit: boolean; readonly nowMs: number },
): void {
  if (!(bytesPerSecond > 0)) return
  const peak = { bytesPerSecond, atMs: nowMs }
  if (isLimit) {
    path.peaks = [...path.peaks.slice(1 - PEAKS), peak]
    path.samples++
    if (path.atLeast !== null && path.peaks.length === PEAKS) path.atLeast = null
    return
  }
  const held = path.atLeast
  const isHigher = held === null || bytesPerSecond >= held.bytesPerSecond
  if (isHigher || nowMs - held.atMs > HOLD_MS) path.atLeast = peak
}

function noteLoss(path: PathEstimate, { sentBytes, resentBytes }: LinkSample): void {
  const kept = Math.max(0, 1 - sentBytes / LOSS_BYTES)
  path.sentBytes = path.sentBytes * kept + sentBytes
  path.resentBytes = path.resentBytes * kept + Math.min(resentBytes, sentBytes)
}

/** The most it delivered at its limit; null: it was never there. The newest peak never ages. */
export function limitOf(path: PathEstimate, nowMs: number): Peak | null {
  const last = path.peaks.at(-1)
  if (last === undefined) return null
  const held = path.peaks.filter(({ atMs }) => nowMs - atMs <= HOLD_MS)
  return held.reduce((a, b) => (b.bytesPerSecond >= a.bytesPerSecond ? b : a), last)
}

/** Carried now; what nobody spoke of lately is nothing. */
export function loadOf(path: PathEstimate, nowMs: number): number {
  return nowMs - path.atMs > STALE_MS ? 0 : path.loadBytesPerSecond
}

export function measureOf(path: PathEstimate, nowMs: number): PathMeasure {
  const limit = limitOf(path, nowMs)
  const { atLeast } = path
  const isMore = (atLeast?.bytesPerSecond ?? 0) > (limit?.bytesPerSecond ?? 0)
  const rate = isMore ? atLeast : limit
  const isSaturated = limit !== null && limit.bytesPerSecond >= NEARLY * (rate?.bytesPerSecond ?? 0)
  return {
    from: path.from,
    to: path.to,
    role: path.role,
    rttMs: path.rttMs,
    jitterMs: path.rttMs === null ? null : path.jitterMs,
    lossRatio: path.sentBytes < LOSS_BYTES_MIN ? null : path.resentBytes / path.sentBytes,
    queueMs: path.queueMs,
    bytesPerSecond: rate?.bytesPerSecond ?? null,
    isSaturated,
    loadBytesPerSecond: loadOf(path, nowMs),
    atMs: path.atMs,
    rateAtMs: rate?.atMs ?? null,
    confidence: rate === null ? 0 : confidence(path, rate, { isSaturated, nowMs }),
  }
}

/** Of the rate: falls with its age; is small after few seconds, and where it is a lower bound. */
function confidence(
  { samples }: PathEstimate,
  rate: Peak,
  { isSaturated, nowMs }: { readonly isSaturated: boolean; readonly nowMs: number },
): number {
  const isSure = isSaturated ? Math.min(1, samples / SURE_SAMPLES) : 1 / SURE_SAMPLES
  return isSure * 2 ** (-Math.max(0, nowMs - rate.atMs) / HALF_LIFE_MS)
}
