// The event that tells of a change: which edges, since when, and how long each step took.

import type { Matrix } from './aggregate.ts'
import type { EdgeMemory } from './edges.ts'
import { receivedOf } from './hosts.ts'
import { inOrder } from './order.ts'
import type { GuestTable, PairTable } from './pairs.ts'
import { type Thresholds, thresholdOf } from './threshold.ts'
import type { ChangeEvent, ChangeStages, EdgeKey } from './types.ts'

export interface Difference {
  readonly added: readonly number[]
  readonly removed: readonly number[]
}

/** Pairs that are edges and not told as such, and the other way round. */
export function differenceOf(pairs: PairTable, isEdge: Uint8Array, isTold: Uint8Array): Difference {
  const [added, removed]: [number[], number[]] = [[], []]
  for (let pair = 0; pair < pairs.end; pair += 1) {
    if (isEdge[pair] === isTold[pair]) continue
    if (isEdge[pair] === 1) added.push(pair)
    else removed.push(pair)
  }
  return { added, removed }
}

/** The key of a pair, for people. */
export function keyOf(guests: GuestTable, pairs: PairTable, pair: number): EdgeKey {
  const source = guests.names[pairs.source[pair] ?? 0]
  const destination = guests.names[pairs.destination[pair] ?? 0]
  if (source === undefined || destination === undefined) throw new Error(`no pair ${pair}`)
  return { source, destination }
}

/** The keys of pairs, sorted: their numbers mean nothing outside. */
export function keysOf(
  guests: GuestTable,
  pairs: PairTable,
  numbers: readonly number[],
): EdgeKey[] {
  return Array.from(inOrder(guests, pairs, numbers).pairs, (pair) => keyOf(guests, pairs, pair))
}

/** When it happened and how long it took to tell. */
export function timesOf(
  matrix: Matrix,
  memory: EdgeMemory,
  thresholds: Thresholds,
  { added, removed }: Difference,
  atMs: number,
): Pick<ChangeEvent, 'firstFrameMs' | 'stages'> {
  const { window, pairs } = matrix
  const { bucketMs } = window.shape
  let first = Number.POSITIVE_INFINITY
  let receivedMs = 0
  let enteredMs = 0
  for (const pair of added) {
    const leave = thresholdOf(
      thresholds,
      thresholds.leave,
      pairs.source[pair] ?? 0,
      pairs.destination[pair] ?? 0,
    )
    const bucket = onsetOf(matrix, pair, (Math.min(leave, 1e15) * bucketMs) / 1_000)
    enteredMs = Math.max(enteredMs, memory.sinceMs[pair] ?? 0)
    if (bucket >= first) continue
    first = bucket
    const host = matrix.hosts.get(matrix.host[pair] ?? 0)
    receivedMs = host === undefined ? 0 : receivedOf(host, bucket)
  }
  if (added.length > 0) {
    return stagesOf(first * bucketMs, (first + 1) * bucketMs, receivedMs, enteredMs, atMs)
  }
  let lastSeenMs = atMs
  for (const pair of removed) lastSeenMs = Math.min(lastSeenMs, memory.lastSeenMs[pair] ?? atMs)
  return stagesOf(lastSeenMs, lastSeenMs, lastSeenMs, atMs, atMs)
}

/** Each stage ends where the next begins, never before the one ahead of it. */
function stagesOf(
  firstFrameMs: number,
  countedMs: number,
  receivedMs: number,
  enteredMs: number,
  atMs: number,
): { firstFrameMs: number; stages: ChangeStages } {
  const counted = Math.min(countedMs, atMs)
  const received = Math.min(Math.max(receivedMs, counted), atMs)
  const entered = Math.min(Math.max(enteredMs, received), atMs)
  return {
    firstFrameMs,
    stages: {
      countMs: counted - firstFrameMs,
      reportMs: received - counted,
      smoothMs: entered - received,
      decideMs: atMs - entered,
    },
  }
}

/** The first bucket of the window in which a pair carried at least so much. */
function onsetOf({ window }: Matrix, pair: number, bytes: number): number {
  for (let bucket = window.begin; bucket < window.end; bucket += 1) {
    const carried = window.bytesIn(pair, bucket)
    if (carried > 0 && carried >= bytes) return bucket
  }
  return window.end - 1
}
