// A BSP job that runs on and on, and its iterations as they pass.

import type { Lab } from '../../src/lab/handle.ts'
import { guestsOf, type Iteration, type JobResult, startJob } from '../patterns/job.ts'
import { percentile } from '../stats.ts'
import type { Scenario } from './scenario.ts'

const ITERATIONS_MAX = 1_000_000_000
/** No more than this without an iteration: it has failed, or its network has. */
const ITERATION_TIMEOUT_MS = 60_000

export interface WatchedJob {
  /** All so far. */
  readonly iterations: readonly Iteration[]
  /**
   * The median time of `count` iterations that begin from now on, and as many more as begin within
   * `forMs`. @throws the job's failure
   */
  median(count: number, forMs: number): Promise<number>
  /** Ends it after the iteration that runs. @throws the job's failure */
  end(): Promise<JobResult>
}

export async function startWatched(
  lab: Lab,
  scenario: Pick<Scenario, 'pattern' | 'messageBytes'>,
): Promise<WatchedJob> {
  const iterations: Iteration[] = []
  const waiting = new Set<() => void>()
  const job = await startJob({
    pattern: scenario.pattern,
    guests: guestsOf(lab, scenario.pattern.guests),
    messageBytes: scenario.messageBytes,
    iterations: ITERATIONS_MAX,
    work: { reads: 0, flops: 0, writes: 0 },
    seed: 20_040_321,
    onIteration: (one) => {
      iterations.push(one)
      for (const wake of waiting) wake()
    },
  })
  const failure = job.result.then(() => undefined)
  failure.catch(() => {}) // whoever waits for iterations hears it
  const nextIteration = async () => {
    let wake = () => {}
    let timer: NodeJS.Timeout | undefined
    const woken = new Promise<void>((resolve, reject) => {
      wake = resolve
      timer = setTimeout(() => reject(new Error('no iteration ends')), ITERATION_TIMEOUT_MS)
    })
    waiting.add(wake)
    await Promise.race([woken, failure]).finally(() => {
      clearTimeout(timer)
      waiting.delete(wake)
    })
  }
  return {
    iterations,
    async median(count, forMs) {
      const fromMs = Date.now()
      const fresh = () => iterations.filter(({ startMs }) => startMs >= fromMs)
      while (fresh().length < count || Date.now() < fromMs + forMs) await nextIteration()
      return medianMs(fresh())
    },
    end() {
      job.stop()
      return job.result
    },
  }
}

/** The median of their times. @throws Error without any */
export function medianMs(iterations: readonly Iteration[]): number {
  return percentile(
    iterations.map(({ totalMs }) => totalMs),
    50,
  )
}
