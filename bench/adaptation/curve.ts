// Speed-up against the number of fast paths, forced in the order of the planner and in that of
// intensity, beside what the fluid model says.

import type { HostPair } from '../../src/adapt/types.ts'
import type { Lab } from '../../src/lab/handle.ts'
import type { ForcedLinks } from './forced.ts'
import type { Ideal } from './ideal.ts'
import { intensityOrder, plannerOrder } from './orders.ts'
import type { Scenario, ScenarioNetwork } from './scenario.ts'
import { startWatched, type WatchedJob } from './watch.ts'

const ITERATIONS = 4
const FOR_MS = 1_500

export interface Point {
  readonly links: number
  /** Time per iteration; null: not measured in this order. */
  readonly plannerMs: number | null
  readonly intensityMs: number | null
  /** By the fluid model: the planner's links, and the best choice of as many. */
  readonly plannerIdealMs: number
  readonly bestIdealMs: number | null
}

export interface Setting {
  readonly lab: Lab
  readonly scenario: Scenario
  readonly network: ScenarioNetwork
  readonly ideal: Ideal
  readonly isQuick: boolean
  progress(text: string): void
}

/** All links are gone at its end. */
export async function measureCurve(setting: Setting, forced: ForcedLinks): Promise<Point[]> {
  const { network, scenario, ideal } = setting
  const { pairs } = ideal
  const counts = countsOf(pairs.length, setting.isQuick)
  const planned = plannerOrder(network, scenario, pairs)
  const plannerMs = await measureOrder(setting, forced, { name: 'planner', order: planned, counts })
  await forced.set([])
  // With none and with all of them, the order does not matter.
  const between = counts.slice(1, -1)
  const order = intensityOrder(network, scenario, pairs)
  const intensityMs = await measureOrder(setting, forced, {
    ...{ name: 'intensity', order, counts: between },
  })
  await forced.set([])
  return counts.map((links) => ({
    links,
    plannerMs: plannerMs.get(links) ?? null,
    intensityMs: intensityMs.get(links) ?? null,
    plannerIdealMs: ideal.milliseconds(planned.slice(0, links)),
    bestIdealMs: ideal.best(links)?.ms ?? null,
  }))
}

interface Order {
  readonly name: string
  readonly order: readonly HostPair[]
  readonly counts: readonly number[]
}

async function measureOrder(
  setting: Setting,
  forced: ForcedLinks,
  { name, order, counts }: Order,
): Promise<ReadonlyMap<number, number>> {
  const times = new Map<number, number>()
  const job = await startWatched(setting.lab, setting.scenario)
  for (const count of counts) {
    await forced.set(order.slice(0, count))
    const ms = await settled(job)
    setting.progress(`${name}, ${count} links: ${Math.round(ms)} ms an iteration`)
    times.set(count, ms)
  }
  await job.end()
  return times
}

/** The first iteration after a change has both. */
async function settled(job: WatchedJob): Promise<number> {
  await job.median(1, 0)
  return job.median(ITERATIONS, FOR_MS)
}

/** None to all, all of them where they are few. */
function countsOf(all: number, isQuick: boolean): readonly number[] {
  const step = Math.ceil(all / (isQuick ? 4 : 8))
  const counts = Array.from({ length: Math.ceil(all / step) }, (_, index) => index * step)
  return [...counts, all]
}
