// One seeded schedule from a cold start to rest: faults for a while, then none, until the network
// has settled; then frames between all guests show that it works. The same seed, the same run.

import type { step } from '../../src/adapt/controller.ts'
import type { AdaptSettings } from '../../src/adapt/types.ts'
import { diceOf, scheduleFaults, talk } from './faults.ts'
import type { Breach } from './invariants.ts'
import { Network } from './network.ts'

const START_MS = 5_000
/** Enough for whoever is gone for good to be given up, and all that follows. */
const SETTLE_MS = 60_000
const REST_MAX_MS = 120_000
/** A frame has arrived by then. */
const FRAME_MS = 500

export interface ScheduleResult {
  readonly seed: number
  readonly breaches: readonly Breach[]
  readonly happened: readonly string[]
  readonly messages: number
  readonly storm: number
  readonly frames: { readonly delivered: number; readonly lost: number }
  /** Links that stood at rest. */
  readonly links: number
  /** The last messages, as a sequence chart of Mermaid. */
  readonly chart: () => string
}

export interface ScheduleOptions {
  readonly seed: number
  /** A controller that is broken on purpose. */
  readonly step?: typeof step
  /** No faults. */
  readonly isCalm?: boolean
  readonly prepare?: (network: Network) => void
}

export function runSchedule({ seed, isCalm, prepare, ...broken }: ScheduleOptions): ScheduleResult {
  const network = new Network({ seed, ...shapeOf(seed), ...broken })
  const dice = diceOf(network)
  prepare?.(network)
  network.start()
  network.later(3_000, () => talk(network, dice))
  network.underlay.time.runUntil(START_MS)
  const faultsMs = dice.between(5_000, 40_000)
  const happened = isCalm ? [] : scheduleFaults(network, faultsMs)
  const healedMs = START_MS + faultsMs
  network.underlay.time.runUntil(healedMs)
  network.note('no more faults')
  network.startProxy()
  network.set({ level: 'auto' })
  rest(network, healedMs + SETTLE_MS)
  const { breaches, messages, storm, frames } = network.invariants
  const links = network.kept.saved.size
  const chart = () => network.chart.draw()
  return { seed, breaches, happened, messages, storm, frames, links, chart }
}

/** Three to seven hosts, with budgets from too small to ample; it all follows from the seed. */
function shapeOf(seed: number) {
  const settings: AdaptSettings = {
    level: 'auto',
    budgets: { linksPerHost: 1 + (seed % 5), links: 2 + (seed % 11) },
    margin: 0.1,
    dwellMs: 3_000 + 1_000 * (seed % 4),
  }
  return { hosts: 3 + (seed % 5), guestsPerHost: 1 + (seed % 2), settings }
}

function rest(network: Network, fromMs: number): void {
  const { time } = network.underlay
  time.runUntil(fromMs)
  const endMs = fromMs + REST_MAX_MS
  while (!isQuiet(network) && time.nowMs < endMs) time.runUntil(time.nowMs + 200)
  if (!isQuiet(network)) network.invariants.breach('comes to rest', whatMoves(network))
  const pairs = network.guests.flatMap((source) =>
    network.guests
      .filter((destination) => destination !== source)
      .map((destination) => ({ source, destination })),
  )
  const frames = network.send(pairs)
  time.runUntil(time.nowMs + FRAME_MS)
  network.invariants.atRest(frames)
}

/** Nothing is under way but tries of pairs that cannot connect, and rules that are refused. */
function isQuiet(network: Network): boolean {
  return whatMoves(network) === ''
}

function whatMoves({ proxy, hosts }: Network): string {
  if (proxy === null) return 'there is no proxy'
  const { state } = proxy
  if (state.grace !== null) return 'the controller waits for hosts'
  for (const { key, phase, usableMs } of state.links.values()) {
    if (phase !== 'standing' && phase !== 'ordering') return `${key} is ${phase}`
    if (usableMs > state.nowMs) return `${key} fell`
  }
  for (const host of state.hosts.values()) {
    const isRefusing = hosts.get(host.name)?.refusesRules
    if (host.isUp && !isRefusing && (host.sent !== null || host.isDirty)) {
      return `${host.name} gets rules`
    }
  }
  if ([...hosts.values()].some((host) => host.isUp && host.session === null)) return 'a host dials'
  return ''
}
