// What a perfect network program would get out of a scenario: the fluid model with the true rates
// and delays of every line. Bytes flow like water; an iteration takes as long as its busiest line
// needs, and the longest way of a message, and the two ways of the barrier. Pure.

import { type HostPair, hostPair, pairKey } from '../../src/adapt/types.ts'
import type { Scenario, ScenarioNetwork, Way } from './scenario.ts'

/** Ethernet frame over TCP payload: 1514 / 1448, in the guest and once more around it. */
const HEADERS = (1_514 / 1_448) ** 2
/** More subsets than this are not tried one by one. */
const SUBSETS_MAX = 4_000

export interface Ideal {
  /** Pairs of hosts with traffic, in the order of their names. */
  readonly pairs: readonly HostPair[]
  /** Of an iteration with links between these pairs. */
  milliseconds(direct: readonly HostPair[]): number
  /** The fastest with exactly so many links; null where there are too many to try. */
  best(count: number): { readonly pairs: readonly HostPair[]; readonly ms: number } | null
}

export function idealOf(network: ScenarioNetwork, messageBytes: number): Ideal {
  const { messages } = network.schedule
  const pairOf = (one: number, other: number) =>
    hostPair(network.hosts[one]?.name ?? '', network.hosts[other]?.name ?? '')
  const byKey = new Map(
    messages.map(({ source, destination }) => {
      const pair = pairOf(source, destination)
      return [pairKey(pair), pair] as const
    }),
  )
  const pairs = [...byKey.keys()].sort().flatMap((key) => byKey.get(key) ?? [])
  const milliseconds = (direct: readonly HostPair[]) => {
    const links = new Set(direct.map(pairKey))
    const way = (from: number, to: number): Way =>
      links.has(pairKey(pairOf(from, to))) ? network.direct(from, to) : network.star(from, to)
    const busy = new Map<string, number>()
    let farthest = 0
    for (const { source, destination } of messages) {
      const { lines, delayMs } = way(source, destination)
      farthest = Math.max(farthest, delayMs)
      for (const [name, rate] of lines) {
        const seconds = (messageBytes * HEADERS) / rate
        busy.set(name, (busy.get(name) ?? 0) + seconds)
      }
    }
    const barrier = Math.max(...network.hosts.map((_, to) => (to === 0 ? 0 : way(0, to).delayMs)))
    return Math.max(0, ...busy.values()) * 1_000 + farthest + 2 * barrier
  }
  return { pairs, milliseconds, best: (count) => tryAll(pairs, count, milliseconds) }
}

function tryAll(
  pairs: readonly HostPair[],
  count: number,
  milliseconds: (direct: readonly HostPair[]) => number,
): { readonly pairs: readonly HostPair[]; readonly ms: number } | null {
  if (choose(pairs.length, count) > SUBSETS_MAX) return null
  let best: { readonly pairs: readonly HostPair[]; readonly ms: number } | null = null
  for (const subset of subsetsOf(pairs, count)) {
    const ms = milliseconds(subset)
    if (best === null || ms < best.ms) best = { pairs: subset, ms }
  }
  return best
}

function choose(from: number, count: number): number {
  let ways = 1
  for (let taken = 0; taken < Math.min(count, from - count); taken += 1) {
    ways = (ways * (from - taken)) / (taken + 1)
  }
  return ways
}

function* subsetsOf<T>(all: readonly T[], count: number): Generator<readonly T[]> {
  if (count === 0) yield []
  for (let first = 0; first + count <= all.length && count > 0; first += 1) {
    for (const rest of subsetsOf(all.slice(first + 1), count - 1)) {
      yield [...all.slice(first, first + 1), ...rest]
    }
  }
}

/** The traffic of each pair of hosts in an iteration, both directions. */
export function volumesOf(
  network: ScenarioNetwork,
  { messageBytes }: Pick<Scenario, 'messageBytes'>,
): ReadonlyMap<string, number> {
  const volumes = new Map<string, number>()
  for (const { source, destination } of network.schedule.messages) {
    const [from, to] = [network.hosts[source], network.hosts[destination]]
    const key = pairKey(hostPair(from?.name ?? '', to?.name ?? ''))
    volumes.set(key, (volumes.get(key) ?? 0) + messageBytes)
  }
  return volumes
}
