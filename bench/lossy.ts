// `vnet bench lossy`: the same paths and peers over an emulated WAN that loses packets, where a
// tunnel over TCP suffers most.

import type { Check } from './checks.ts'
import type { Measures } from './harness.ts'
import { checkRatio, checkRivals } from './judge.ts'
import { benchOf, type Figures, type PathBench, type Paths, UNDERLAY_METHOD } from './path-bench.ts'
import { PEERS_METHOD } from './peers/cases.ts'
import { PRODUCT_METHOD, startProduct } from './product.ts'
import { percentile } from './stats.ts'
import { loadTcp, ping } from './traffic.ts'

/** Each way; the round trip takes twice the delay. */
const WAN = { rate: 500e6, delay: 10, jitter: 0, loss: 0.01, burst: 1, queue: 50 }
const PEERS = [
  ...['softether-8', 'openvpn-tcp', 'openvpn-udp', 'tinc-tcp', 'tinc-udp'],
  ...['fastd-aes', 'wireguard-go'],
]
const PINGS = 40
const PING_INTERVAL_MS = 20

const lossyPaths: PathBench = {
  name: 'lossy',
  summary: 'TCP and latency by path over a WAN with 1 % loss and 20 ms',
  method: [
    ...UNDERLAY_METHOD,
    'Between alpha and the bridge lies an emulated WAN link (vnet-wan): 10 ms each way, so an ' +
      'RTT of 20 ms; each packet is lost with 1 % chance, each way, without bursts; 500 Mbit/s ' +
      'each way with a queue of 50 ms. Every path, also through the proxy, crosses it once.',
    `TCP: iperf3, one and four streams, slow start included. RTT: ${PINGS} pings on the ` +
      'idle path, lost ones left out. Without an overlay one stream of CUBIC reaches about ' +
      '7 Mbit/s there (1.22 MSS / (RTT sqrt(loss)), Mathis 1997). Peers run beside our own ' +
      'paths, three at a time, each over an emulated link of its own: together they take little ' +
      'of the machine.',
    PEERS_METHOD,
    PRODUCT_METHOD,
  ],
  paths: ['raw', 'direct', 'direct-udp', 'star'],
  wan: WAN,
  peerLanes: 3,
  peers: PEERS,
  yardsticks: ['fastd-aes', 'wireguard-go'],
  measure,
  judge,
}

export const lossyBench = benchOf(lossyPaths, startProduct)

async function measure({ main }: Paths, isQuick: boolean): Promise<Measures> {
  const idle = await ping(main, { count: PINGS, intervalMs: PING_INTERVAL_MS })
  const load = { seconds: isQuick ? 1 : 2 }
  const one = await loadTcp(main, { ...load, streams: 1 })
  const four = await loadTcp(main, { ...load, streams: 4 })
  return {
    tcp1MbitPerSecond: one.gbitPerSecond * 1000,
    tcp4MbitPerSecond: four.gbitPerSecond * 1000,
    rttIdleP50Us: percentile(idle, 50),
    rttIdleP99Us: percentile(idle, 99),
    pingLossPercent: (1 - idle.length / PINGS) * 100,
  }
}

function judge(figures: Figures): Check[] {
  return ([1, 4] as const).flatMap((streams) => {
    const measured = { of: 'direct-udp', measure: `tcp${streams}MbitPerSecond` }
    return [
      checkRatio(figures, {
        ...{ name: `udpToTcp${streams}`, op: '>=', target: 5 },
        ...{ ...measured, to: ['direct'] },
      }),
      checkRivals(figures, {
        ...{ name: `udpToBestUdpPeer${streams}`, op: '>=', target: 1 },
        ...{ ...measured, best: 'highest', kind: 'UDP peer' },
        isRival: ({ transport, isEncrypted }) => transport === 'udp' && isEncrypted,
      }),
    ]
  })
}
