// What of the fluid model does not depend on the choice of links: worked out once for a problem,
// and shared by all choices that are tried.

import { assumedCapacity, directCapacity, directRtt, starCapacity, starRtt } from './capacities.ts'
import { collectFlows } from './flows.ts'
import {
  ACCESS_RECEIVES,
  ACCESS_SENDS,
  ofCandidate,
  ofHost,
  PROXY_RECEIVES,
  PROXY_SENDS,
  resourceCount,
  STAR_RECEIVES,
  STAR_SENDS,
} from './resources.ts'
import { type Candidate, PROXY_INDEX, type Problem, type ProblemHost } from './types.ts'

/** The latency term counts so many round trips for the traffic of a second. */
const ROUND_TRIPS = 1

export interface Terms {
  readonly problem: Problem
  /** Bytes a second that a link of each candidate would carry from a to b, and from b to a. */
  readonly forward: Float64Array
  readonly backward: Float64Array
  /** Seconds a byte of each resource; 0 where nothing limits. */
  readonly cost: Float64Array
  /** Bytes a second at each resource with all traffic on the star. */
  readonly starLoad: Float64Array
  /** Seconds of a round trip on the star and directly, times each candidate's share of traffic. */
  readonly starDelay: Float64Array
  readonly directDelay: Float64Array
  readonly starDelaySum: number
}

export function termsOf(problem: Problem): Terms {
  const forward = new Float64Array(problem.candidates.length)
  const backward = new Float64Array(problem.candidates.length)
  const starLoad = loadsOf(problem, forward, backward)
  const delays = delaysOf(problem, forward, backward)
  return { problem, forward, backward, cost: costsOf(problem), starLoad, ...delays }
}

function costsOf(problem: Problem): Float64Array {
  const costs = new Float64Array(resourceCount(problem))
  const unknown = assumedCapacity(problem)
  const access = (capacity: number): number => costOf(Math.min(capacity, unknown))
  costs[PROXY_SENDS] = access(problem.proxy.sendBytesPerSecond)
  costs[PROXY_RECEIVES] = access(problem.proxy.receiveBytesPerSecond)
  problem.hosts.forEach((host, at) => {
    const { starSendBytesPerSecond, starReceiveBytesPerSecond } = host
    costs[ofHost(at, ACCESS_SENDS)] = access(host.sendBytesPerSecond)
    costs[ofHost(at, ACCESS_RECEIVES)] = access(host.receiveBytesPerSecond)
    costs[ofHost(at, STAR_SENDS)] = costOf(starCapacity(starSendBytesPerSecond, host))
    costs[ofHost(at, STAR_RECEIVES)] = costOf(starCapacity(starReceiveBytesPerSecond, host))
  })
  problem.candidates.forEach((candidate, at) => {
    const rttMs = directRtt(candidate, ...endsOf(problem, candidate))
    const path = ofCandidate(problem, at)
    costs[path] = costOf(directCapacity(candidate.aToBBytesPerSecond, candidate, rttMs))
    costs[path + 1] = costOf(directCapacity(candidate.bToABytesPerSecond, candidate, rttMs))
  })
  return costs
}

/** Seconds a byte. A resource that stands still is taken for a very slow one. */
const costOf = (bytesPerSecond: number): number => 1 / Math.max(1, bytesPerSecond)

/** Fills in `forward` and `backward`. */
function loadsOf(problem: Problem, forward: Float64Array, backward: Float64Array): Float64Array {
  const loads = new Float64Array(resourceCount(problem))
  const rest = collectFlows(problem, forward, backward)
  problem.candidates.forEach(({ a, b }, at) => {
    addStarFlow(loads, { source: a, destination: b, bytes: forward[at] as number })
    addStarFlow(loads, { source: b, destination: a, bytes: backward[at] as number })
  })
  for (const flow of rest) {
    addStarFlow(loads, { source: flow.a, destination: flow.b, bytes: flow.forward })
    addStarFlow(loads, { source: flow.b, destination: flow.a, bytes: flow.backward })
  }
  return loads
}

function addStarFlow(
  loads: Float64Array,
  flow: { readonly source: number; readonly destination: number; readonly bytes: number },
): void {
  const { source, destination, bytes } = flow
  const add = (resource: number): void => {
    loads[resource] = (loads[resource] as number) + bytes
  }
  if (source !== PROXY_INDEX) {
    add(ofHost(source, ACCESS_SENDS))
    add(ofHost(source, STAR_SENDS))
    add(PROXY_RECEIVES)
  }
  if (destination !== PROXY_INDEX) {
    add(PROXY_SENDS)
    add(ofHost(destination, STAR_RECEIVES))
    add(ofHost(destination, ACCESS_RECEIVES))
  }
}

/** The mean over all traffic that a plan may move: a pair's part changes when it goes directly. */
function delaysOf(
  problem: Problem,
  forward: Float64Array,
  backward: Float64Array,
): Pick<Terms, 'starDelay' | 'directDelay' | 'starDelaySum'> {
  const { candidates } = problem
  const starDelay = new Float64Array(candidates.length)
  const directDelay = new Float64Array(candidates.length)
  const bytes = forward.map((there, at) => there + (backward[at] as number))
  const total = bytes.reduce((sum, each) => sum + each, 0)
  if (total === 0) return { starDelay, directDelay, starDelaySum: 0 }
  candidates.forEach((candidate, at) => {
    const [one, other] = endsOf(problem, candidate)
    const secondsAMs = (ROUND_TRIPS * (bytes[at] as number)) / total / 1000
    starDelay[at] = starRtt(one, other) * secondsAMs
    directDelay[at] = directRtt(candidate, one, other) * secondsAMs
  })
  const starDelaySum = starDelay.reduce((sum, each) => sum + each, 0)
  return { starDelay, directDelay, starDelaySum }
}

const endsOf = ({ hosts }: Problem, { a, b }: Candidate): readonly [ProblemHost, ProblemHost] => [
  hosts[a] as ProblemHost,
  hosts[b] as ProblemHost,
]
