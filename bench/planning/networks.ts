// Small random networks for the planner: capacities, demands and budgets by a seed.

import type { Candidate, Demand, Problem, ProblemHost } from '../../src/adapt/types.ts'
import type { Random } from '../../src/base/random.ts'

const HOSTS_MIN = 3
const HOSTS_MAX = 6
/** Rates differ as those of access lines do, from 10 Mbit/s to 1 Gbit/s. */
const RATE_MIN = 1.25e6
const RATE_RATIO = 100
/** Messages of a program differ less. */
const DEMAND_RATIO = 10

/** 3 to 6 hosts, each with rates, demands and budgets of its own. */
export function randomNetwork(random: Random): Problem {
  const size = HOSTS_MIN + below(random, HOSTS_MAX - HOSTS_MIN + 1)
  const pairs = Array.from({ length: size }, (_, a) => a).flatMap((a) =>
    Array.from({ length: size - a - 1 }, (_, more) => [a, a + more + 1] as const),
  )
  const density = 0.3 + 0.7 * random.next()
  const demands = pairs.flatMap(([a, b]) => [
    ...(random.next() < density ? [randomDemand(random, a, b)] : []),
    ...(random.next() < density ? [randomDemand(random, b, a)] : []),
  ])
  return {
    proxy: { sendBytesPerSecond: rate(random), receiveBytesPerSecond: rate(random) },
    hosts: Array.from({ length: size }, (_, at) => randomHost(random, at)),
    candidates: pairs.map(([a, b]) => randomCandidate(random, a, b)),
    demands,
    budgets: { linksPerHost: 1 + below(random, size - 1), links: 1 + below(random, pairs.length) },
    margin: 0.1,
  }
}

function randomHost(random: Random, at: number): ProblemHost {
  return {
    name: `host${at}`,
    sendBytesPerSecond: rate(random),
    receiveBytesPerSecond: rate(random),
    starSendBytesPerSecond: maybe(random, rate(random)),
    starReceiveBytesPerSecond: maybe(random, rate(random)),
    starRttMs: 10 * random.next(),
    starLossRatio: 0,
  }
}

function randomCandidate(random: Random, a: number, b: number): Candidate {
  return {
    a,
    b,
    aToBBytesPerSecond: maybe(random, rate(random)),
    bToABytesPerSecond: maybe(random, rate(random)),
    rttMs: random.next() < 0.5 ? null : 20 * random.next(),
    lossRatio: null,
    isUp: false,
    blockedBy: random.next() < 0.05 ? 'it cannot be connected' : null,
    pinned: null,
  }
}

function randomDemand(random: Random, source: number, destination: number): Demand {
  const bytesPerSecond = RATE_MIN * DEMAND_RATIO ** random.next()
  return { source, destination, bytesPerSecond, isThrottled: false }
}

/** Every second capacity is not known. */
const maybe = (random: Random, value: number): number =>
  random.next() < 0.5 ? value : Number.POSITIVE_INFINITY

const rate = (random: Random): number => RATE_MIN * RATE_RATIO ** random.next()

const below = (random: Random, count: number): number => Math.floor(random.next() * count)
