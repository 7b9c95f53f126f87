// Builds the planner's problem: the inferred topology of guests becomes demands between hosts, and
// what is known of the network becomes capacities.

import type { MacAddress } from '../base/mac.ts'
import type { EdgeKey, Topology } from '../infer/types.ts'
import {
  type Budgets,
  type Candidate,
  type Demand,
  type HostPair,
  hostPair,
  type Pin,
  PROXY_INDEX,
  type Problem,
  type ProblemHost,
  pairKey,
} from './types.ts'

/** Both directions of something, bytes a second. Infinity: no limit is known. */
export interface Capacity {
  readonly sendBytesPerSecond: number
  readonly receiveBytesPerSecond: number
}

/** What is known of a direct path between two hosts. */
export interface PathFigures {
  /** Infinity: only its ends limit it, as far as known. */
  readonly aToBBytesPerSecond: number
  readonly bToABytesPerSecond: number
  /** Null: not measured yet. */
  readonly rttMs: number | null
  readonly lossRatio: number | null
}

/**
 * The measured network as the planner asks for it. A capacity is one that was reached (the path or
 * probe was saturated), never only what was asked of it: that is Infinity.
 */
export interface NetworkFigures {
  proxy(): Capacity
  /** A host's access, shared by all its links. */
  access(host: string): Capacity
  /** A host's star link: to the proxy, and from it. */
  star(host: string): Capacity & { readonly rttMs: number; readonly lossRatio: number }
  /** Null: the path was never up. */
  path(pair: HostPair): PathFigures | null
}

export interface ProblemInput {
  readonly topology: Topology
  /** Guests and their hosts; the proxy's own name for guests of its LAN. */
  readonly places: ReadonlyMap<MacAddress, string>
  readonly proxyName: string
  /** Hosts that are connected; others have no demands. */
  readonly hosts: readonly string[]
  readonly network: NetworkFigures
  readonly budgets: Budgets
  readonly margin: number
  readonly pins: readonly Pin[]
  /** By `pairKey`: pairs that may not be used now, and why. */
  readonly blocked: ReadonlyMap<string, string>
  /** By `pairKey`: links that are up. */
  readonly up: ReadonlySet<string>
}

/** The problem of this topology on this network, without edges of guests whose host is unknown. */
export function buildProblem(input: ProblemInput): Problem {
  const names = input.hosts.toSorted()
  const indexOf = new Map(names.map((name, at) => [name, at]))
  indexOf.set(input.proxyName, PROXY_INDEX)
  const placeOf = (guest: MacAddress): number | undefined =>
    indexOf.get(input.places.get(guest) ?? '')
  const pinned = new Map(input.pins.flatMap((pin) => bothWays(pin)))
  const demands = collectDemands({ ...input, placeOf, hosts: names.length, pinned })
  const pairs = new Map<number, { direct: boolean; star: boolean }>()
  for (const { source, destination, staysOnStar } of demands) {
    if (source === PROXY_INDEX || destination === PROXY_INDEX) continue
    const key = keyOf(source, destination, names.length)
    const pair = pairs.get(key) ?? { direct: false, star: true }
    if (staysOnStar !== true) pair.star = false
    pairs.set(key, pair)
  }
  for (const { source, destination, path } of input.pins) {
    const [from, to] = [placeOf(source), placeOf(destination)]
    if (path === 'star' || from === undefined || to === undefined || from === to) continue
    if (from === PROXY_INDEX || to === PROXY_INDEX) continue
    const key = keyOf(from, to, names.length)
    pairs.set(key, { direct: true, star: false })
  }
  return {
    proxy: input.network.proxy(),
    hosts: names.map((name) => describeHost(name, input.network)),
    candidates: [...pairs].map(([key, pins]) => {
      const [a, b] = [Math.floor(key / names.length), key % names.length]
      const pair = hostPair(names[a] ?? '', names[b] ?? '')
      return describeCandidate({ a, b, pair, pins, input })
    }),
    demands,
    budgets: input.budgets,
    margin: input.margin,
  }
}

const edgeKey = ({ source, destination }: EdgeKey): string => `${source}${destination}`

const bothWays = ({ source, destination, path }: Pin): [string, Pin['path']][] => [
  [edgeKey({ source, destination }), path],
  [edgeKey({ source: destination, destination: source }), path],
]

/** A number for a pair of hosts, smaller index first. */
const keyOf = (one: number, other: number, hosts: number): number =>
  Math.min(one, other) * hosts + Math.max(one, other)

/** One demand for each ordered pair of hosts, and one more for what is pinned to the star. */
function collectDemands(options: {
  readonly topology: Topology
  readonly placeOf: (guest: MacAddress) => number | undefined
  readonly hosts: number
  readonly pinned: ReadonlyMap<string, Pin['path']>
}): readonly Demand[] {
  const { topology, placeOf, hosts, pinned } = options
  const sums = new Map<number, { -readonly [key in keyof Demand]: Demand[key] }>()
  for (const edge of topology.edges) {
    const source = placeOf(edge.source)
    const destination = placeOf(edge.destination)
    if (source === undefined || destination === undefined || source === destination) continue
    const staysOnStar = pinned.size > 0 && pinned.get(edgeKey(edge)) === 'star'
    const key = ((source + 1) * (hosts + 1) + destination + 1) * 2 + (staysOnStar ? 1 : 0)
    const sum = sums.get(key)
    if (sum === undefined) {
      const { bytesPerSecond, isThrottled } = edge
      sums.set(key, { source, destination, bytesPerSecond, isThrottled, staysOnStar })
    } else {
      sum.bytesPerSecond += edge.bytesPerSecond
      sum.isThrottled ||= edge.isThrottled
    }
  }
  return [...sums.values()]
}

function describeHost(name: string, network: NetworkFigures): ProblemHost {
  const star = network.star(name)
  return {
    name,
    ...network.access(name),
    starSendBytesPerSecond: star.sendBytesPerSecond,
    starReceiveBytesPerSecond: star.receiveBytesPerSecond,
    starRttMs: star.rttMs,
    starLossRatio: star.lossRatio,
  }
}

function describeCandidate(options: {
  readonly a: number
  readonly b: number
  readonly pair: HostPair
  readonly pins: { readonly direct: boolean; readonly star: boolean }
  readonly input: ProblemInput
}): Candidate {
  const { a, b, pair, pins, input } = options
  const path = input.network.path(pair)
  const key = pairKey(pair)
  return {
    a,
    b,
    aToBBytesPerSecond: path?.aToBBytesPerSecond ?? Number.POSITIVE_INFINITY,
    bToABytesPerSecond: path?.bToABytesPerSecond ?? Number.POSITIVE_INFINITY,
    rttMs: path?.rttMs ?? null,
    lossRatio: path?.lossRatio ?? null,
    isUp: input.up.has(key),
    blockedBy: input.blocked.get(key) ?? null,
    pinned: pins.direct ? 'direct' : pins.star ? 'star' : null,
  }
}
