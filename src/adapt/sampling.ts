// What a link did between two looks at its figures: how much it carried, whether the path or the
// sender set the pace, how long frames wait. Pure; done where the link is, every second.

import type { LinkFigures } from '../plane/link-figures.ts'

/** A link's sending direction in the last second. */
export interface LinkSample {
  readonly peer: string
  readonly role: 'star' | 'fast-path'
  /** Least of the last seconds; null: not known. */
  readonly minRttUs: number | null
  readonly jitterUs: number
  /**
   * Both 0 while a queue stands on the path: what is lost then its senders lose by filling it, on
   * any path, and says nothing of this one.
   */
  readonly sentBytes: number
  readonly resentBytes: number
  /** What the peer got, over the whole time. */
  readonly loadBytesPerSecond: number
  /** What the peer got while something was under way; null: too little to tell. */
  readonly rateBytesPerSecond: number | null
  /** The path limited that rate, not what there was to send. */
  readonly isSaturated: boolean
  /** How long a frame waits for its turn, here and on the path. */
  readonly queueUs: number
}

/** Of one daemon's links, at the same moment. */
export interface LinkReport {
  readonly from: string
  /** Frames received on all links together. */
  readonly receivedBytesPerSecond: number
  readonly links: readonly LinkSample[]
}

/** Shorter stretches of sending say more of round trips than of rates. */
const BUSY_US_MIN = 50_000
/** Less fits into buffers, whatever lies behind them. */
const DELIVERED_BYTES_MIN = 65_536
/** A round trip that is longer by so much and a quarter has a queue in it. */
const QUEUE_US_MIN = 2_000
/** From this share of the busy time on the path sets the pace. */
const WAITING_SHARE = 0.5

export function sampleLink(
  who: Pick<LinkSample, 'peer' | 'role'>,
  before: LinkFigures,
  after: LinkFigures,
  elapsedMs: number,
): LinkSample {
  const deliveredBytes = Math.max(0, after.deliveredBytes - before.deliveredBytes)
  const busyUs = Math.min(elapsedMs * 1_000, Math.max(0, after.busyUs - before.busyUs))
  const isWaiting = after.waitingUs - before.waitingUs >= WAITING_SHARE * busyUs
  const isTelling = busyUs >= BUSY_US_MIN && deliveredBytes >= DELIVERED_BYTES_MIN
  const loadBytesPerSecond = (deliveredBytes * 1_000) / elapsedMs
  // While the sender sets the pace, what is under way says how long the path is and no more.
  const pace = isWaiting ? (deliveredBytes * 1e6) / busyUs : loadBytesPerSecond
  const rateBytesPerSecond = isTelling ? pace : null
  return {
    ...who,
    minRttUs: after.minRttUs,
    jitterUs: after.jitterUs,
    ...lossOf(before, after),
    loadBytesPerSecond,
    rateBytesPerSecond,
    isSaturated: isTelling && isWaiting,
    queueUs: queueUs(after, rateBytesPerSecond),
  }
}

function lossOf(
  before: LinkFigures,
  after: LinkFigures,
): Pick<LinkSample, 'sentBytes' | 'resentBytes'> {
  if (onPathUs(after) > QUEUE_US_MIN + (after.minRttUs ?? 0) / 4) {
    return { sentBytes: 0, resentBytes: 0 }
  }
  return {
    sentBytes: Math.max(0, after.sentBytes - before.sentBytes),
    resentBytes: Math.max(0, after.resentBytes - before.resentBytes),
  }
}

/** What the round trip is longer by than without queues. */
function onPathUs({ rttUs, minRttUs }: LinkFigures): number {
  return rttUs === null || minRttUs === null ? 0 : Math.max(0, rttUs - minRttUs)
}

/** What waits here at the present pace; behind it what stands on the path. */
function queueUs(figures: LinkFigures, rateBytesPerSecond: number | null): number {
  if (rateBytesPerSecond === null) return 0
  const hereUs = (figures.queuedBytes / rateBytesPerSecond) * 1e6
  return Math.round(hereUs + onPathUs(figures))
}

/** Carries so much that each second counts, bytes/s. */
const NOTICEABLE_BYTES_PER_SECOND = 16_000

/** Worth telling now; else the next regular report does. `told`: what was said last. */
export function isNews(sample: LinkSample, told: LinkSample | undefined): boolean {
  if (told === undefined) return true
  const busiest = Math.max(sample.loadBytesPerSecond, told.loadBytesPerSecond)
  if (busiest >= NOTICEABLE_BYTES_PER_SECOND) return true
  const [rttUs, toldUs] = [sample.minRttUs, told.minRttUs]
  if (rttUs === null || toldUs === null) return rttUs !== toldUs
  return Math.abs(rttUs - toldUs) > 2_000 + toldUs / 2
}
