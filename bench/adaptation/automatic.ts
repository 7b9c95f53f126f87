// The network left to itself: a program starts on a network that knows nothing of it, and nothing
// is measured but its iterations and what the proxy says that it did.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Iteration } from '../patterns/job.ts'
import type { Setting } from './curve.ts'
import type { NetworkControl } from './network-control.ts'
import { startWatched } from './watch.ts'

/** By then the program has to run at its new speed. */
export const DEADLINE_MS = 3_000
/** From the deadline on, the speed is measured for so long. */
const MEASURED_MS = 6_000
const ITERATIONS_MIN = 4
/** An iteration is at full speed when it takes at most so much more than the median. */
const FULL_SPEED = 1.1

export interface Automatic {
  /** The median time of an iteration that began after the deadline. */
  readonly ms: number
  readonly links: number
  /** From the first iteration's start: the last rule of the first change is set. Null: none was. */
  readonly lastLinkMs: number | null
  /** From there: the start of the first iteration at full speed. */
  readonly fullSpeedMs: number | null
  /** Links and rules that changed after the deadline. */
  readonly lateActions: number
  readonly iterations: readonly Iteration[]
}

export async function measureAutomatic(
  { lab, scenario, progress }: Setting,
  control: NetworkControl,
): Promise<Automatic> {
  const job = await startWatched(lab, scenario)
  await job.median(1, 0)
  const startMs = job.iterations[0]?.startMs ?? Date.now()
  await sleep(Math.max(0, startMs + DEADLINE_MS - Date.now()))
  const ms = await job.median(ITERATIONS_MIN, MEASURED_MS)
  const links = await control.countLinks()
  const actions = await control.actionsSince(startMs)
  const { iterations } = await job.end()
  const sinceStart = actions.map(({ atMs }) => atMs - startMs)
  const inTime = sinceStart.filter((one) => one <= DEADLINE_MS)
  const fast = iterations.find(({ totalMs }) => totalMs <= ms * FULL_SPEED)
  progress(`by itself: ${links} links, ${Math.round(ms)} ms an iteration`)
  return {
    ...{ ms, links, iterations },
    lastLinkMs: inTime.at(-1) ?? null,
    fullSpeedMs: fast === undefined ? null : fast.startMs - startMs,
    lateActions: sinceStart.length - inTime.length,
  }
}

/** How much faster than the star each iteration was, over the seconds since the start. */
export function speedsOf(
  { iterations }: Automatic,
  starMs: number,
): readonly (readonly [seconds: number, speedup: number])[] {
  const startMs = iterations[0]?.startMs ?? 0
  return iterations.map(
    ({ startMs: at, totalMs }) => [(at - startMs) / 1_000, starMs / totalMs] as const,
  )
}
