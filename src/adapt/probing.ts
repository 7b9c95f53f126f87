// Which links are to be probed now: those whose rate is not known, or was found out long ago, and
// on which nothing flows. No daemon takes part in two probes at once, for they would find each
// other. Pure.

import type { PathMeasure } from './types.ts'

/** A rate is looked at again after so long without one. */
const STALE_MS = 30 * 60_000
/** A probe that found nothing is tried again after so long. */
export const RETRY_MS = 60_000
/** More than that is traffic, which must not be disturbed and tells of the path itself. */
const QUIET_BYTES_PER_SECOND = 50_000

/** One direction of a link that is up. */
export interface ProbeTarget extends Pick<PathMeasure, 'from' | 'to' | 'role'> {
  readonly measure: PathMeasure | null
  /** When it was probed last; null: never. */
  readonly probedMs: number | null
}

export interface ProbeSituation {
  readonly nowMs: number
  /** Daemons that take part in a probe. */
  readonly busy: ReadonlySet<string>
  /** What a daemon carries on all its links, in both directions, bytes/s. */
  readonly loadOf: (daemon: string) => number
}

/** In the order of their worth: new fast paths first, which wait for it. */
export function chooseProbes(
  targets: readonly ProbeTarget[],
  { nowMs, busy, loadOf }: ProbeSituation,
): readonly ProbeTarget[] {
  const taken = new Set(busy)
  const wanted = targets.filter((target) => isWanted(target, { nowMs, loadOf }))
  const order = wanted.toSorted((one, other) => rankOf(one) - rankOf(other))
  return order.filter(({ from, to }) => {
    if (taken.has(from) || taken.has(to)) return false
    taken.add(from)
    taken.add(to)
    return true
  })
}

function rankOf({ role, measure }: ProbeTarget): number {
  const isUnknown = (measure?.bytesPerSecond ?? null) === null
  return (isUnknown ? 0 : 2) + (role === 'fast-path' ? 0 : 1)
}

function isWanted(
  { from, to, role, measure, probedMs }: ProbeTarget,
  { nowMs, loadOf }: Pick<ProbeSituation, 'nowMs' | 'loadOf'>,
): boolean {
  if (measure !== null && measure.loadBytesPerSecond > QUIET_BYTES_PER_SECOND) return false
  // What traffic asked for is no rate of the path, unless it took all that there was.
  const knownMs = measure?.isSaturated === true ? (measure.rateAtMs ?? null) : null
  const patienceMs = (measure?.bytesPerSecond ?? null) === null ? RETRY_MS : STALE_MS
  const isRecent = probedMs !== null && nowMs - probedMs < patienceMs
  const isFresh = knownMs !== null && nowMs - knownMs < STALE_MS
  return !isRecent && !isFresh && isQuietFor(role, [from, to], loadOf)
}

/** A new fast path is waited for; the star is there, and its daemons' traffic goes first. */
function isQuietFor(
  role: PathMeasure['role'],
  ends: readonly string[],
  loadOf: (daemon: string) => number,
): boolean {
  return role === 'fast-path' || ends.every((end) => loadOf(end) <= QUIET_BYTES_PER_SECOND)
}
