// Simulated traffic for the inference: programs that compute and communicate in turns, background,
// acknowledgements and chatter, as the reports that hosts would send, with what goes wrong on the
// way.

import type { MacAddress } from '../../src/base/mac.ts'
import type { Random } from '../../src/base/random.ts'
import { REPORT_HEARTBEAT_MS } from '../../src/infer/hosts.ts'
import type { MatrixReport } from '../../src/infer/types.ts'
import { createLoadSource, type LoadSource } from './sources.ts'

/** A program that runs on some of the guests. */
export interface ProgramPlan {
  /** Who sends to whom, by guest number. */
  readonly edges: readonly (readonly [source: number, destination: number])[]
  readonly startMs: number
  readonly endMs: number
  /** The strongest edge carries this many times what the weakest does; log-uniform between. */
  readonly skew: number
  readonly meanBytesPerSecond: number
  /** Of the compute and communication phases together. */
  readonly periodMs: number
  /** The share of the period in which it communicates, 0..1. */
  readonly duty: number
}

export interface TrafficPlan {
  readonly random: Random
  readonly guests: number
  readonly guestsPerHost: number
  readonly updateIntervalMs: number
  readonly startMs: number
  readonly endMs: number
  readonly programs: readonly ProgramPlan[]
  /** Of the programs' volume, on random pairs. */
  readonly backgroundShare: number
  /** Of the forward bytes, as frames of 66 bytes in the other direction. */
  readonly ackShare: number
  /** ARP, mDNS, DHCP, NTP, ssh. */
  readonly hasChatter: boolean
  /** Shares of the reports. */
  readonly lost: number
  readonly late: number
  readonly duplicated: number
  /** Clocks of hosts are off by up to this, either way. */
  readonly skewMs: number
}

/** A report as it arrives. */
export interface Arrival {
  readonly receivedMs: number
  readonly report: MatrixReport
}

/** Pairs of an interval by `source * guests + destination`. */
export interface IntervalCounts {
  readonly bytes: Float64Array
  readonly frames: Float64Array
}

export const PLAIN: Omit<TrafficPlan, 'random' | 'guests' | 'startMs' | 'endMs' | 'programs'> = {
  guestsPerHost: 2,
  updateIntervalMs: 100,
  backgroundShare: 0,
  ackShare: 0,
  hasChatter: false,
  lost: 0,
  late: 0,
  duplicated: 0,
  skewMs: 0,
}

/** The address of guest `number`. */
export function guestMac(number: number): MacAddress {
  const octet = (shift: number) => ((number >> shift) & 0xff).toString(16).padStart(2, '0')
  return `52:54:00:${octet(16)}:${octet(8)}:${octet(0)}` as MacAddress
}

/** All reports of a plan, in the order of their arrival. */
export function simulate(plan: TrafficPlan): Arrival[] {
  const { random, updateIntervalMs } = plan
  const source = createLoadSource(plan)
  const hosts = createHosts(plan)
  const arrivals: Arrival[] = []
  for (let fromMs = plan.startMs; fromMs < plan.endMs; fromMs += updateIntervalMs) {
    const counts = source.next(fromMs)
    for (const host of hosts) {
      const report = reportOf(plan, host, counts, source, fromMs)
      if (report === null) continue
      const isLost = random.next() < plan.lost
      if (isLost) continue
      const delayMs = 2 + random.next() * 8
      const lateMs = random.next() < plan.late ? random.next() * 5 * updateIntervalMs : 0
      const receivedMs = fromMs + updateIntervalMs + delayMs + lateMs
      arrivals.push({ receivedMs, report })
      if (random.next() < plan.duplicated) arrivals.push({ receivedMs: receivedMs + 3, report })
    }
  }
  return arrivals.sort((a, b) => a.receivedMs - b.receivedMs)
}

interface SimulatedHost {
  readonly name: string
  readonly guests: readonly number[]
  readonly skewMs: number
  sequence: number
  reportedMs: number
}

function createHosts({ random, guests, guestsPerHost, skewMs, startMs }: TrafficPlan) {
  const hosts: SimulatedHost[] = []
  for (let first = 0; first < guests; first += guestsPerHost) {
    const count = Math.min(guestsPerHost, guests - first)
    hosts.push({
      name: `host-${hosts.length}`,
      guests: Array.from({ length: count }, (_, i) => first + i),
      skewMs: Math.round((2 * random.next() - 1) * skewMs),
      sequence: 0,
      reportedMs: startMs,
    })
  }
  return hosts
}

/** What a host reports of an interval; null: nothing, and no heartbeat is due. */
function reportOf(
  plan: TrafficPlan,
  host: SimulatedHost,
  { bytes, frames }: IntervalCounts,
  { macs }: LoadSource,
  fromMs: number,
): MatrixReport | null {
  const toMs = fromMs + plan.updateIntervalMs
  const columns = { source: [] as number[], destination: [] as number[], at: [] as number[] }
  for (const source of host.guests) {
    for (let destination = 0; destination < plan.guests; destination += 1) {
      const at = source * plan.guests + destination
      if ((frames[at] ?? 0) === 0) continue
      columns.source.push(source)
      columns.destination.push(destination)
      columns.at.push(at)
    }
  }
  const isIdle = columns.at.length === 0
  if (isIdle && toMs - host.reportedMs < REPORT_HEARTBEAT_MS) return null
  host.reportedMs = toMs
  host.sequence += 1
  return {
    host: host.name,
    instance: 'first',
    sequence: host.sequence,
    fromMs: fromMs + host.skewMs,
    toMs: toMs + host.skewMs,
    guests: macs,
    source: Uint32Array.from(columns.source),
    destination: Uint32Array.from(columns.destination),
    bytes: Float64Array.from(columns.at, (at) => bytes[at] ?? 0),
    frames: Uint32Array.from(columns.at, (at) => frames[at] ?? 0),
    droppedFrames: new Uint32Array(columns.at.length),
  }
}
