// Problems of the planner for tests and benchmarks: hosts with named capacities, demands as
// patterns, nothing measured beyond what a test says.

import type { Candidate, Demand, Problem, ProblemHost } from '../../src/adapt/types.ts'

/** 100 Mbit/s in bytes a second. */
export const FAST_ETHERNET = 12_500_000

export function problemHost(at: number, overrides: Partial<ProblemHost> = {}): ProblemHost {
  return {
    name: `host${at}`,
    sendBytesPerSecond: FAST_ETHERNET,
    receiveBytesPerSecond: FAST_ETHERNET,
    starSendBytesPerSecond: Number.POSITIVE_INFINITY,
    starReceiveBytesPerSecond: Number.POSITIVE_INFINITY,
    starRttMs: 0,
    starLossRatio: 0,
    ...overrides,
  }
}

export function candidate(a: number, b: number, overrides: Partial<Candidate> = {}): Candidate {
  return {
    a: Math.min(a, b),
    b: Math.max(a, b),
    aToBBytesPerSecond: Number.POSITIVE_INFINITY,
    bToABytesPerSecond: Number.POSITIVE_INFINITY,
    rttMs: null,
    lossRatio: null,
    isUp: false,
    blockedBy: null,
    pinned: null,
    ...overrides,
  }
}

export function demand(source: number, destination: number, bytesPerSecond: number): Demand {
  return { source, destination, bytesPerSecond, isThrottled: false }
}

/** Both directions of each pair. */
export function bothWays(pairs: readonly (readonly [number, number])[], bytes: number): Demand[] {
  return pairs.flatMap(([a, b]) => [demand(a, b, bytes), demand(b, a, bytes)])
}

/** All pairs of hosts 0 to `hosts` - 1. */
export function allPairs(hosts: number): [number, number][] {
  return Array.from({ length: hosts }, (_, a) => a).flatMap((a) =>
    Array.from({ length: hosts - a - 1 }, (_, more): [number, number] => [a, a + more + 1]),
  )
}

/** A problem with a candidate for each pair with a demand, and 100 Mbit/s at the proxy. */
export function problem(
  options: Partial<Problem> & { readonly demands: readonly Demand[] },
): Problem {
  const { demands } = options
  const hosts = Math.max(...demands.flatMap(({ source, destination }) => [source, destination])) + 1
  const pairs = new Map(
    demands.map(({ source, destination }) => {
      const pair = candidate(source, destination)
      return [`${pair.a} ${pair.b}`, pair] as const
    }),
  )
  return {
    proxy: { sendBytesPerSecond: FAST_ETHERNET, receiveBytesPerSecond: FAST_ETHERNET },
    hosts: Array.from({ length: hosts }, (_, at) => problemHost(at)),
    candidates: [...pairs.values()],
    budgets: { linksPerHost: 64, links: 1_000_000 },
    margin: 0.1,
    ...options,
  }
}
