// Looks at all links every second and hands on what they did: those that carry something or have
// changed, and all of them now and then. The same at hosts, which send it to the proxy, and at the
// proxy, for its own ends of the star.

import { isNews, type LinkReport, type LinkSample, sampleLink } from '../adapt/sampling.ts'
import type { Cancel, Clock } from '../base/clock.ts'
import type { LinkFigures, LinkId, Plane } from '../plane/plane.ts'
import {
  type ControlMessageOf,
  LINK_MEASURES_PER_MESSAGE_MAX,
  type MessageBody,
} from '../wire/message.ts'

export const LINK_SAMPLE_INTERVAL_MS = 1_000
/** All links are told of this often, whatever they do. */
const REGULAR_MS = 10_000
/** Received on all links together: from here on each second counts. */
const NOTICEABLE_BYTES_PER_SECOND = 16_000

export interface LinkReporter {
  /** All links are news again: the listener has forgotten. */
  startOver(): void
  stop(): void
}

/** Begins at once. */
export function createLinkReporter(options: {
  readonly plane: Pick<Plane, 'linkFigures'>
  readonly clock: Clock
  readonly name: string
  /** Whose link it is; null: not to be told of. */
  readonly whoIs: (link: LinkId) => Pick<LinkSample, 'peer' | 'role'> | null
  readonly onReport: (report: LinkReport) => void
}): LinkReporter {
  const { plane, clock, name: from } = options
  let before = new Map<LinkId, LinkFigures>()
  let told = new Map<LinkId, LinkSample>()
  let beforeMs = clock.monotonicMs()
  let regularMs = Number.NEGATIVE_INFINITY

  function look(): void {
    const nowMs = clock.monotonicMs()
    const elapsedMs = nowMs - beforeMs
    if (elapsedMs <= 0) return
    const isRegular = nowMs - regularMs >= REGULAR_MS - LINK_SAMPLE_INTERVAL_MS / 2
    if (isRegular) regularMs = nowMs
    const next = new Map<LinkId, LinkFigures>()
    const nextTold = new Map<LinkId, LinkSample>()
    const links: LinkSample[] = []
    let receivedBytes = 0
    for (const figures of plane.linkFigures()) {
      next.set(figures.link, figures)
      const last = before.get(figures.link)
      const who = last === undefined ? null : options.whoIs(figures.link)
      if (last === undefined || who === null) continue
      receivedBytes += figures.receivedBytes - last.receivedBytes
      const sample = sampleLink(who, last, figures, elapsedMs)
      const said = told.get(figures.link)
      const isTold = isRegular || isNews(sample, said)
      if (isTold) links.push(sample)
      nextTold.set(figures.link, isTold || said === undefined ? sample : said)
    }
    ;[before, told, beforeMs] = [next, nextTold, nowMs]
    const receivedBytesPerSecond = (receivedBytes * 1_000) / elapsedMs
    if (links.length === 0 && receivedBytesPerSecond < NOTICEABLE_BYTES_PER_SECOND) return
    options.onReport({ from, receivedBytesPerSecond, links })
  }

  const cancel: Cancel = clock.every(LINK_SAMPLE_INTERVAL_MS, look)
  return {
    startOver() {
      regularMs = Number.NEGATIVE_INFINITY
    },
    stop: cancel,
  }
}

/** A report as messages. */
export function measureMessages(report: LinkReport): ControlMessageOf<'linkMeasures'>[] {
  const { links } = report
  const parts = Math.max(1, Math.ceil(links.length / LINK_MEASURES_PER_MESSAGE_MAX))
  return Array.from({ length: parts }, (_, part) => ({
    kind: 'linkMeasures',
    requestId: 0,
    receivedBytesPerSecond: Math.round(report.receivedBytesPerSecond),
    links: links
      .slice(part * LINK_MEASURES_PER_MESSAGE_MAX, (part + 1) * LINK_MEASURES_PER_MESSAGE_MAX)
      .map(measureOf),
  }))
}

type Measure = MessageBody<'linkMeasures'>['links'][number]

const UINT32_MAX = 0xffff_ffff
const uint32Of = (value: number) => Math.min(UINT32_MAX, Math.max(0, Math.round(value)))

function measureOf(sample: LinkSample): Measure {
  return {
    peer: sample.peer,
    isStar: sample.role === 'star',
    // 0 says that it is not known, and no path is that short.
    minRttUs: sample.minRttUs === null ? 0 : Math.max(1, uint32Of(sample.minRttUs)),
    jitterUs: uint32Of(sample.jitterUs),
    sentBytes: Math.round(sample.sentBytes),
    resentBytes: Math.round(sample.resentBytes),
    loadBytesPerSecond: Math.round(sample.loadBytesPerSecond),
    rateBytesPerSecond: Math.round(sample.rateBytesPerSecond ?? 0),
    isSaturated: sample.isSaturated,
    queueUs: uint32Of(sample.queueUs),
  }
}

/** What a host said, as it meant it. */
export function reportOf(from: string, message: MessageBody<'linkMeasures'>): LinkReport {
  return {
    from,
    receivedBytesPerSecond: message.receivedBytesPerSecond,
    links: message.links.map((measure) => ({
      peer: measure.peer,
      role: measure.isStar ? 'star' : 'fast-path',
      minRttUs: measure.minRttUs === 0 ? null : measure.minRttUs,
      jitterUs: measure.jitterUs,
      sentBytes: measure.sentBytes,
      resentBytes: measure.resentBytes,
      loadBytesPerSecond: measure.loadBytesPerSecond,
      rateBytesPerSecond: measure.rateBytesPerSecond === 0 ? null : measure.rateBytesPerSecond,
      isSaturated: measure.isSaturated,
      queueUs: measure.queueUs,
    })),
  }
}
