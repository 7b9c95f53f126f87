// Contract of planes: what they measure of their links, as counts that run on.

import { describe, expect } from 'vitest'
import type { LinkFigures, LinkId } from '../../src/plane/plane.ts'
import type { CreateFixture } from './plane-fixture.ts'
import { type Daemon, overlayTests } from './plane-overlay.ts'

/** A GSO super-frame's size: a few of them fill any socket. */
const LARGE_BYTES = 60_000

function figuresOf(daemon: Daemon, link: LinkId): LinkFigures {
  const found = daemon.plane.linkFigures().find((figures) => figures.link === link)
  if (found === undefined) throw new Error('no figures of this link')
  return found
}

export function describeFigures(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  describe('the figures of a link', () => {
    test('are there once it is admitted, and know the path from keepalive', async (net) => {
      const [alpha, beta] = await net.daemons('alpha', 'beta')
      const ends = await net.dial(alpha, beta)
      expect(alpha.plane.linkFigures()).toEqual([])
      alpha.plane.admit(ends.a, { role: 'star', peer: 'beta' })
      expect(figuresOf(alpha, ends.a)).toMatchObject({ link: ends.a, resentBytes: 0 })
      await net.until(() => alpha.link(ends.a).rttUs !== null, 'keepalive answered')
      const { minRttUs, jitterUs } = figuresOf(alpha, ends.a)
      expect(minRttUs ?? 0).toBeLessThan(1_000_000)
      expect(jitterUs).toBeLessThan(1_000_000)
    })

    test('count what is sent and what the peer has, each end its own', async (net) => {
      const { proxy, hosts, links } = await net.star('alpha')
      const [sender, receiver] = net.stations(...hosts, proxy)
      await net.settle()
      const before = figuresOf(hosts[0], links[0].a)
      const other = figuresOf(proxy, links[0].b)
      for (let i = 0; i < 100; i++) sender.send(receiver, { bytes: 1_000 })
      await net.until(() => receiver.inbox().length === 100, 'frames')
      const delivered = () => figuresOf(hosts[0], links[0].a).deliveredBytes
      await net.until(() => delivered() - before.deliveredBytes > 100_000, 'told to be there')
      const after = figuresOf(hosts[0], links[0].a)
      expect(after.sentBytes - before.sentBytes).toBeGreaterThan(100_000)
      expect(after.sentBytes - before.sentBytes).toBeLessThan(150_000)
      expect(after.sentBytes).toBeGreaterThanOrEqual(after.deliveredBytes)
      const heard = figuresOf(proxy, links[0].b).receivedBytes - other.receivedBytes
      expect(heard).toBe(100_000)
      expect(figuresOf(proxy, links[0].b).sentBytes - other.sentBytes).toBeLessThan(50_000)
    })

    test('tell how long the path took no more', async (net) => {
      const { proxy, hosts, links } = await net.star('alpha')
      const [sender, receiver] = net.stations(...hosts, proxy)
      const read = () => figuresOf(hosts[0], links[0].a)
      const before = read()
      net.fixture.setCut(hosts[0].plane, proxy.plane, true)
      for (let i = 0; i < 200; i++) sender.send(receiver, { bytes: LARGE_BYTES })
      await net.until(() => read().queuedBytes > LARGE_BYTES, 'frames wait')
      await net.fixture.advance(200)
      const during = read()
      expect(during.waitingUs - before.waitingUs).toBeGreaterThan(100_000)
      expect(during.busyUs - before.busyUs).toBeGreaterThan(100_000)
      net.fixture.setCut(hosts[0].plane, proxy.plane, false)
      await net.until(() => read().queuedBytes === 0, 'all sent')
      const { waitingUs } = read()
      await net.fixture.advance(50)
      expect(read().waitingUs).toBe(waitingUs)
    })
  })

  describe('a probe', () => {
    const limits = { bytesMax: 4_000_000, durationMsMax: 1_000 }

    test('tells what the path carries at least, without frames or figures', async (net) => {
      const { proxy, hosts, links } = await net.star('alpha')
      const [, receiver] = net.stations(...hosts, proxy)
      const before = figuresOf(hosts[0], links[0].a)
      expect(hosts[0].plane.probeLink(links[0].a, limits)).toBe(true)
      expect(hosts[0].plane.probeLink(links[0].a, limits)).toBe(false)
      await net.until(() => hosts[0].eventsOf('link-probed').length === 1, 'the probe is over')
      const [event] = hosts[0].eventsOf('link-probed')
      expect(event?.link).toBe(links[0].a)
      expect(event?.probe.sentBytes).toBeLessThanOrEqual(limits.bytesMax)
      expect(event?.probe.bytesPerSecond).toBeGreaterThan(1_000_000)
      expect(event?.probe.durationMs).toBeLessThan(2_000)
      const after = figuresOf(hosts[0], links[0].a)
      expect(event?.probe.sentBytes).toBeGreaterThan(100_000)
      expect(after.sentBytes - before.sentBytes).toBeLessThan(100_000)
      expect(receiver.inbox()).toEqual([])
      expect(proxy.link(links[0].b)).toMatchObject({ state: 'admitted', rxFrames: 0, drops: {} })
      expect(hosts[0].plane.probeLink(links[0].a, limits)).toBe(true)
    })

    test('is not for links that are not admitted', async (net) => {
      const [alpha, beta] = await net.daemons('alpha', 'beta')
      const ends = await net.dial(alpha, beta)
      expect(alpha.plane.probeLink(ends.a, limits)).toBe(false)
      expect(alpha.plane.probeLink(999 as LinkId, limits)).toBe(false)
    })

    test('gives way to frames', async (net) => {
      const { proxy, hosts, links } = await net.star('alpha')
      const [sender, receiver] = net.stations(...hosts, proxy)
      net.fixture.setCut(hosts[0].plane, proxy.plane, true)
      const endless = { bytesMax: 1_000_000_000, durationMsMax: 10_000 }
      expect(hosts[0].plane.probeLink(links[0].a, endless)).toBe(true)
      await net.fixture.advance(50)
      for (let i = 0; i < 100; i++) sender.send(receiver, { bytes: LARGE_BYTES })
      const frame = sender.send(receiver)
      net.fixture.setCut(hosts[0].plane, proxy.plane, false)
      await net.until(() => receiver.count(frame) === 1, 'the frame')
      await net.until(() => hosts[0].eventsOf('link-probed').length === 1, 'the probe is over')
      expect(hosts[0].eventsOf('link-probed')[0]?.probe.isSaturated).toBe(false)
    })
  })
}
