// How long a pair of hosts is left alone after its fast path failed: twice as long each time, with
// jitter from a seed, so that the pairs of a restarted host are not all tried again at once.

import { type BackOffView, type HostPair, pairKey } from './types.ts'

/** First pause, and the longest: a pair that never works costs one try in five minutes. */
export const BACK_OFF_FIRST_MS = 5_000
export const BACK_OFF_LAST_MS = 300_000
/** A pause is longer by up to this share. */
const JITTER = 0.25
/** A pair that was not tried for so long after its pause starts from the beginning. */
const FORGET_MS = 2 * BACK_OFF_LAST_MS

export interface BackOff extends BackOffView {}

export interface BackOffs {
  readonly byPair: Map<string, BackOff>
  /** The first of the pauses to end; Infinity: none is running. */
  nextEndMs: number
}

export function createBackOffs(): BackOffs {
  return { byPair: new Map(), nextEndMs: Number.POSITIVE_INFINITY }
}

/** How long the pause after this failure is; the same for the same seed, pair and count. */
export function backOffMs(options: {
  readonly seed: number
  readonly key: string
  readonly failures: number
}): number {
  const { seed, key, failures } = options
  const fullMs = Math.min(BACK_OFF_LAST_MS, BACK_OFF_FIRST_MS * 2 ** Math.min(failures - 1, 16))
  return Math.round(fullMs * (1 + JITTER * chanceOf(`${seed} ${key} ${failures}`)))
}

/** Another failure of a pair. `wasGood`: it had worked for long, so it counts as the first. */
export function backOff(
  backOffs: BackOffs,
  failure: {
    readonly seed: number
    readonly nowMs: number
    readonly pair: HostPair
    readonly reason: string
    readonly wasGood: boolean
  },
): BackOff {
  const { seed, nowMs, pair, reason, wasGood } = failure
  const key = pairKey(pair)
  const failures = wasGood ? 1 : (backOffs.byPair.get(key)?.failures ?? 0) + 1
  const untilMs = nowMs + backOffMs({ seed, key, failures })
  const entry = { a: pair.a, b: pair.b, failures, untilMs, reason }
  backOffs.byPair.set(key, entry)
  backOffs.nextEndMs = Math.min(backOffs.nextEndMs, untilMs)
  return entry
}

/** Why a pair is left alone now; null: it may be tried. */
export function blockedBy(backOffs: BackOffs, key: string, nowMs: number): string | null {
  const entry = backOffs.byPair.get(key)
  return entry !== undefined && nowMs < entry.untilMs ? entry.reason : null
}

/** Forgets old pauses. True if one has ended since the last call. */
export function passBackOffs(backOffs: BackOffs, nowMs: number): boolean {
  if (nowMs < backOffs.nextEndMs) return false
  backOffs.nextEndMs = Number.POSITIVE_INFINITY
  for (const [key, { untilMs }] of backOffs.byPair) {
    if (untilMs > nowMs) backOffs.nextEndMs = Math.min(backOffs.nextEndMs, untilMs)
    else if (nowMs - untilMs > FORGET_MS) backOffs.byPair.delete(key)
  }
  return true
}

/** 0..1, evenly spread over texts: FNV-1a, then the finaliser of MurmurHash3 (Appleby). */
export function chanceOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}
