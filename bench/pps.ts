// `vnet bench pps`: small frames by path: how many arrive at most, and how many are lost at rates
// that a path should carry.

import type { Check } from './checks.ts'
import type { Measures } from './harness.ts'
import { checkFigure } from './judge.ts'
import { benchOf, type Figures, type PathBench, type Paths, UNDERLAY_METHOD } from './path-bench.ts'
import { PEERS_METHOD } from './peers/cases.ts'
import { PRODUCT_METHOD, startProduct } from './product.ts'
import { sendFrames } from './traffic.ts'

/** Offered rates, in thousand frames a second. */
const RATES_K = [50, 100, 200, 300, 400] as const
/** A sender that got less of its rate than this share did not offer it. */
const OFFERED_SHARE_MIN = 0.95
/** Something else may have had the machine. */
const ATTEMPTS_MAX = 2
/** The fastest of each kind; all others are in `throughput`. */
const PEERS = ['vxlan', 'plain-tap', 'softether-8', 'fastd-aes']

const ppsPaths: PathBench = {
  name: 'pps',
  summary: '64-byte frames by path: delivered at most, lost at offered rates',
  method: [
    ...UNDERLAY_METHOD,
    'Frames of 64 bytes: UDP from one process, handed to the kernel many at once and cut into ' +
      'single frames before the device, so that the generator takes little of the machine that ' +
      'it shares with what is measured; counted by another process where they arrive. ' +
      'framesMaxPerSecond: the most that arrived at any load (the maximum forwarding rate of ' +
      'RFC 2285). framesFullBlastPerSecond: what arrived when the generator sent as fast as it ' +
      'could, on one of the cores (the forwarding rate at maximum offered load). lossNkPercent: ' +
      'sent at N thousand a second, in batches of at most a quarter of a millisecond; not ' +
      `measured where the generator twice reached less than ${OFFERED_SHARE_MIN * 100} % of that.`,
    PEERS_METHOD,
    PRODUCT_METHOD,
  ],
  paths: ['raw', 'direct', 'direct-udp', 'star'],
  peers: PEERS,
  yardsticks: ['plain-tap'],
  measure,
  judge,
}

export const ppsBench = benchOf(ppsPaths, startProduct)

async function measure({ main }: Paths): Promise<Measures> {
  const durationMs = 250
  const full = await sendFrames(main, { durationMs })
  let most = full.deliveredPerSecond
  const losses: Record<string, number | null> = {}
  for (const rate of RATES_K) {
    const framesPerSecond = rate * 1000
    losses[`loss${rate}kPercent`] = null
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      const figures = await sendFrames(main, { durationMs, framesPerSecond })
      most = Math.max(most, figures.deliveredPerSecond)
      if (figures.sentPerSecond < framesPerSecond * OFFERED_SHARE_MIN) continue
      losses[`loss${rate}kPercent`] = figures.lostShare * 100
      break
    }
  }
  return { framesMaxPerSecond: most, framesFullBlastPerSecond: full.deliveredPerSecond, ...losses }
}

function judge(figures: Figures): Check[] {
  return (['direct', 'direct-udp'] as const).flatMap((of) => [
    checkFigure(figures, {
      ...{ name: `${of}: frames64B`, of, measure: 'framesMaxPerSecond' },
      ...{ unit: '/s', op: '>=', target: 300_000 },
    }),
    checkFigure(figures, {
      ...{ name: `${of}: lossAt200k`, of, measure: 'loss200kPercent' },
      ...{ unit: '%', op: '<=', target: 0.1 },
    }),
  ])
}
