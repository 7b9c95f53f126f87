// A port of an in-memory plane: counts, guards and the block after a loop. What goes out of it is
// an event of the plane.

import type { FloodMemory, StormGuard } from './guards.ts'
import { createFloodMemory, createStormGuard } from './guards.ts'
import type { DropReason, PortId, PortInfo, PortOptions } from './plane.ts'

/** How long a port stays blocked after its own flood came back. */
export const LOOP_BLOCK_MS = 10_000

export class MemoryPort {
  readonly id: PortId
  readonly drops = new Map<DropReason, number>()
  readonly storm: StormGuard
  readonly floods: FloodMemory = createFloodMemory()
  readonly #options: PortOptions
  readonly #counts = { rxFrames: 0, rxBytes: 0, txFrames: 0, txBytes: 0 }
  /** The port that its loop goes through; null: not known. */
  loopWith: PortId | null = null
  #blockedUntilMs = 0

  constructor(id: PortId, options: PortOptions, stormLimitFramesPerSecond: number) {
    this.id = id
    this.#options = options
    this.storm = createStormGuard(stormLimitFramesPerSecond)
  }

  get name(): string {
    return this.#options.name
  }

  block(loopWith: PortId | null, nowMs: number): void {
    this.loopWith = loopWith
    this.#blockedUntilMs = nowMs + LOOP_BLOCK_MS
  }

  isBlocked(nowMs: number): boolean {
    return nowMs < this.#blockedUntilMs
  }

  countReceived(frame: Uint8Array): void {
    this.#counts.rxFrames++
    this.#counts.rxBytes += frame.length
  }

  countSent(frame: Uint8Array): void {
    this.#counts.txFrames++
    this.#counts.txBytes += frame.length
  }

  countDrop(reason: DropReason, count = 1): void {
    this.drops.set(reason, (this.drops.get(reason) ?? 0) + count)
  }

  info(nowMs: number, loopWithName: string | null): PortInfo {
    const options = this.#options
    const isBlocked = this.isBlocked(nowMs)
    return {
      id: this.id,
      name: options.name,
      kind: options.kind,
      device: options.kind === 'memory' ? null : options.device,
      mac: options.kind === 'tap' ? (options.mac ?? null) : null,
      mtu: options.kind === 'tap' ? (options.mtu ?? 1_500) : 1_500,
      isOffloaded: false,
      state: isBlocked ? 'blocked-loop' : 'up',
      loopWith: isBlocked ? loopWithName : null,
      ...this.#counts,
      drops: Object.fromEntries(this.drops),
    }
  }
}
