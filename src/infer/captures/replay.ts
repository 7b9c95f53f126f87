// Runs the inference over counted captures as the controller runs it over reports of hosts:
// interval by interval, with a report of every point that captured then, even if it saw nothing.

import type { InferParameters } from '../parameters.ts'
import type { Inference } from '../types.ts'
import { type CountedInterval, type CountOptions, hasCaptured } from './counter.ts'
import { type Phase, PhaseLog } from './phases.ts'

/** After the last frame: enough for a change that is about to be decided. */
const LAST_TICKS = 4
/** Longer silence than this and what the inference remembers is skipped. */
const SPARE_TICKS = 20

export interface ReplayOptions extends Pick<CountOptions, 'points' | 'alignment'> {
  readonly inference: Inference
  readonly parameters: InferParameters
}

export class Replay {
  readonly #options: ReplayOptions
  readonly #sequences: number[] = []
  #phases: PhaseLog | null = null
  #edgeMs = 0

  constructor(options: ReplayOptions) {
    this.#options = options
  }

  /** Takes all that was counted in the interval up to `toMs`. Intervals come in order of time. */
  step(toMs: number, counted: readonly CountedInterval[]): void {
    const { updateIntervalMs } = this.#options.parameters
    if (this.#phases === null) {
      this.#edgeMs = toMs - updateIntervalMs
      this.#phases = new PhaseLog(this.#edgeMs, updateIntervalMs)
    }
    const silenceEndMs = Math.min(toMs, this.#edgeMs + this.#rememberedMs())
    for (let edgeMs = this.#edgeMs + updateIntervalMs; edgeMs < silenceEndMs; ) {
      this.#tick(edgeMs, [])
      edgeMs += updateIntervalMs
    }
    this.#tick(toMs, counted)
    this.#edgeMs = toMs
  }

  /** The phases of all that was seen; the last one ends with it. */
  end(): readonly Phase[] {
    if (this.#phases === null) return []
    for (let ticks = 1; ticks <= LAST_TICKS; ticks += 1) {
      this.#tick(this.#edgeMs + ticks * this.#options.parameters.updateIntervalMs, [])
    }
    return this.#phases.end(this.#edgeMs)
  }

  #rememberedMs(): number {
    const { updateIntervalMs, smoothingIntervalMs, idleHoldMs } = this.#options.parameters
    return smoothingIntervalMs + idleHoldMs + SPARE_TICKS * updateIntervalMs
  }

  #tick(edgeMs: number, counted: readonly CountedInterval[]): void {
    const { points, inference, parameters } = this.#options
    for (const point of points.keys()) {
      const own = counted.find((one) => one.point === point)
      if (own === undefined && !hasCaptured(this.#options, point, edgeMs)) continue
      this.#report(point, edgeMs - parameters.updateIntervalMs, own ?? NOTHING)
    }
    this.#phases?.add(counted)
    const { change } = inference.tick(edgeMs)
    if (change !== null) this.#phases?.change(change, inference.record())
  }

  #report(point: number, fromMs: number, counted: Columns): void {
    const { inference, points, parameters } = this.#options
    const sequence = (this.#sequences[point] ?? 0) + 1
    this.#sequences[point] = sequence
    const host = points[point]?.name ?? ''
    const toMs = fromMs + parameters.updateIntervalMs
    const { guests, source, destination, bytes, frames, droppedFrames } = counted
    const columns = { guests, source, destination, bytes, frames, droppedFrames }
    inference.ingest({ host, instance: host, sequence, fromMs, toMs, ...columns }, toMs)
  }
}

type Columns = Omit<CountedInterval, 'point' | 'fromMs' | 'toMs'>

const NOTHING: Columns = {
  guests: [],
  source: new Uint32Array(),
  destination: new Uint32Array(),
  bytes: new Float64Array(),
  frames: new Uint32Array(),
  droppedFrames: new Uint32Array(),
}
