// Feeds simulated reports to an inference with a tick after each interval, as the proxy does.

import { createInference } from '../../src/infer/inference.ts'
import { DEFAULT_INFER_PARAMETERS, type InferParameters } from '../../src/infer/parameters.ts'
import type { ChangeEvent, Inference, TickRecord } from '../../src/infer/types.ts'
import type { Arrival } from './traffic.ts'

/** After an interval's end, until its reports have arrived. */
export const GRACE_MS = 20

export interface Replay {
  readonly inference: Inference
  readonly changes: readonly ChangeEvent[]
  readonly record: TickRecord
}

/** Replays arrivals that are in order, with ticks from the first to `endMs`. */
export function replay(
  arrivals: readonly Arrival[],
  range: { readonly startMs: number; readonly endMs: number },
  parameters: InferParameters = DEFAULT_INFER_PARAMETERS,
): Replay {
  const inference = createInference(parameters)
  const changes: ChangeEvent[] = []
  let next = 0
  const { updateIntervalMs } = parameters
  for (let ms = range.startMs + updateIntervalMs; ms <= range.endMs; ms += updateIntervalMs) {
    const tickMs = ms + GRACE_MS
    for (let one = arrivals[next]; one && one.receivedMs <= tickMs; one = arrivals[next]) {
      inference.ingest(one.report, one.receivedMs)
      next += 1
    }
    const { change } = inference.tick(tickMs)
    if (change !== null) changes.push(change)
  }
  return { inference, changes, record: inference.record() }
}
