// What is measured of an overlay: each path in turn, then what it costs while idle and in memory,
// and the checks that follow. Shared by `throughput` (daemons) and `plane` (bare planes).

import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../src/base/errors.ts'
import { type Check, check, ratio } from './checks.ts'
import {
  type BenchContext,
  type BenchOutcome,
  type Case,
  type CaseResult,
  medianOf,
} from './harness.ts'
import { processCpuSeconds, processRssMB } from './machine.ts'
import { createSandbox, type Sandbox } from './netns.ts'
import { GUESTS, HOST_ADDRESS, type Overlay } from './overlay.ts'
import { measurePath, type PathTimes, startTrafficServer, waitForPath } from './path.ts'
import { listPeerCases, reportPeers } from './peers/cases.ts'
import { type FoundPeers, findPeers } from './peers/list.ts'

/** Links of the proxy when its memory is measured. */
const LINKS_FOR_RSS = 16

/** How it is measured, for the generated pages. */
export const METHOD = [
  'A bridge in a namespace of its own joins the proxy and two hosts (veth, MTU 1500, no ' +
    'emulated delay or rate). A guest is a namespace that holds a TAP device of its host. ' +
    'Everything, the load generators too, shares this machine.',
  '`raw`: host to host over the same veth and bridge, without overlay. `local`: two ' +
    'guests of one host. `direct`: guests of two hosts over one TLS link, sent there by ' +
    'rules. `star`: the same guests through the proxy, two TLS links. The cases run in ' +
    'turn, once a repeat.',
  'TCP: iperf3, one and four streams. 64-byte frames: UDP by sendmmsg as fast as the ' +
    'kernel takes them, counted where they arrive. RTT: ping every 2 ms, idle and beside ' +
    'the one-stream TCP run. CPU: busy time of all cores during that run, load generators ' +
    'included. Idle CPU: the busiest daemon, percent of one core. Memory: the proxy after ' +
    'the load, with 16 links; 1 MB is 1,000,000 bytes.',
]

/**
 * Builds an overlay, runs all cases and closes with the checks. What breaks on the way leaves the
 * checks unmeasured, with the reason.
 */
export async function benchOverlay(
  context: BenchContext,
  build: (sandbox: Sandbox) => Promise<Overlay>,
): Promise<BenchOutcome> {
  const sandbox = createSandbox('b')
  const figures: Figures = { cases: [], idleCpuPercent: null, rssMB: null }
  const peers = await findPeers(context.peers, context.progress)
  try {
    const overlay = await build(sandbox)
    await measure(context, { overlay, sandbox, peers }, figures)
    await overlay.stop()
  } catch (error) {
    figures.why = messageOf(error)
    context.progress(`stopped: ${figures.why}`)
  } finally {
    await sandbox.close()
  }
  const outcome = { cases: figures.cases, checks: judge(figures) }
  return context.peers === 'none'
    ? outcome
    : { ...outcome, peers: reportPeers(peers, outcome.cases) }
}

interface Figures {
  cases: readonly CaseResult[]
  idleCpuPercent: number | null
  rssMB: number | null
  /** Why some are missing. */
  why?: string
}

/** What takes part in a run. */
interface Parties {
  readonly overlay: Overlay
  readonly sandbox: Sandbox
  readonly peers: FoundPeers
}

async function measure(context: BenchContext, parties: Parties, figures: Figures): Promise<void> {
  const { overlay } = parties
  const { hosts, guests } = overlay
  await Promise.all([hosts.beta, guests.a2, guests.b1].map(startTrafficServer))
  await waitForPath({ client: guests.a1, server: guests.b1, address: GUESTS.b1.address })
  context.progress('the overlay is up')
  const isAlone = parties.peers.found.length === 0
  const repeats = context.isQuick ? 2 : isAlone ? 5 : 3
  const cases = await context.interleave(listCases(context, parties), repeats)
  // A peer that never ran is named among the skipped, not shown as an empty row.
  figures.cases = cases.filter(({ measures }) => Object.keys(measures).length > 0)
  await overlay.route('star')
  figures.idleCpuPercent = await measureIdle(overlay, context.isQuick ? 2_000 : 5_000)
  await overlay.growLinks(LINKS_FOR_RSS)
  figures.rssMB = await processRssMB(overlay.pids[0], 'now')
}

function listCases(context: BenchContext, { overlay, sandbox, peers }: Parties): Case[] {
  const isAlone = peers.found.length === 0
  const times: PathTimes = context.isQuick
    ? { tcpSeconds: 1, framesMs: 500, idlePings: 200 }
    : isAlone
      ? { tcpSeconds: 4, framesMs: 2_000, idlePings: 1_000 }
      : { tcpSeconds: 2, framesMs: 500, idlePings: 400 } // so many cases
  const { hosts, guests } = overlay
  const far = { client: guests.a1, server: guests.b1, address: GUESTS.b1.address }
  const near = { client: guests.a1, server: guests.a2, address: GUESTS.a2.address }
  const raw = { client: hosts.alpha, server: hosts.beta, address: HOST_ADDRESS.beta }
  const routed = (path: 'direct' | 'star') => async () => {
    await overlay.route(path)
    return measurePath(far, times)
  }
  return [
    { name: 'raw', measure: () => measurePath(raw, times) },
    { name: 'local', measure: () => measurePath(near, times) },
    { name: 'direct', measure: routed('direct') },
    { name: 'star', measure: routed('star') },
    ...listPeerCases({ peers, sandbox, underlay: overlay, times }),
  ]
}

/** CPU of the busiest daemon while nothing is sent, in percent of one core. */
async function measureIdle(overlay: Overlay, durationMs: number): Promise<number> {
  await sleep(500) // the last run's connections close
  const before = await Promise.all(overlay.pids.map(processCpuSeconds))
  await sleep(durationMs)
  const after = await Promise.all(overlay.pids.map(processCpuSeconds))
  const used = after.map((seconds, index) => seconds - (before[index] ?? 0))
  return (Math.max(...used) / (durationMs / 1000)) * 100
}

function judge({ cases, idleCpuPercent, rssMB, why }: Figures): Check[] {
  const tcp = (name: string) => medianOf(cases, name, 'tcp1GbitPerSecond')
  const star = tcp('star')
  const rows = [
    { name: 'starTcp1', value: star, unit: 'Gbit/s', op: '>=', target: 3 },
    { name: 'starToRaw', value: ratio(star, tcp('raw')), unit: '', op: '>=', target: 0.1 },
    { name: 'idleCpu', value: idleCpuPercent, unit: '%', op: '<=', target: 1 },
    { name: 'rssWith16Links', value: rssMB, unit: 'MB', op: '<=', target: 120 },
  ] as const
  return rows.map((row) => check({ ...row, ...(why === undefined ? {} : { why }) }))
}
