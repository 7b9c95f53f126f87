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
  const hosts = Array.from({ length: size }, (_, at) => randomHost(random, at))
  const density = 0.3 + 0.7 * random.next()
  const demands = pairs.flatMap(([a, b]) => [
    ...(random.next() < density ? [randomDemand(random, a, b)] : []),
    ...(random.next() < density ? [randomDemand(random, b, a)] : []),
  ])
  if (demands.length === 0) demands.push(randomDemand(random, 0, 1))
  return {
    proxy: { sendBytesPerSecond: rate(random), receiveBytesPerSecond: rate(random) },
    hosts,
    candidates: pairs.map(([a, b]) => randomCandidate(random, hosts, [a, b])),
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

function randomCandidate(
  random: Random,
  hosts: readonly ProblemHost[],
  [a, b]: readonly [number, number],
): Candidate {
  const viaStarMs = (hosts[a]?.starRttMs ?? 0) + (hosts[b]?.starRttMs ?? 0)
  return {
    a,
    b,
    aToBBytesPerSecond: maybe(random, rate(random)),
    bToABytesPerSecond: maybe(random, rate(random)),
    rttMs: random.next() < 0.5 ? null : viaStarMs * (0.2 + 1.2 * random.next()),
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

const GROUP = 100
/** 1 Gbit/s. */
const PROXY_RATE = 125e6

/** Many hosts in groups that talk among themselves, with one capacity known: the proxy's. */
export function largeNetwork(
  random: Random,
  { hosts, pairs }: { readonly hosts: number; readonly pairs: number },
): Problem {
  const demands = new Map<number, Demand>()
  const candidates = new Map<number, Candidate>()
  while (demands.size < pairs) {
    const group = GROUP * below(random, hosts / GROUP)
    const source = group + below(random, GROUP)
    const destination = group + below(random, GROUP)
    if (source === destination) continue
    const demand = randomDemand(random, source, destination)
    demands.set(source * hosts + destination, demand)
    const [a, b] = source < destination ? [source, destination] : [destination, source]
    candidates.set(a * hosts + b, {
      ...{ a, b, rttMs: null, lossRatio: null, isUp: false, blockedBy: null, pinned: null },
      aToBBytesPerSecond: Number.POSITIVE_INFINITY,
      bToABytesPerSecond: Number.POSITIVE_INFINITY,
    })
  }
  const unknown = Number.POSITIVE_INFINITY
  return {
    proxy: { sendBytesPerSecond: PROXY_RATE, receiveBytesPerSecond: PROXY_RATE },
    hosts: Array.from({ length: hosts }, (_, at) => ({
      name: `host${at}`,
      sendBytesPerSecond: unknown,
      receiveBytesPerSecond: unknown,
      starSendBytesPerSecond: unknown,
      starReceiveBytesPerSecond: unknown,
      starRttMs: 1,
      starLossRatio: 0,
    })),
    candidates: [...candidates.values()],
    demands: [...demands.values()],
    budgets: { linksPerHost: 16, links: 50_000 },
    margin: 0.1,
  }
}
