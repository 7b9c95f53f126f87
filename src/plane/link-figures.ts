// What a plane measures of its links all the time, for rates and for what a path can carry: counts
// that run on from the link's beginning, so that whoever reads them twice has the time between.

import type { LinkId } from './plane.ts'

/** One link's sending direction, TLS and UDP together, and what was received on it. */
export interface LinkFigures {
  readonly link: LinkId
  /** Least of the last seconds, without the queues of the link's own traffic; null: not known. */
  readonly minRttUs: number | null
  /** Smoothed, as frames meet it now. */
  readonly rttUs: number | null
  /** Mean deviation of what keepalive measures (RFC 6298 section 2). */
  readonly jitterUs: number
  /** All that was sent, what was sent again included. */
  readonly sentBytes: number
  readonly resentBytes: number
  /** What the peer has for certain. */
  readonly deliveredBytes: number
  /** Frames of the peer's, as on the guests' wire. */
  readonly receivedBytes: number
  /** How long anything was under way (tcpi_busy_time of tcp(7)). */
  readonly busyUs: number
  /** How long anything waited at this end because the path took no more. */
  readonly waitingUs: number
  /** What waits at this end now, what the kernel has not sent yet included. */
  readonly queuedBytes: number
  /** As TCP saw it last (tcpi_delivery_rate); null: not known. */
  readonly deliveryRateBytesPerSecond: number | null
  /** That rate is only what it was given to send. */
  readonly isApplicationLimited: boolean
}

/** How much a probe may cost. */
export interface ProbeLimits {
  readonly bytesMax: number
  readonly durationMsMax: number
}

/** What a probe found: padding behind all else, until the rate grows no more. */
export interface ProbeOutcome {
  readonly bytesPerSecond: number
  /** The path set the pace; else it carries at least so much. */
  readonly isSaturated: boolean
  readonly sentBytes: number
  readonly durationMs: number
}
