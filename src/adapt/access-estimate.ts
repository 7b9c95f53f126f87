// What is believed of a daemon's access to the network, which all its links share. Pure.
//
// A limit of the access shows when several links are at their limits at once and carry less than
// each of them does alone. One link at its limit says nothing: it may be the path.

/** Less than this share of what the links carry alone: they share something. */
const SHARED = 0.85
const HOLD_MS = 15 * 60_000
const PEAKS = 8

interface Peak {
  readonly bytesPerSecond: number
  readonly atMs: number
}

/** One direction. */
export interface AccessEstimate {
  /** Sums of seconds in which the access was the limit. */
  peaks: Peak[]
  /** The largest sum of any second. */
  most: Peak | null
  /** The last second's. */
  last: Peak | null
}

export function newAccess(): AccessEstimate {
  return { peaks: [], most: null, last: null }
}

/** A link that took part in a second. */
export interface Share {
  readonly loadBytesPerSecond: number
  readonly isSaturated: boolean
  /** What it carries alone, if that is known. */
  readonly limitBytesPerSecond: number | null
}

/** All that was carried in a second, and by whom. */
export function noteSum(
  access: AccessEstimate,
  bytesPerSecond: number,
  { shares, nowMs }: { readonly shares: Iterable<Share>; readonly nowMs: number },
): void {
  const peak = { bytesPerSecond, atMs: nowMs }
  access.last = peak
  const { most } = access
  if (most === null || bytesPerSecond >= most.bytesPerSecond || nowMs - most.atMs > HOLD_MS) {
    access.most = peak
  }
  if (isShared(shares)) access.peaks = [...access.peaks.slice(1 - PEAKS), peak]
}

/** Several links at their limits, and together less than each of them alone. */
function isShared(shares: Iterable<Share>): boolean {
  let links = 0
  let loads = 0
  let limits = 0
  for (const { loadBytesPerSecond, isSaturated, limitBytesPerSecond } of shares) {
    if (!isSaturated) continue
    if (limitBytesPerSecond === null) return false
    links++
    loads += loadBytesPerSecond
    limits += limitBytesPerSecond
  }
  return links >= 2 && loads < SHARED * limits
}

/**
 * What the access carries, bytes a second; Infinity: no limit is known. `links`: what its links
 * carry alone, of which it carries the largest at least.
 */
export function accessLimit(
  { peaks, most }: AccessEstimate,
  { links, nowMs }: { readonly links: Iterable<number>; readonly nowMs: number },
): number {
  const last = peaks.at(-1)
  if (last === undefined) return Number.POSITIVE_INFINITY
  const held = peaks.filter(({ atMs }) => nowMs - atMs <= HOLD_MS)
  const rates = held.map(({ bytesPerSecond }) => bytesPerSecond)
  const isHeld = most !== null && most.atMs >= (held[0]?.atMs ?? last.atMs)
  return Math.max(last.bytesPerSecond, isHeld ? most.bytesPerSecond : 0, ...rates, ...links)
}
