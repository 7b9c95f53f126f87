// When to dial again after a link was lost or refused: jittered exponential back-off as a pure
// state machine. The caller has the clock, the dice and the dialling.

/** First retry at most this late: a cut of a second or a restarted peer is over soon. */
export const REDIAL_FIRST_MS = 500
/** A restarted proxy has its star back within 5 s (design section 3): dial time-out + this. */
export const REDIAL_CAP_MS = 2_000
/** A link that lived this long was a good one: the next loss starts from the beginning. */
export const REDIAL_STABLE_MS = 10_000
/** Refused by policy (revoked, version, duplicate): only people can change that. */
export const REDIAL_REFUSED_MS = 30_000

export interface RedialState {
  /** Tries since the link was last stable. */
  readonly attempts: number
  /** Monotonic time since which the link is up; null while it is down. */
  readonly upSinceMs: number | null
}

export type RedialEvent =
  | { readonly kind: 'up' }
  /** Connect failed, or the link was lost. */
  | { readonly kind: 'down' }
  /** The peer's policy refuses this daemon: retry rarely. */
  | { readonly kind: 'refused' }

export interface RedialStep {
  readonly state: RedialState
  /** Dial again after this long; null: nothing to do. */
  readonly delayMs: number | null
}

export const REDIAL_START: RedialState = { attempts: 0, upSinceMs: null }

/**
 * One step. `chance` is uniform in [0, 1): it spreads the retries of many hosts over the second
 * half of each delay, so that a restarted proxy does not meet them all at once.
 */
export function stepRedial(
  state: RedialState,
  event: RedialEvent,
  { nowMs, chance }: { readonly nowMs: number; readonly chance: number },
): RedialStep {
  if (event.kind === 'up') return { state: { ...state, upSinceMs: nowMs }, delayMs: null }
  const wasStable = state.upSinceMs !== null && nowMs - state.upSinceMs >= REDIAL_STABLE_MS
  const attempts = wasStable ? 0 : state.attempts
  const fullMs =
    event.kind === 'refused'
      ? REDIAL_REFUSED_MS
      : Math.min(REDIAL_CAP_MS, REDIAL_FIRST_MS * 2 ** Math.min(attempts, 16))
  return {
    state: { attempts: attempts + 1, upSinceMs: null },
    delayMs: Math.round(fullMs * (0.5 + chance / 2)),
  }
}
