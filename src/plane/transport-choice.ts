// Whether the frames of an in-memory link leave in datagrams or by TLS, where both would do; the
// twin of native/transport_choice.h, which says why. Pure: time is an argument.

import type { TransportReason } from './link-info.ts'

/** What is known of the path of the datagrams. */
export interface DatagramPathState {
  readonly isUp: boolean
  /** Least round trip of late, ms. */
  readonly minRttMs: number
  /** Round trips measured so far. */
  readonly rttSamples: number
}

export interface TransportRule {
  /** Datagrams or nothing. */
  readonly isRequired: boolean
  /** As long as this is long, ms; 0: every path is. */
  readonly fromRttMs: number
}

export interface TransportChoice {
  readonly isUdp: boolean
  readonly reason: TransportReason
  /** Since when it stands by the length of the path; null: not since the path is up. */
  readonly chosenMs: number | null
}

/** So long a choice stands, but where the path ends: frames overtake each other at a change. */
export const TRANSPORT_HOLD_MS = 5_000
/** The least of so many tells a long path from a slow wake-up. */
const SAMPLES = 3

export const NO_ANSWER: TransportChoice = { isUdp: false, reason: 'no-answer', chosenMs: null }

/** What follows on `last` by what is known now. */
export function chooseTransport(
  last: TransportChoice,
  {
    path,
    rule,
    nowMs,
  }: {
    readonly path: DatagramPathState
    readonly rule: TransportRule
    readonly nowMs: number
  },
): TransportChoice {
  if (!path.isUp) return NO_ANSWER
  if (rule.isRequired) return { ...last, isUdp: true, reason: 'required' }
  if (rule.fromRttMs > 0 && path.rttSamples < SAMPLES) {
    return { ...last, isUdp: false, reason: 'measuring' }
  }
  // Once long, short is half as long: a path at the limit must not go to and fro.
  const isUdp = path.minRttMs >= (last.isUdp ? rule.fromRttMs / 2 : rule.fromRttMs)
  const isHeld = last.chosenMs !== null && nowMs < last.chosenMs + TRANSPORT_HOLD_MS
  if (isUdp !== last.isUdp && isHeld) return last
  const chosenMs = isUdp === last.isUdp ? last.chosenMs : nowMs
  return { isUdp, reason: isUdp ? 'long-path' : 'short-path', chosenMs }
}
