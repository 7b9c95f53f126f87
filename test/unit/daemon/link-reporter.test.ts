// What a daemon tells of its links: each second of those that carry something, seldom of others.

import { describe, expect, test } from 'vitest'
import type { LinkReport } from '../../../src/adapt/sampling.ts'
import { VirtualClock } from '../../../src/base/clock.ts'
import { createLinkReporter, measureMessages, reportOf } from '../../../src/daemon/link-reporter.ts'
import type { LinkFigures, LinkId } from '../../../src/plane/plane.ts'
import { decodeControl, encodeControl } from '../../../src/wire/control.ts'
import { LINK_MEASURES_PER_MESSAGE_MAX } from '../../../src/wire/message.ts'

const NEW: Omit<LinkFigures, 'link'> = {
  ...{ minRttUs: 2_000, rttUs: 2_000, jitterUs: 100 },
  ...{ sentBytes: 0, resentBytes: 0, deliveredBytes: 0, receivedBytes: 0 },
  ...{ busyUs: 0, waitingUs: 0, queuedBytes: 0 },
  ...{ deliveryRateBytesPerSecond: null, isApplicationLimited: true },
}

/** Two links, 1 to the proxy and 2 to beta, and what was reported of them. */
function reporting() {
  const clock = new VirtualClock()
  const figures = [1, 2].map((link) => ({ ...NEW, link: link as LinkId }))
  const reports: LinkReport[] = []
  const reporter = createLinkReporter({
    plane: { linkFigures: () => figures.map((each) => ({ ...each })) },
    ...{ clock, name: 'alpha' },
    whoIs: (link) =>
      link === 1 ? { peer: 'proxy', role: 'star' } : { peer: 'beta', role: 'fast-path' },
    onReport: (report) => reports.push(report),
  })
  const change = (at: 0 | 1, more: (now: LinkFigures) => Partial<LinkFigures>) => {
    const now = figures[at]
    if (now !== undefined) Object.assign(now, more(now))
  }
  /** Carries this much for a second. */
  const carry = (bytes: number, { busyUs = 1_000_000, waitingUs = 0, resent = 0 } = {}) => {
    change(1, (now) => ({
      sentBytes: now.sentBytes + bytes + resent,
      deliveredBytes: now.deliveredBytes + bytes,
      resentBytes: now.resentBytes + resent,
      busyUs: now.busyUs + busyUs,
      waitingUs: now.waitingUs + waitingUs,
    }))
    clock.advance(1_000)
  }
  return { clock, reports, reporter, change, carry }
}

describe('a reporter of links', () => {
  test('tells of all links at first, then every 10 s while they are idle', () => {
    const { clock, reports } = reporting()
    clock.advance(2_000)
    expect(reports).toHaveLength(1)
    expect(reports[0]?.links.map(({ peer }) => peer)).toEqual(['proxy', 'beta'])
    clock.advance(60_000)
    expect(reports).toHaveLength(7)
  })

  test('tells each second of a link that carries something, and once of its end', () => {
    const { clock, reports, carry } = reporting()
    clock.advance(2_000)
    reports.length = 0
    for (let second = 0; second < 3; second++) carry(1_000_000)
    expect(reports).toHaveLength(3)
    expect(reports[0]?.links).toMatchObject([{ peer: 'beta', loadBytesPerSecond: 1_000_000 }])
    clock.advance(5_000)
    expect(reports.slice(3).flatMap(({ links }) => links)).toMatchObject([
      { peer: 'beta', loadBytesPerSecond: 0, rateBytesPerSecond: null },
    ])
  })

  test('knows the path as the limit by what waits, also in a part of the second', () => {
    const { clock, reports, carry } = reporting()
    clock.advance(2_000)
    carry(3_000_000, { busyUs: 250_000, waitingUs: 240_000, resent: 30_000 })
    const limit = { rateBytesPerSecond: 12_000_000, isSaturated: true, resentBytes: 30_000 }
    expect(reports.at(-1)?.links).toMatchObject([{ loadBytesPerSecond: 3_000_000, ...limit }])
    carry(3_000_000, { busyUs: 250_000, waitingUs: 50_000 })
    const more = { rateBytesPerSecond: 3_000_000, isSaturated: false }
    expect(reports.at(-1)?.links).toMatchObject([more])
    carry(30_000, { busyUs: 1_000_000, waitingUs: 1_000_000 })
    expect(reports.at(-1)?.links).toMatchObject([{ rateBytesPerSecond: null, isSaturated: false }])
  })

  test('adds what waits here to what stands on the path', () => {
    const { clock, reports, change, carry } = reporting()
    clock.advance(2_000)
    change(1, () => ({ queuedBytes: 50_000, rttUs: 7_000 }))
    carry(10_000_000, { waitingUs: 1_000_000 })
    expect(reports.at(-1)?.links[0]?.queueUs).toBe(5_000 + 5_000)
    // What is lost by filling the path is not held against it.
    carry(10_000_000, { waitingUs: 1_000_000, resent: 500_000 })
    expect(reports.at(-1)?.links[0]).toMatchObject({ sentBytes: 0, resentBytes: 0 })
    change(1, () => ({ rttUs: 2_400 }))
    carry(10_000_000, { waitingUs: 1_000_000, resent: 500_000 })
    expect(reports.at(-1)?.links[0]?.resentBytes).toBe(500_000)
  })

  test('tells when a path has become another one', () => {
    const { clock, reports, change } = reporting()
    clock.advance(2_000)
    reports.length = 0
    change(0, () => ({ minRttUs: 40_000 }))
    clock.advance(1_000)
    expect(reports).toMatchObject([{ links: [{ peer: 'proxy', minRttUs: 40_000 }] }])
  })

  test('tells what came on all links, and tells all again to who forgot it', () => {
    const { clock, reports, reporter, change } = reporting()
    clock.advance(2_000)
    reports.length = 0
    change(0, () => ({ receivedBytes: 500_000 }))
    clock.advance(1_000)
    expect(reports).toEqual([{ from: 'alpha', receivedBytesPerSecond: 500_000, links: [] }])
    reporter.startOver()
    clock.advance(1_000)
    expect(reports.at(-1)?.links).toHaveLength(2)
    reporter.stop()
    clock.advance(60_000)
    expect(reports).toHaveLength(2)
  })
})

test('a report goes over the wire as it was, in parts where it is long', () => {
  const { clock, reports, carry } = reporting()
  clock.advance(2_000)
  carry(3_000_000, { waitingUs: 1_000_000 })
  for (const report of reports) {
    const [message, ...more] = measureMessages(report)
    expect(more).toEqual([])
    if (message === undefined) throw new Error('no message')
    const decoded = decodeControl(encodeControl(message))
    if (!decoded.ok || decoded.message.kind !== 'linkMeasures') throw new Error('not understood')
    expect(reportOf('alpha', decoded.message)).toEqual(report)
  }
  const [link] = reports[0]?.links ?? []
  if (link === undefined) throw new Error('no link')
  const links = Array.from({ length: LINK_MEASURES_PER_MESSAGE_MAX + 1 }, () => link)
  const parts = measureMessages({ from: 'alpha', receivedBytesPerSecond: 0, links })
  expect(parts.map((part) => part.links.length)).toEqual([LINK_MEASURES_PER_MESSAGE_MAX, 1])
})
