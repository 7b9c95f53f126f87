// When a change of the edges is told: new ones once all have been the same for an update interval,
// and after three at the latest. So a synchronous start of many pairs is one change. Where edges
// only leave there is no hurry: what is told meanwhile is the union, as with any alternation.

import type { InferParameters } from './parameters.ts'

/** Update intervals: how long the edges must be the same, and how long that is waited for. */
const ENTERING = { stable: 1, max: 3 }
const LEAVING = { stable: 2, max: 5 }

/** What is known of changes that are not told yet. */
export interface Settling {
  /** When the edges last became others; null if all is told. */
  lastMs: number | null
  /** When the first change since the last telling was. */
  firstMs: number | null
}

export const createSettling = (): Settling => ({ lastMs: null, firstMs: null })

export interface Pending {
  /** The edges became others in this tick. */
  readonly isChanged: boolean
  /** Edges that are not told yet, and told ones that are none any more. */
  readonly added: number
  readonly removed: number
}

/**
 * Notes whether the edges became others in this tick.
 * @returns true if it is time to tell
 */
export function settle(
  settling: Settling,
  nowMs: number,
  { isChanged, added, removed }: Pending,
  { updateIntervalMs }: InferParameters,
): boolean {
  if (isChanged) {
    settling.lastMs = nowMs
    settling.firstMs ??= nowMs
  }
  if (settling.lastMs === null || settling.firstMs === null) return false
  // Ticks come a little early or late: half an interval less is near enough.
  const slackMs = updateIntervalMs / 2
  const { stable, max } = added > 0 ? ENTERING : LEAVING
  const isStable = nowMs - settling.lastMs >= stable * updateIntervalMs - slackMs
  const isDue = nowMs - settling.firstMs >= max * updateIntervalMs - slackMs
  if (!isStable && !isDue) return false
  settling.lastMs = null
  settling.firstMs = null
  return added + removed > 0
}
