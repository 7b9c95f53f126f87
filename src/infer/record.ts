// The record of a tick for people and tests, made from the columns when somebody asks for it.

import type { MacAddress } from '../base/mac.ts'
import type { Matrix } from './aggregate.ts'
import { keyOf } from './change.ts'
import type { EdgeColumns } from './component.ts'
import type { EdgeMemory } from './edges.ts'
import type { Loads } from './loads.ts'
import { inOrder, type Ordered } from './order.ts'
import type { InferParameters } from './parameters.ts'
import { type Thresholds, thresholdOf } from './threshold.ts'
import type { Edge, PairState, Topology, Verdict } from './types.ts'

/** Frames dropped for each that was sent, from which an edge counts as throttled. */
const THROTTLED_SHARE = 0.001

/** All that a record is made from. */
export interface View {
  readonly matrix: Matrix
  readonly loads: Loads
  readonly thresholds: Thresholds
  readonly memory: EdgeMemory
  /** By pair: 1 if it is told as an edge. */
  readonly isTold: Uint8Array
  readonly parameters: InferParameters
}

/** The edges that are told, sorted. */
export function topologyOf(view: View): Topology {
  const { matrix, memory } = view
  const { pairs, guests, window } = matrix
  const told = toldOf(view)
  const edges = Array.from(told.pairs, (pair): Edge => {
    const dropped = window.dropped[pair] ?? 0
    return {
      ...keyOf(guests, pairs, pair),
      bytesPerSecond: rateOf(view, pair),
      sinceMs: memory.sinceMs[pair] ?? 0,
      isThrottled: dropped > 0 && dropped >= THROTTLED_SHARE * (window.frames[pair] ?? 0),
    }
  })
  return { guests: told.guests, edges }
}

/** The same as columns, for the recogniser. */
export function graphOf(view: View): { guests: readonly MacAddress[]; edges: EdgeColumns } {
  const { guests, pairs, sources, destinations } = toldOf(view)
  const bytesPerSecond = Float64Array.from(pairs, (pair) => rateOf(view, pair))
  return { guests, edges: { sources, destinations, bytesPerSecond } }
}

function toldOf({ matrix: { guests, pairs }, isTold }: View): Ordered {
  const numbers: number[] = []
  for (let pair = 0; pair < pairs.end; pair += 1) if (isTold[pair] === 1) numbers.push(pair)
  return inOrder(guests, pairs, numbers)
}

function rateOf({ loads, memory }: View, pair: number): number {
  const load = loads.load[pair] ?? 0
  return memory.isEdge[pair] === 1 ? Math.max(load, memory.held[pair] ?? 0) : load
}

/** The state of every pair with traffic in the window or an edge, sorted. */
export function pairStatesOf(view: View): PairState[] {
  const { matrix, isTold } = view
  const shown: number[] = []
  for (let pair = 0; pair < matrix.pairs.end; pair += 1) {
    if (matrix.pairs.isUsed[pair] !== 1) continue
    const isShown = isTold[pair] === 1 || (matrix.window.frames[pair] ?? 0) > 0
    if (isShown || (matrix.window.dropped[pair] ?? 0) > 0) shown.push(pair)
  }
  const { pairs } = inOrder(matrix.guests, matrix.pairs, shown)
  return Array.from(pairs, (pair) => stateOf(view, pair))
}

function stateOf(view: View, pair: number): PairState {
  const { matrix, loads, thresholds } = view
  const { pairs, guests, window } = matrix
  const { bucketMs, buckets } = window.shape
  const [source, destination] = [pairs.source[pair] ?? 0, pairs.destination[pair] ?? 0]
  const enter = thresholdOf(thresholds, thresholds.enter, source, destination)
  const component = Math.max(
    thresholds.enter[thresholds.components.of[source] ?? 0] ?? 0,
    thresholds.enter[thresholds.components.of[destination] ?? 0] ?? 0,
  )
  return {
    ...keyOf(guests, pairs, pair),
    bytesPerSecond: (window.bytesIn(pair, window.end - 1) * 1_000) / bucketMs,
    smoothedBytesPerSecond: loads.gross[pair] ?? 0,
    framesPerSecond: ((window.frames[pair] ?? 0) * 1_000) / (bucketMs * buckets),
    droppedFramesPerSecond: ((window.dropped[pair] ?? 0) * 1_000) / (bucketMs * buckets),
    verdict: verdictOf(view, pair, guests.isGroup[destination] === 1, enter),
    threshold: Number.isFinite(enter) ? enter : component,
  }
}

function verdictOf(view: View, pair: number, isGroup: boolean, enter: number): Verdict {
  const { loads, parameters, isTold, memory } = view
  const [gross, load] = [loads.gross[pair] ?? 0, loads.load[pair] ?? 0]
  if (isTold[pair] === 1) return 'edge'
  if (isGroup) return 'group'
  if (gross < parameters.floorBytesPerSecond) return 'floor'
  if (memory.isEdge[pair] === 1 || load >= enter) return 'settling'
  return load < gross / 2 ? 'reverse-ack' : 'below-threshold'
}
