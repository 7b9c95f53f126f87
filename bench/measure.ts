// What is measured of an overlay: each path in turn, then what it costs while idle and in memory,
// and the checks that follow. Shared by `throughput` (daemons) and `plane` (bare planes).

import { setTimeout as sleep } from 'node:timers/promises'
import { type Check, check, ratio } from './checks.ts'
import {
  type BenchContext,
  type BenchOutcome,
  type Case,
  type CaseResult,
  medianOf,
} from './harness.ts'
import { processCpuSeconds, processRssMB } from './machine.ts'
import { GUESTS, HOST_ADDRESS, type Overlay } from './overlay.ts'
import { measurePath, type PathTimes, startTrafficServer, waitForPath } from './path.ts'

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

/** Runs all cases and closes with the checks. */
export async function measureOverlay(
  context: BenchContext,
  overlay: Overlay,
): Promise<BenchOutcome> {
  const { hosts, guests } = overlay
  await Promise.all([hosts.beta, guests.a2, guests.b1].map(startTrafficServer))
  await waitForPath({ client: guests.a1, server: guests.b1, address: GUESTS.b1.address })
  context.progress('the overlay is up')
  const cases = await context.interleave(listCases(context, overlay), context.isQuick ? 2 : 5)
  await overlay.route('star')
  const idleCpuPercent = await measureIdle(overlay, context.isQuick ? 2_000 : 5_000)
  await overlay.growLinks(LINKS_FOR_RSS)
  const rssMB = await processRssMB(overlay.pids[0], 'now')
  return { cases, checks: judge({ cases, idleCpuPercent, rssMB }) }
}

function listCases(context: BenchContext, overlay: Overlay): Case[] {
  const times: PathTimes = context.isQuick
    ? { tcpSeconds: 1, framesMs: 500, idlePings: 200 }
    : { tcpSeconds: 4, framesMs: 2_000, idlePings: 1_000 }
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

function judge(figures: {
  readonly cases: readonly CaseResult[]
  readonly idleCpuPercent: number
  readonly rssMB: number
}): Check[] {
  const { cases, idleCpuPercent, rssMB } = figures
  const tcp = (name: string) => medianOf(cases, name, 'tcp1GbitPerSecond')
  const star = tcp('star')
  return [
    check({ name: 'starTcp1', value: star, unit: 'Gbit/s', op: '>=', target: 3 }),
    check({ name: 'starToRaw', value: ratio(star, tcp('raw')), unit: '', op: '>=', target: 0.1 }),
    check({ name: 'idleCpu', value: idleCpuPercent, unit: '%', op: '<=', target: 1 }),
    check({ name: 'rssWith16Links', value: rssMB, unit: 'MB', op: '<=', target: 120 }),
  ]
}
