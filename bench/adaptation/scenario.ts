// The three experiments: which lab, which pattern, how large the messages; and the network of a
// lab as the fluid model sees it, with the true rates and delays of its topology file.

import type { Pattern } from '../../src/infer/patterns.ts'
import { patternOf } from '../../src/infer/patterns.ts'
import type { LinkShape, Topology } from '../../src/lab/topology.ts'
import { makeSchedule, type Schedule } from '../patterns/schedule.ts'

export const SCENARIO_NAMES = ['cluster', 'man', 'wan'] as const
export type ScenarioName = (typeof SCENARIO_NAMES)[number]

export interface Scenario {
  readonly name: ScenarioName
  /** Of topologies/. */
  readonly topology: string
  readonly title: string
  readonly pattern: Pattern
  /** So large that the barrier is a small part of an iteration, and an iteration takes ~1 s. */
  readonly messageBytes: number
}

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'cluster',
    topology: 'cluster',
    title: 'eight guests on one cluster, all-to-all',
    pattern: patternOf('all-to-all', 8),
    messageBytes: 16_384,
  },
  {
    name: 'man',
    topology: 'two-clusters-man',
    title: 'two clusters of four over a MAN, bus',
    pattern: patternOf('bus', 8),
    messageBytes: 131_072,
  },
  {
    name: 'wan',
    topology: 'wan',
    title: 'eight sites over a WAN, all-to-all',
    pattern: patternOf('all-to-all', 8),
    messageBytes: 49_152,
  },
]

/** The proxy, or a host, as the end of a path. */
export interface Place {
  readonly name: string
  readonly site: string
  readonly nic: LinkShape | undefined
}

/** What a message goes through: lines in one direction, and how long it takes on the way. */
export interface Way {
  /** Such as `nic-node1 up`; with its rate in bytes a second. */
  readonly lines: readonly (readonly [name: string, bytesPerSecond: number])[]
  readonly delayMs: number
}

export interface ScenarioNetwork {
  readonly schedule: Schedule
  /** The host of each guest of the pattern. */
  readonly hosts: readonly Place[]
  readonly proxySite: string
  star(source: number, destination: number): Way
  direct(source: number, destination: number): Way
}

/** @param guests names of the guests that run the pattern, in its order */
export function networkOf(
  topology: Topology,
  pattern: Pattern,
  guests: readonly string[],
): ScenarioNetwork {
  const hosts = guests.map((guest): Place => {
    const name = topology.guests[guest]?.host ?? ''
    const host = topology.hosts[name]
    return { name, site: host?.site ?? '', nic: host?.nic }
  })
  const proxy: Place = { name: 'proxy', site: topology.proxy.site, nic: topology.proxy.nic }
  const at = (guest: number): Place => hosts[guest] ?? proxy
  return {
    schedule: makeSchedule(pattern),
    hosts,
    proxySite: proxy.site,
    star: (source, destination) =>
      join(wayOf(topology, at(source), proxy), wayOf(topology, proxy, at(destination))),
    direct: (source, destination) => wayOf(topology, at(source), at(destination)),
  }
}

function wayOf(topology: Topology, from: Place, to: Place): Way {
  const leaves = line(`nic-${from.name} up`, from.nic)
  const arrives = line(`nic-${to.name} down`, to.nic)
  if (from.site === to.site) return join(leaves, arrives)
  const out = line(`wan-${from.site} up`, topology.sites[from.site]?.wan)
  const into = line(`wan-${to.site} down`, topology.sites[to.site]?.wan)
  return [leaves, out, into, arrives].reduce(join)
}

const BITS = 8

function line(name: string, shape: LinkShape | undefined): Way {
  const lines: Way['lines'] = shape?.rate === undefined ? [] : [[name, shape.rate / BITS]]
  return { lines, delayMs: shape?.delay ?? 0 }
}

const join = (one: Way, other: Way): Way => ({
  lines: [...one.lines, ...other.lines],
  delayMs: one.delayMs + other.delayMs,
})
