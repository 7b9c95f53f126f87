// Plays traffic to an inference by hand: rows of who sends what to whom in each interval.

import { createInference } from '../../src/infer/inference.ts'
import type { ChangeEvent, Inference } from '../../src/infer/types.ts'
import { matrixReport, type Row } from './matrix.ts'

export const SCENE_START_MS = 1_800_000_000_000
const INTERVAL_MS = 100

/** What one interval does besides. */
export interface SceneOptions {
  /** Reports of these intervals are lost, counted from the call. */
  readonly isLost?: (interval: number) => boolean
  /** The host's clock is ahead by this. */
  readonly aheadMs?: number
  readonly instance?: string
}

/** One host that sees it all and reports each interval. */
export function scene(inference: Inference = createInference()) {
  let nowMs = SCENE_START_MS
  let sequence = 0
  let lastInstance = 'first'
  const changes: ChangeEvent[] = []
  return {
    inference,
    changes,
    now: () => nowMs,
    /** Runs for some intervals; `rows` are of each of them. */
    run(intervals: number, rows: readonly Row[], options: SceneOptions = {}) {
      const { isLost, aheadMs = 0, instance = 'first' } = options
      if (instance !== lastInstance) [sequence, lastInstance] = [0, instance]
      for (let i = 0; i < intervals; i += 1) {
        sequence += 1
        const [fromMs, toMs] = [nowMs + aheadMs, nowMs + aheadMs + INTERVAL_MS]
        const head = { host: 'alpha', instance, sequence, fromMs, toMs }
        nowMs += INTERVAL_MS
        if (!isLost?.(i)) inference.ingest(matrixReport(head, rows), nowMs + 5)
        const { change } = inference.tick(nowMs + 20)
        if (change !== null) changes.push(change)
      }
    },
    edges: () =>
      inference
        .record()
        .topology.edges.map(
          ({ source, destination }) =>
            `${Number(`0x${source.slice(-2)}`)}>${Number(`0x${destination.slice(-2)}`)}`,
        ),
  }
}

export const row = (from: number, to: number, bytes = 100_000): Row => ({ from, to, bytes })
export const ring = (...guests: number[]): Row[] =>
  guests.flatMap((one, i) => {
    const next = guests[(i + 1) % guests.length] ?? 0
    return [row(one, next), row(next, one)]
  })
