// What the planner takes a resource's capacity for where the measured network is silent or says it
// only indirectly: unknown access links, lossy paths, round trips of paths that were never up.

import type { Candidate, Problem, ProblemHost } from './types.ts'

/**
 * The least that an access link or the proxy is taken for while no limit of it is known, 1 Gbit/s:
 * only the ratio of the resources decides what is planned, and the proxy is one like the others.
 */
const UNKNOWN_BYTES_PER_SECOND = 125_000_000
/** Payload of a segment at an MTU of 1500. */
const SEGMENT_BYTES = 1_448
/** The constant of Mathis, Semke, Mahdavi, Ott: "The Macroscopic Behavior of TCP" (1997). */
const MATHIS = Math.sqrt(3 / 2)

/** What unknown access links are taken for: as good as the best known one. */
export function assumedCapacity({ proxy, hosts }: Problem): number {
  let best = UNKNOWN_BYTES_PER_SECOND
  const consider = (capacity: number): void => {
    if (Number.isFinite(capacity) && capacity > best) best = capacity
  }
  consider(proxy.sendBytesPerSecond)
  consider(proxy.receiveBytesPerSecond)
  for (const host of hosts) {
    consider(host.sendBytesPerSecond)
    consider(host.receiveBytesPerSecond)
  }
  return best
}

/**
 * What one TCP connection carries over a lossy path, bytes a second; Infinity without loss. It is
 * an estimate for paths whose rate was not measured: a measured rate has the loss in it.
 */
export function tcpLimit(rttMs: number, lossRatio: number): number {
  if (!(lossRatio > 0) || !(rttMs > 0)) return Number.POSITIVE_INFINITY
  return (SEGMENT_BYTES / (rttMs / 1000)) * (MATHIS / Math.sqrt(lossRatio))
}

/** The capacity of a star link's direction: as measured, else what its loss allows. */
export function starCapacity(measured: number, host: ProblemHost): number {
  return Number.isFinite(measured) ? measured : tcpLimit(host.starRttMs, host.starLossRatio)
}

/** The capacity of a direct path's direction: as measured, else what its loss allows. */
export function directCapacity(measured: number, candidate: Candidate, rttMs: number): number {
  return Number.isFinite(measured) ? measured : tcpLimit(rttMs, candidate.lossRatio ?? 0)
}

/** There and back between two hosts by way of the proxy. */
export function starRtt(one: ProblemHost, other: ProblemHost): number {
  return one.starRttMs + other.starRttMs
}

/**
 * There and back on the direct path. One that was not measured is taken to be as long as the longer
 * of the two star links: what both stars allow lies between their difference and their sum.
 */
export function directRtt(candidate: Candidate, one: ProblemHost, other: ProblemHost): number {
  return candidate.rttMs ?? Math.max(one.starRttMs, other.starRttMs)
}
