// Is a fast path worse than the way over the proxy? What a plan cannot see from capacities alone:
// a path that loses frames, or takes much longer, spoils what its guests do over TCP.

import type { PathMeasure } from './types.ts'

/** Below this share TCP recovers without being felt. */
export const LOSS_FELT = 0.005
/** Worse than the star by less than this factor is within the error of the measurement. */
export const LOSS_FACTOR = 2
export const DELAY_FACTOR = 2
export const DELAY_SLACK_MS = 10
/** Figures with less are not acted on. */
const CONFIDENCE_MIN = 0.5

export interface Ways {
  /** One direction of the fast path. */
  readonly path: PathMeasure
  /** The star links of both ends, where they are measured. */
  readonly stars: readonly (PathMeasure | undefined)[]
}

/** Why the path is worse than the star, one sentence; null: it is not, or nothing is known. */
export function worseThanStar({ path, stars }: Ways): string | null {
  if (path.confidence < CONFIDENCE_MIN) return null
  const known = stars.filter((star) => star !== undefined)
  const loss = path.lossRatio ?? 0
  const starLoss = known.reduce((sum, star) => sum + (star.lossRatio ?? 0), 0)
  if (loss >= LOSS_FELT && loss > LOSS_FACTOR * starLoss) {
    return `the direct path loses ${percent(loss)} of what is sent, the star ${percent(starLoss)}`
  }
  if (path.rttMs === null || known.length < 2) return null
  const starMs = known.reduce((sum, { rttMs, queueMs }) => sum + (rttMs ?? 0) + (queueMs ?? 0), 0)
  if (path.rttMs <= DELAY_FACTOR * starMs + DELAY_SLACK_MS) return null
  const [direct, star] = [milliseconds(path.rttMs), milliseconds(starMs)]
  return `a round trip takes ${direct} directly, ${star} by the star`
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`
const milliseconds = (ms: number) => `${ms.toFixed(1)} ms`
