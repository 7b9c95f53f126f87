// The memory of edges, and which pairs are edges now. An edge enters on its load and is remembered
// while its guests are silent: a program that computes is not one that ended. It leaves once its
// guests have talked to others for a smoothing interval without it, or after the idle hold.

import type { Matrix } from './aggregate.ts'
import { isKnownLately } from './hosts.ts'
import type { Loads } from './loads.ts'
import { grown } from './pairs.ts'
import type { InferParameters } from './parameters.ts'
import { type Thresholds, thresholdOf } from './threshold.ts'

/**
 * A guest talks while one of its pairs carries this share of what its strongest edge did, or one of
 * its edges that share of what itself did: less may be background.
 */
const TALKING_SHARE = 0.25
const TALKING_EDGE_SHARE = 0.5
/** An edge is seen when it carries this share of what it did: less may be background. */
const SEEN_SHARE = 0.25
/** Of the smoothing interval: how long an edge's guests talk without it until it is none. */
const QUIET_SHARE = 0.9
/** A load of this many times its mean is a new one. A load that sets in is twice its mean. */
const RISE = 1.8
/** The mean reaches over so many smoothing intervals. */
const MEAN_INTERVALS = 4
/** Missing reports make that longer by so many times what is missing. */
const DOUBT_PER_MISSING = 4
/** What is not clear must have been above the threshold for this share of the interval on end. */
const UNCLEAR_SHARE = 0.5
/** From so many times the mean background on, an edge is clear before it fills the window. */
const CLEAR_BACKGROUNDS = 4
/** From so many floors on, an edge is strong enough to be one at once. */
const STRONG_FLOORS = 4
/** What is not must last above the threshold for this share of the interval on end. */
const WEAK_SHARE = 0.8

/** Columns by pair. */
export interface EdgeMemory {
  isEdge: Uint8Array
  /** What it carried when it last talked, bytes a second; fades. */
  held: Float64Array
  sinceMs: Float64Array
  lastSeenMs: Float64Array
  /** For how long its guests have talked without it. */
  quietMs: Float64Array
  /** Of every pair: its mean load while its guests talked, and over how long (bounded). */
  mean: Float64Array
  meanMs: Float64Array
  /** Of pairs that are no edges: for how long on end they have been above the threshold. */
  aboveMs: Float64Array
}

export function createEdgeMemory(): EdgeMemory {
  return {
    isEdge: new Uint8Array(0),
    held: new Float64Array(0),
    sinceMs: new Float64Array(0),
    lastSeenMs: new Float64Array(0),
    quietMs: new Float64Array(0),
    mean: new Float64Array(0),
    meanMs: new Float64Array(0),
    aboveMs: new Float64Array(0),
  }
}

export function reserveEdges(memory: EdgeMemory, capacity: number): void {
  if (memory.isEdge.length >= capacity) return
  memory.isEdge = grown(memory.isEdge, capacity)
  memory.held = grown(memory.held, capacity)
  memory.sinceMs = grown(memory.sinceMs, capacity)
  memory.lastSeenMs = grown(memory.lastSeenMs, capacity)
  memory.quietMs = grown(memory.quietMs, capacity)
  memory.mean = grown(memory.mean, capacity)
  memory.meanMs = grown(memory.meanMs, capacity)
  memory.aboveMs = grown(memory.aboveMs, capacity)
}

/**
 * What counts when pairs are compared, by pair. Of an edge: the load, or what it is known to carry.
 * Of others: the load if it rises, else its mean, in which chance evens out.
 */
export function levelsOf(matrix: Matrix, loads: Loads, memory: EdgeMemory, into: Float64Array) {
  for (let pair = 0; pair < matrix.pairs.end; pair += 1) {
    const load = loads.load[pair] ?? 0
    const mean = memory.mean[pair] ?? 0
    if (memory.isEdge[pair] === 1) into[pair] = Math.max(load, memory.held[pair] ?? 0)
    else into[pair] = load >= RISE * mean ? load : mean
  }
}

/** A stretch of time that is judged. */
export interface Step {
  readonly nowMs: number
  /** Since the last step. */
  readonly elapsedMs: number
  readonly parameters: InferParameters
}

/** By guest: 1 if it talks now, measured by what it talks when it does. */
export function findTalking(
  matrix: Matrix,
  loads: Loads,
  thresholds: Thresholds,
  memory: EdgeMemory,
  floor: number,
): Uint8Array {
  const { pairs, guests } = matrix
  const { strongest } = thresholds.components
  const talking = new Uint8Array(guests.end)
  for (let pair = 0; pair < pairs.end; pair += 1) {
    const recent = loads.recent[pair] ?? 0
    if (recent < floor) continue
    const [source, destination] = [pairs.source[pair] ?? 0, pairs.destination[pair] ?? 0]
    const isEdge = memory.isEdge[pair] === 1
    const isOwnLevel = isEdge && recent >= TALKING_EDGE_SHARE * (memory.held[pair] ?? 0)
    const speaks = (guest: number) => recent >= TALKING_SHARE * (strongest[guest] ?? 0)
    if (isOwnLevel || speaks(source)) talking[source] = 1
    if (isOwnLevel || speaks(destination)) talking[destination] = 1
  }
  return talking
}

/** Ages the memory of all edges by one step. */
export function ageEdges(
  matrix: Matrix,
  loads: Loads,
  thresholds: Thresholds,
  memory: EdgeMemory,
  step: Step,
): void {
  const { pairs, window, hosts } = matrix
  const { nowMs, elapsedMs, parameters } = step
  const talking = findTalking(matrix, loads, thresholds, memory, parameters.floorBytesPerSecond)
  const fade = Math.min(1, elapsedMs / parameters.smoothingIntervalMs)
  const idleFade = Math.min(1, elapsedMs / parameters.idleHoldMs)
  const newest = window.bytesOf(window.end - 1)
  const bucketSeconds = window.shape.bucketMs / 1_000
  const heard = new Uint8Array(hosts.end)
  for (const host of hosts.all()) {
    heard[host.number] = isKnownLately(host, window) ? 1 : 0
  }
  for (let pair = 0; pair < pairs.end; pair += 1) {
    if (pairs.isUsed[pair] !== 1) continue
    const [source, destination] = [pairs.source[pair] ?? 0, pairs.destination[pair] ?? 0]
    const load = loads.load[pair] ?? 0
    const isTalking = talking[source] === 1 || talking[destination] === 1
    if (isTalking) average(memory, pair, load, step)
    if (memory.isEdge[pair] !== 1) continue
    const leave = thresholdOf(thresholds, thresholds.leave, source, destination)
    const held = memory.held[pair] ?? 0
    const spoken = Math.max(leave, SEEN_SHARE * held) * bucketSeconds
    if (load >= leave && (newest[pair] ?? 0) >= spoken) {
      memory.quietMs[pair] = 0
      memory.lastSeenMs[pair] = nowMs
    } else if (isTalking && heard[matrix.host[pair] ?? 0] === 1) {
      memory.quietMs[pair] = (memory.quietMs[pair] ?? 0) + elapsedMs
    }
    memory.held[pair] = load >= held ? load : held + (load - held) * (isTalking ? fade : idleFade)
  }
}

/**
 * Takes a load into the mean. One that rises fills the window first: until then it is taken as it
 * is.
 */
function average(memory: EdgeMemory, pair: number, load: number, step: Step): void {
  const { elapsedMs, parameters } = step
  const mean = memory.mean[pair] ?? 0
  const isNew = load >= RISE * mean
  const ageMs = isNew ? elapsedMs : (memory.meanMs[pair] ?? 0) + elapsedMs
  const overMs = Math.min(ageMs, MEAN_INTERVALS * parameters.smoothingIntervalMs)
  const isFilling = overMs < parameters.smoothingIntervalMs
  memory.meanMs[pair] = overMs
  memory.mean[pair] = isFilling ? load : mean + ((load - mean) * elapsedMs) / overMs
}

/** True if the pair is to be an edge; to be asked once a step. */
export function isWanted(
  matrix: Matrix,
  loads: Loads,
  thresholds: Thresholds,
  memory: EdgeMemory,
  levels: Float64Array,
  pair: number,
  { nowMs, elapsedMs, parameters }: Step,
): boolean {
  const { pairs, window } = matrix
  const { smoothingIntervalMs, idleHoldMs, floorBytesPerSecond } = parameters
  const [source, destination] = [pairs.source[pair] ?? 0, pairs.destination[pair] ?? 0]
  const load = loads.load[pair] ?? 0
  if (memory.isEdge[pair] === 1) {
    if (load >= thresholdOf(thresholds, thresholds.leave, source, destination)) return true
    // What it sent may have been in reports that are missing.
    const missing = loads.missing[matrix.host[pair] ?? 0] ?? 0
    const neededShare = QUIET_SHARE + DOUBT_PER_MISSING * missing
    const isQuiet = (memory.quietMs[pair] ?? 0) >= neededShare * smoothingIntervalMs
    return !isQuiet && nowMs - (memory.lastSeenMs[pair] ?? 0) < idleHoldMs
  }
  const enter = thresholdOf(thresholds, thresholds.enter, source, destination)
  const isAbove = load >= enter && (levels[pair] ?? 0) >= enter
  const aboveMs = isAbove ? (memory.aboveMs[pair] ?? 0) + elapsedMs : 0
  memory.aboveMs[pair] = aboveMs
  if (!isAbove) return false
  // So little above the background that chance might do it: only by what fills the window.
  const background = thresholds.background[thresholds.components.of[source] ?? 0] ?? 0
  const isClear = load >= CLEAR_BACKGROUNDS * background
  const isLasting = aboveMs > UNCLEAR_SHARE * smoothingIntervalMs
  const isFull = (memory.meanMs[pair] ?? 0) >= smoothingIntervalMs
  if (!isClear && !(isLasting && isFull)) return false
  // So little above the floor that a few commands in a terminal might do it: only what lasts.
  const strong = STRONG_FLOORS * floorBytesPerSecond
  if (load >= strong) return true
  if ((window.active[pair] ?? 0) < 2) return false
  return (loads.recent[pair] ?? 0) >= strong || aboveMs > WEAK_SHARE * smoothingIntervalMs
}

/** Notes that a pair has become an edge. */
export function enterEdge(memory: EdgeMemory, pair: number, load: number, nowMs: number): void {
  memory.isEdge[pair] = 1
  memory.held[pair] = load
  memory.sinceMs[pair] = nowMs
  memory.lastSeenMs[pair] = nowMs
  memory.quietMs[pair] = 0
}

/** Notes that a pair is no edge any more. */
export function leaveEdge(memory: EdgeMemory, pair: number, load: number): void {
  memory.isEdge[pair] = 0
  memory.held[pair] = 0
  memory.mean[pair] = load
}

/** Forgets all of a pair: its number will be another's. */
export function forgetPair(memory: EdgeMemory, pair: number): void {
  memory.mean[pair] = 0
  memory.meanMs[pair] = 0
  memory.aboveMs[pair] = 0
}
