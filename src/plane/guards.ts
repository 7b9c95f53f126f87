// What protects a LAN from itself where frames come in: the storm limit, and a port's memory of
// what was flooded out of it, by which it notices that its own floods come back.

import type { PortId } from './plane.ts'

export interface StormGuard {
  /** True if one more broadcast, multicast or unknown frame may pass. */
  take(nowMs: number): boolean
}

/**
 * A token bucket. It holds a quarter second's worth: a boot of many guests passes, a loop does not.
 */
export function createStormGuard(framesPerSecond: number): StormGuard {
  const burst = Math.max(1, framesPerSecond / 4)
  let tokens = burst
  let lastMs: number | null = null
  return {
    take(nowMs) {
      const elapsedMs = lastMs === null ? 0 : nowMs - lastMs
      tokens = Math.min(burst, tokens + (elapsedMs * framesPerSecond) / 1_000)
      lastMs = nowMs
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
  }
}

/** A flood that comes back does so at once; later it is another frame that looks the same. */
const REMEMBER_MS = 1_000
const REMEMBERED_MAX = 512
/**
 * So many within REMEMBER_MS make a loop. One or two may be of a guest that moved from one port to
 * another and says again what it said before; a loop brings back everything.
 */
export const RETURNS_OF_LOOP = 3

export interface FloodMemory {
  /** `frame` left by this port; `origin` is the port it came from, null if it came from a link. */
  sentOut(frame: Uint8Array, origin: PortId | null, nowMs: number): void
  /** Null: this frame was not flooded out of here lately. */
  cameBack(frame: Uint8Array, nowMs: number): { readonly origin: PortId | null } | null
  /** How many came back within REMEMBER_MS, at most RETURNS_OF_LOOP. */
  returns(nowMs: number): number
}

export function createFloodMemory(): FloodMemory {
  const sent = new Map<string, { readonly atMs: number; readonly origin: PortId | null }>()
  /** When the last ones came back. */
  let returnsMs: readonly number[] = []
  const keyOf = (frame: Uint8Array) => Buffer.from(frame).toString('latin1')
  return {
    sentOut(frame, origin, nowMs) {
      const key = keyOf(frame)
      sent.delete(key) // so that it is the newest again
      sent.set(key, { atMs: nowMs, origin })
      for (const oldest of sent.keys()) {
        if (sent.size <= REMEMBERED_MAX) break
        sent.delete(oldest)
      }
    },
    cameBack(frame, nowMs) {
      const found = sent.get(keyOf(frame))
      if (found === undefined || nowMs > found.atMs + REMEMBER_MS) return null
      returnsMs = [...returnsMs, nowMs].slice(-RETURNS_OF_LOOP)
      return found
    },
    returns: (nowMs) => returnsMs.filter((atMs) => nowMs <= atMs + REMEMBER_MS).length,
  }
}
