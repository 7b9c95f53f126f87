// `vnet bench throughput`: what passes by which path and what it costs, beside all other overlays.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Check, check } from './checks.ts'
import type { Measures } from './harness.ts'
import { checkFigure, checkRatio, checkRivals, isRival } from './judge.ts'
import { processCpuSeconds, processRssMB } from './machine.ts'
import type { Overlay } from './overlay.ts'
import { benchOf, type Figures, type PathBench, type Paths, UNDERLAY_METHOD } from './path-bench.ts'
import { PEERS_METHOD } from './peers/cases.ts'
import { PRODUCT_METHOD, startProduct } from './product.ts'
import { percentile } from './stats.ts'
import { tlsCase } from './tls-bulk.ts'
import { loadTcp, loadTcpAndPing, ping, sendFrames } from './traffic.ts'

/** Links of the proxy when its memory is measured. */
const LINKS_FOR_RSS = 16

export const throughputPaths: PathBench = {
  name: 'throughput',
  summary: 'TCP, small frames, latency, cost and memory by path, beside other overlays',
  method: [
    ...UNDERLAY_METHOD,
    'TCP: iperf3, one and four streams. 64-byte frames: UDP, sent as fast as one process can ' +
      'and counted where they arrive (more in the page of `pps`). RTT: ping every 2 ms, idle ' +
      'and beside the one-stream TCP run. CPU: busy time of all cores during that run, load ' +
      'generators included. Peak RSS: the most that the processes held, summed up: all three ' +
      'daemons of ours, whatever path is measured. Idle CPU: the busiest daemon, percent of one ' +
      'core. rssWith16Links: the proxy after the load. 1 MB is 1,000,000 bytes.',
    '`tls-bulk`: one TLS 1.3 connection with AES-128-GCM over the same veth, by OpenSSL, without ' +
      'TAP devices: the most that a tunnel in one connection could carry.',
    PEERS_METHOD,
    `${PRODUCT_METHOD} For the 16 links, further hosts without guests join at the end.`,
  ],
  paths: ['raw', 'local', 'direct', 'direct-udp', 'star'],
  yardsticks: ['plain-tap', 'softether-8', 'softether-1-relayed'],
  more: (sandbox, underlay, isQuick) => (isQuick ? [] : [tlsCase(sandbox, underlay)]),
  measure,
  finish,
  judge,
}

export const throughputBench = benchOf(throughputPaths, startProduct)

async function measure({ main }: Paths, isQuick: boolean): Promise<Measures> {
  const seconds = 1
  const idle = await ping(main, { count: isQuick ? 100 : 200 })
  const one = await loadTcpAndPing(main, { streams: 1, seconds })
  const four = await loadTcp(main, { streams: 4, seconds })
  const frames = await sendFrames(main, { durationMs: isQuick ? 200 : 300 })
  return {
    tcp1GbitPerSecond: one.gbitPerSecond,
    tcp4GbitPerSecond: four.gbitPerSecond,
    cpuSecondsPerGB: one.cpuSecondsPerGB,
    frames64BPerSecond: frames.deliveredPerSecond,
    rttIdleP50Us: percentile(idle, 50),
    rttIdleP99Us: percentile(idle, 99),
    rttUnderLoadP50Us: percentile(one.rttUs, 50),
    rttUnderLoadP99Us: percentile(one.rttUs, 99),
  }
}

async function finish(overlay: Overlay, isQuick: boolean): Promise<Measures> {
  await overlay.route('star')
  const idleCpuPercent = await measureIdle(overlay, isQuick ? 2_000 : 5_000)
  await overlay.growLinks(LINKS_FOR_RSS)
  return { idleCpuPercent, rssWith16LinksMB: await processRssMB(overlay.pids[0], 'now') }
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

function judge(figures: Figures): Check[] {
  return [...judgeStar(figures), ...([1, 4] as const).flatMap((count) => judgeTcp(figures, count))]
}

/** What encryption costs is the affair of `choices`: there the same program runs without. */
function judgeTcp(figures: Figures, streams: 1 | 4): Check[] {
  const measure = `tcp${streams}GbitPerSecond`
  const kind = 'encrypted L2 peer'
  return [
    checkRivals(figures, {
      ...{ name: `directToFastestPeer${streams}`, op: '>=', target: streams === 1 ? 5 : 4 },
      ...{ of: 'direct', measure, best: 'highest', kind },
      isRival: (peer) => isRival(peer, 'direct'),
    }),
    checkRatio(figures, {
      ...{ name: `starToDirect${streams}`, op: '>=', target: 0.6 },
      ...{ of: 'star', measure, to: ['direct'] },
    }),
    checkRivals(figures, {
      ...{ name: `starToFastestRelayed${streams}`, op: '>=', target: 4 },
      ...{ of: 'star', measure, best: 'highest', kind: `relayed ${kind}` },
      isRival: (peer) => isRival(peer, 'relayed'),
    }),
  ]
}

/** What was promised of the proxy's path before there were peers. */
export function judgeStar(figures: Figures): Check[] {
  const { finish: last, why } = figures
  const below = (name: string, value: number | null | undefined, unit: string, target: number) =>
    check({
      ...{ name, value: value ?? null, unit, op: '<=', target },
      ...{ why: why ?? 'only measured after all cases' },
    })
  const tcp = { of: 'star', measure: 'tcp1GbitPerSecond', op: '>=' } as const
  return [
    checkFigure(figures, { ...tcp, name: 'starTcp1', unit: 'Gbit/s', target: 3 }),
    checkRatio(figures, { ...tcp, name: 'starToRaw', to: ['raw'], target: 0.1 }),
    below('idleCpu', last.idleCpuPercent, '%', 1),
    below('rssWith16Links', last.rssWith16LinksMB, 'MB', 120),
    checkFigure(figures, {
      ...{ name: 'directCpuPerGB', of: 'direct', measure: 'cpuSecondsPerGB' },
      ...{ unit: 's', op: '<=', target: 2.5 },
    }),
  ]
}
