// Takes the traffic from the plane at common edges of the proxy's clock and hands it on: to the
// daemon's own counters always, as a cut of the traffic matrix when there is an order for it. The
// same at hosts, which send the cuts, and at the proxy, for its own ports.

import type { Cancel, Clock } from '../base/clock.ts'
import { REPORT_HEARTBEAT_MS } from '../infer/hosts.ts'
import type { PairColumns, Plane } from '../plane/plane.ts'
import type { Traffic } from './traffic.ts'

/** How often traffic is taken while nobody wants reports. */
export const TRAFFIC_INTERVAL_MS = 1_000
/** So long after traffic silence is news, told at each edge: it looks like lost reports. */
const SILENCE_IS_NEWS_MS = 2_000
/** A timer may be early by this share of the interval and still be that edge's. */
const EARLY = 0.1

/** What was counted in a stretch of time. */
export interface MatrixCut {
  /** From 1 on; no numbers are left out, unless a cut was lost. */
  readonly sequence: number
  /** By the proxy's clock, whole ms. */
  readonly fromMs: number
  readonly toMs: number
  readonly columns: PairColumns
}

export interface MatrixReporter {
  /** 0: no reports. */
  order(updateIntervalMs: number): void
  /** In force. */
  readonly updateIntervalMs: number
  stop(): void
}

/** Begins at once. */
export function createMatrixReporter(options: {
  readonly plane: Pick<Plane, 'drainTraffic'>
  readonly clock: Clock
  readonly traffic: Traffic
  /** The proxy's clock; null: not known. */
  readonly proxyNowMs: () => number | null
  /** Borrows the cut. What becomes of it is the receiver's; one that is not sent is lost. */
  readonly onCut: (cut: MatrixCut) => void
  /** False: next to nothing is counted here, and once a second is enough. Default: true. */
  readonly isBusy?: () => boolean
}): MatrixReporter {
  const { plane, clock, traffic } = options
  let updateIntervalMs = 0
  let sequence = 0
  let drainedMs = clock.monotonicMs()
  let toldBeat = Number.NEGATIVE_INFINITY
  let talkedMs = Number.NEGATIVE_INFINITY
  let cancel: Cancel = () => {}

  function arm(): void {
    cancel = clock.after(untilNextMs(), beat)
  }

  function untilNextMs(): number {
    const isWanted = updateIntervalMs > 0 && (options.isBusy?.() ?? true)
    if (!isWanted) return TRAFFIC_INTERVAL_MS
    const nowMs = options.proxyNowMs()
    if (nowMs === null) return updateIntervalMs
    const edge = Math.floor(nowMs / updateIntervalMs + EARLY) + 1
    return edge * updateIntervalMs - nowMs
  }

  function beat(): void {
    const columns = plane.drainTraffic()
    const monotonicMs = clock.monotonicMs()
    const coveredMs = monotonicMs - drainedMs
    drainedMs = monotonicMs
    traffic.add(columns, monotonicMs)
    const nowMs = options.proxyNowMs()
    if (updateIntervalMs > 0 && nowMs !== null) cut(columns, nowMs - coveredMs, nowMs)
    arm()
  }

  function cut(columns: PairColumns, fromMs: number, toMs: number): void {
    if (columns.source.length > 0) talkedMs = drainedMs
    const isNews = drainedMs - talkedMs <= SILENCE_IS_NEWS_MS
    // Of all hosts at the same edge, so that the proxy wakes once for them.
    const beatNumber = Math.floor((toMs + EARLY * updateIntervalMs) / REPORT_HEARTBEAT_MS)
    if (!isNews && beatNumber === toldBeat) return
    toldBeat = beatNumber
    sequence++
    options.onCut({ sequence, fromMs: Math.round(fromMs), toMs: Math.round(toMs), columns })
  }

  arm()
  return {
    get updateIntervalMs() {
      return updateIntervalMs
    },
    order(intervalMs) {
      if (intervalMs === updateIntervalMs) return
      if (updateIntervalMs === 0) sequence++ // what passed meanwhile is not known
      updateIntervalMs = intervalMs
      cancel()
      arm()
    },
    stop: () => cancel(),
  }
}
