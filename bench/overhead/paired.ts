// The same path with the inference on and off, in turns of half a second, so that whatever else the
// machine does meanwhile hits both alike.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Measures } from '../harness.ts'
import { percentile } from '../stats.ts'
import { loadTcp, type Path, ping } from '../traffic.ts'

const TURN_MS = 500
/** After a turn begins: the order to the hosts, the last reports. */
const SETTLE_MS = 100
const PINGS_A_TURN = 100

export const PAIRED_METHOD = [
  `Throughput: one TCP stream, with the inference on and off in turns of ${TURN_MS} ms; each ` +
    `counted after ${SETTLE_MS} ms. lostPercent is the median over all pairs of ` +
    'turns of what is missing while it is on.',
  `Round trips: ${PINGS_A_TURN} pings, one every 2 ms, with it on, then as many with it off, on ` +
    'and on; onToOff is the median over the pairs of the ratio of their medians.',
]

export interface Stage {
  readonly path: Path
  /** What has come at the path's end. */
  readonly receivedBytes: () => Promise<number>
  readonly turn: (isOn: boolean) => Promise<void>
}

export async function measureThroughput(stage: Stage, pairs: number): Promise<Measures> {
  const seconds = Math.ceil((2 * pairs * (TURN_MS + SETTLE_MS) + 2_000) / 1_000)
  const stream = loadTcp(stage.path, { streams: 1, seconds })
  stream.catch(() => {}) // awaited below
  await sleep(1_000) // slow start is over
  const turns: { readonly isOn: boolean; readonly value: number }[] = []
  for (let turn = 0; turn < 2 * pairs; turn++) {
    const isOn = turn % 4 === 0 || turn % 4 === 3 // on, off, off, on: a trend hits both alike
    await stage.turn(isOn)
    await sleep(SETTLE_MS)
    const startMs = performance.now()
    const before = await stage.receivedBytes()
    await sleep(TURN_MS)
    const bytes = (await stage.receivedBytes()) - before
    turns.push({ isOn, value: (bytes * 8) / (performance.now() - startMs) / 1e6 })
  }
  await stream
  const rated = pairsOf(turns)
  return {
    onGbitPerSecond: median(rated.map(({ on }) => on)),
    offGbitPerSecond: median(rated.map(({ off }) => off)),
    lostPercent: 100 * (1 - median(rated.map(({ on, off }) => on / off))),
  }
}

export async function measureRoundTrips(stage: Stage, pairs: number): Promise<Measures> {
  const turns: { readonly isOn: boolean; readonly value: number }[] = []
  const all = { on: [] as number[], off: [] as number[] }
  for (let turn = 0; turn < 2 * pairs; turn++) {
    const isOn = turn % 4 === 0 || turn % 4 === 3
    await stage.turn(isOn)
    await sleep(SETTLE_MS)
    const rttUs = await ping(stage.path, { count: PINGS_A_TURN })
    all[isOn ? 'on' : 'off'].push(...rttUs)
    turns.push({ isOn, value: percentile(rttUs, 50) })
  }
  return {
    onP50Us: percentile(all.on, 50),
    offP50Us: percentile(all.off, 50),
    onP99Us: percentile(all.on, 99),
    offP99Us: percentile(all.off, 99),
    onToOff: median(pairsOf(turns).map(({ on, off }) => on / off)),
  }
}

/** Turns come in pairs, one of each. */
function pairsOf(
  turns: readonly { readonly isOn: boolean; readonly value: number }[],
): { readonly on: number; readonly off: number }[] {
  const values = (isOn: boolean) => turns.filter((turn) => turn.isOn === isOn).map((t) => t.value)
  const off = values(false)
  return values(true)
    .map((on, index) => ({ on, off: off[index] ?? Number.NaN }))
    .filter((pair) => Number.isFinite(pair.on) && Number.isFinite(pair.off))
}

function median(values: readonly number[]): number {
  return percentile(values, 50)
}
