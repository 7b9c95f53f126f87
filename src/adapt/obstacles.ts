// Why a pair of hosts may have no direct path whatever the plan would gain: people forbade it, it
// cannot be connected now, or the path is measured to be worse than the star for any traffic.

import { starRtt } from './capacities.ts'
import type { Candidate, Problem, ProblemHost } from './types.ts'
import { DELAY_FACTOR, DELAY_SLACK_MS, LOSS_FACTOR, LOSS_FELT } from './worse.ts'

/** What stands in the way of a direct path, one clause; null: nothing. */
export function obstacleOf(problem: Problem, candidate: Candidate): string | null {
  if (candidate.pinned === 'star') return 'it is pinned to the star'
  if (candidate.blockedBy !== null) return candidate.blockedBy
  if (candidate.pinned === 'direct') return null
  const one = problem.hosts[candidate.a] as ProblemHost
  const other = problem.hosts[candidate.b] as ProblemHost
  return lossObstacle(candidate, one, other) ?? delayObstacle(candidate, one, other)
}

function lossObstacle(candidate: Candidate, one: ProblemHost, other: ProblemHost): string | null {
  const loss = candidate.lossRatio ?? 0
  const starLoss = 1 - (1 - one.starLossRatio) * (1 - other.starLossRatio)
  if (loss < LOSS_FELT || loss <= LOSS_FACTOR * starLoss) return null
  return `the direct path loses ${percent(loss)} %, the star ${percent(starLoss)} %`
}

function delayObstacle(candidate: Candidate, one: ProblemHost, other: ProblemHost): string | null {
  const viaStarMs = starRtt(one, other)
  const longestMs = DELAY_FACTOR * viaStarMs + DELAY_SLACK_MS
  if (candidate.rttMs === null || candidate.rttMs <= longestMs) return null
  const [direct, star] = [candidate.rttMs, viaStarMs].map((ms) => ms.toFixed(1))
  return `the direct path's round trip takes ${direct} ms, the star's ${star} ms`
}

const percent = (ratio: number): string => Number((ratio * 100).toPrecision(2)).toString()
