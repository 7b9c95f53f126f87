// `vnet bench latency`: round trips by path, idle and beside bulk transfers, and whether one heavy
// guest starves others on the same link.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Check } from './checks.ts'
import type { Measures } from './harness.ts'
import { checkFigure, checkRivals, isRival } from './judge.ts'
import { benchOf, type Figures, type PathBench, type Paths, UNDERLAY_METHOD } from './path-bench.ts'
import { PEERS_METHOD } from './peers/cases.ts'
import { PRODUCT_METHOD, startProduct } from './product.ts'
import { percentile } from './stats.ts'
import {
  askAndAnswer,
  LOAD_RISES_MS,
  loadTcp,
  loadTcpAndPing,
  ping,
  pingDuring,
} from './traffic.ts'

/** Light clients beside the heavy stream, each asking once in `intervalMs`. */
const LIGHT = { clients: 10, intervalMs: 10 }
/** The fastest of each kind, and those that answer soonest; all others are in `throughput`. */
const PEERS = ['plain-tap', 'softether-8', 'fastd-aes', 'vtun-tcp']

const latencyPaths: PathBench = {
  name: 'latency',
  summary: 'round trips by path: idle, under full load, and fairness to light traffic',
  method: [
    ...UNDERLAY_METHOD,
    'Idle: ping every 2 ms on an otherwise idle path. Under load: the same beside one and beside ' +
      'four TCP streams (iperf3) on the same path.',
    'Fairness: one TCP stream between two guests; beside it between two other guests, on the ' +
      `same link, a ping every 5 ms and ${LIGHT.clients} connections on which a request of 64 ` +
      `bytes is answered with 512 bytes, each once in ${LIGHT.intervalMs} ms. ` +
      'fairTcp1GbitPerSecond is what the heavy stream gets meanwhile. Peers have one device a ' +
      'host: there, and on `raw` and `local`, all of it shares one pair of ends.',
    PEERS_METHOD,
    PRODUCT_METHOD,
  ],
  paths: ['raw', 'direct', 'direct-udp', 'star'],
  peers: PEERS,
  yardsticks: ['fastd-aes', 'vtun-tcp'],
  measure,
  judge,
}

export const latencyBench = benchOf(latencyPaths, startProduct)

async function measure({ main, other }: Paths, isQuick: boolean): Promise<Measures> {
  const idle = await ping(main, { count: isQuick ? 150 : 300 })
  const one = await loadTcpAndPing(main, { streams: 1, seconds: 1 })
  const four = await loadTcpAndPing(main, { streams: 4, seconds: 1 })
  return {
    rttIdleP50Us: percentile(idle, 50),
    rttIdleP99Us: percentile(idle, 99),
    rttUnderLoad1P50Us: percentile(one.rttUs, 50),
    rttUnderLoad1P99Us: percentile(one.rttUs, 99),
    rttUnderLoad4P50Us: percentile(four.rttUs, 50),
    rttUnderLoad4P99Us: percentile(four.rttUs, 99),
    ...(await measureFairness(main, other)),
  }
}

async function measureFairness(main: Path, other: Path): Promise<Measures> {
  const seconds = 1
  await ping(other, { count: 2 }) // its addresses are known
  const load = loadTcp(main, { streams: 1, seconds })
  const light = sleep(LOAD_RISES_MS).then(() =>
    askAndAnswer(other, { ...LIGHT, durationMs: seconds * 1000 - 2 * LOAD_RISES_MS }),
  )
  const [heavy, asked, rttUs] = await Promise.all([load, light, pingDuring(other, load, 5)])
  return {
    fairTcp1GbitPerSecond: heavy.gbitPerSecond,
    fairPingP50Us: percentile(rttUs, 50),
    fairPingP99Us: percentile(rttUs, 99),
    fairRequestP50Us: percentile(asked, 50),
    fairRequestP99Us: percentile(asked, 99),
  }
}

type Path = Paths['main']

function judge(figures: Figures): Check[] {
  const below = (of: string, name: string, measure: string, target: number) =>
    checkFigure(figures, { name, of, measure, unit: 'us', op: '<=', target })
  return [
    ...(['direct', 'direct-udp', 'star'] as const).flatMap((of) => [
      ...(['1', '4'] as const).flatMap((streams) => [
        below(of, `${of}: rttUnderLoad${streams}P50`, `rttUnderLoad${streams}P50Us`, 1500),
        below(of, `${of}: rttUnderLoad${streams}P99`, `rttUnderLoad${streams}P99Us`, 5000),
      ]),
      below(of, `${of}: fairPingP50`, 'fairPingP50Us', 2000),
      below(of, `${of}: fairRequestP50`, 'fairRequestP50Us', 2000),
    ]),
    ...(['direct', 'direct-udp'] as const).map((of) =>
      checkRivals(figures, {
        ...{ name: `${of}: rttIdleToFastestPeer`, op: '<=', target: 1 },
        ...{ of, measure: 'rttIdleP50Us', best: 'lowest', kind: 'encrypted L2 peer' },
        isRival: (peer) => isRival(peer, 'direct'),
      }),
    ),
  ]
}
