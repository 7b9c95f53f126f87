// When a change of the edges is told: once they have been the same for an update interval, and
// after three at the latest. So a synchronous start of many pairs is one change.

import type { InferParameters } from './parameters.ts'

const WAIT_INTERVALS_MAX = 3

/** What is known of changes that are not told yet. */
export interface Settling {
  /** When the edges last became others; null if all is told. */
  lastMs: number | null
  /** When the first change since the last telling was. */
  firstMs: number | null
}

export const createSettling = (): Settling => ({ lastMs: null, firstMs: null })

/**
 * Notes whether the edges became others in this tick.
 * @returns true if it is time to tell
 */
export function settle(
  settling: Settling,
  nowMs: number,
  { isChanged, isPending }: { readonly isChanged: boolean; readonly isPending: boolean },
  { updateIntervalMs }: InferParameters,
): boolean {
  if (isChanged) {
    settling.lastMs = nowMs
    settling.firstMs ??= nowMs
  }
  if (settling.lastMs === null || settling.firstMs === null) return false
  // Ticks come a little early or late: half an interval less is near enough.
  const slackMs = updateIntervalMs / 2
  const isStable = nowMs - settling.lastMs >= updateIntervalMs - slackMs
  const isDue = nowMs - settling.firstMs >= WAIT_INTERVALS_MAX * updateIntervalMs - slackMs
  if (!isStable && !isDue) return false
  settling.lastMs = null
  settling.firstMs = null
  return isPending
}
