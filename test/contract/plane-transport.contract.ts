// How frames travel on a fast path: in datagrams where both ends offer and allow them and the path
// lets them through, else on the TLS connection.

import { describe, expect } from 'vitest'
import { FRAME_BYTES_MAX, UDP_REQUIRED_MS } from '../../src/base/limits.ts'
import type { AdmitOptions, LinkRole, TransportPolicy } from '../../src/plane/plane.ts'
import type { CreateFixture } from './plane-fixture.ts'
import type { Daemon, LinkEnds, Overlay } from './plane-overlay.ts'
import { overlayTests } from './plane-overlay.ts'

interface Policies {
  readonly a?: TransportPolicy
  readonly b?: TransportPolicy
  readonly role?: LinkRole
}

/** A link on which each end has a policy of its own; none: what admit() takes by default. */
async function connect(
  net: Overlay,
  [alpha, beta]: readonly [Daemon, Daemon],
  { a, b, role = 'fast-path' }: Policies = {},
): Promise<LinkEnds> {
  const ends = await net.dial(alpha, beta)
  const options = (peer: string, transport?: TransportPolicy): AdmitOptions =>
    transport === undefined ? { role, peer } : { role, peer, transport }
  alpha.plane.admit(ends.a, options('beta', a))
  beta.plane.admit(ends.b, options('alpha', b))
  return ends
}

const transports = ([alpha, beta]: readonly [Daemon, Daemon], { a, b }: LinkEnds) => [
  alpha.link(a).transport,
  beta.link(b).transport,
]

/** By UDP wherever it passes: paths here are short. */
const ANY_PATH = { datagramsFromRttUs: 0 }
/** No path is long enough for UDP. */
const NO_PATH = { datagramsFromRttUs: 60_000_000 }

/** Two hosts for which every path is long enough for UDP. */
async function hostsOf(net: Overlay): Promise<readonly [Daemon, Daemon]> {
  return [await net.daemon('alpha', ANY_PATH), await net.daemon('beta', ANY_PATH)]
}

/** So long frames may still be sent the blocked way. */
const FALL_BACK_MS = 1_500
/** Longer than datagrams take to be found to pass. */
const SETTLED_MS = 1_500

export function describeTransport(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  describe('the transport of a fast path', () => {
    test('is UDP by itself within 2 s, and both ends tell', async (net) => {
      const hosts = await hostsOf(net)
      const ends = await connect(net, hosts)
      const told = () => hosts.every((host) => host.eventsOf('link-transport').length > 0)
      await net.until(told, 'UDP at both ends')
      for (const [index, host] of hosts.entries()) {
        const link = index === 0 ? ends.a : ends.b
        const events = host.eventsOf('link-transport').filter((event) => event.link.id === link)
        const by = { transport: 'udp', transportReason: 'long-path' }
        expect(events).toMatchObject([{ transport: 'udp', link: by }])
        expect(events[0]?.reason).not.toBe('')
        const { datagram } = host.link(link)
        expect(datagram).toMatchObject({ state: 'up', rejectedDatagrams: 0 })
        expect(datagram?.remoteAddress).not.toBe('')
        expect(datagram?.remotePort).toBeGreaterThan(0)
        expect(datagram?.datagramBytes).toBeGreaterThanOrEqual(1_200)
        expect(datagram?.sentDatagrams).toBeGreaterThan(0)
        expect(datagram?.receivedDatagrams).toBeGreaterThan(0)
      }
      hosts[0].plane.closeLink(ends.a, 'the test is over')
      const closings = () => hosts.flatMap((host) => host.eventsOf('link-closed'))
      await net.until(() => closings().length === 2, 'both ends closed')
      for (const { link } of closings()) {
        expect(link.datagram?.datagramBytes).toBeGreaterThanOrEqual(1_200)
        expect(link.datagram?.sentDatagrams).toBeGreaterThan(0)
      }
    })

    test('is TCP on a short path, which is probed all the same; each end chooses', async (net) => {
      const hosts = [
        await net.daemon('alpha', ANY_PATH),
        await net.daemon('beta', NO_PATH),
      ] as const
      const ends = await connect(net, hosts)
      const isShort = () => hosts[1].link(ends.b).transportReason === 'short-path'
      await net.until(() => isShort() && transports(hosts, ends)[0] === 'udp', 'a choice')
      expect(transports(hosts, ends)).toEqual(['udp', 'tcp'])
      const { datagram } = hosts[1].link(ends.b)
      expect(datagram).toMatchObject({ state: 'up' })
      expect(datagram?.datagramBytes).toBeGreaterThanOrEqual(1_200)
      expect(datagram?.minRttUs).toBeLessThan(60_000_000)
      expect(hosts[1].eventsOf('link-transport')).toEqual([])
      const [guest, other] = net.stations(...hosts)
      for (const [host, to, link] of [
        [hosts[0], other, ends.a],
        [hosts[1], guest, ends.b],
      ] as const) {
        host.plane.setRule({ destination: to.mac, target: { kind: 'link', link } })
      }
      await net.expectOnlyAt(guest.send(other), [other])
      await net.expectOnlyAt(other.send(guest), [guest])
    })

    test('is UDP on a short path where nothing else is allowed', async (net) => {
      const hosts = [await net.daemon('alpha', NO_PATH), await net.daemon('beta', NO_PATH)] as const
      const ends = await connect(net, hosts, { a: 'udp', b: 'udp' })
      await net.until(() => transports(hosts, ends).join() === 'udp,udp', 'UDP')
      expect(hosts[0].link(ends.a).transportReason).toBe('required')
    })

    test('carries frames of all sizes, once each', async (net) => {
      const hosts = await hostsOf(net)
      const ends = await connect(net, hosts, { a: 'udp', b: 'udp' })
      await net.until(() => transports(hosts, ends).join() === 'udp,udp', 'UDP')
      const [guest, other] = net.stations(...hosts)
      const target = { kind: 'link', link: ends.a } as const
      hosts[0].plane.setRule({ destination: other.mac, target })
      const before = hosts[0].link(ends.a).datagram?.sentDatagrams ?? 0
      const sizes = [18, 60, 590, 1_199, 1_200, 1_472, 1_514, 4_096, 9_014, FRAME_BYTES_MAX]
      const frames = sizes.map((bytes) => guest.send(other, { bytes }))
      await net.until(() => other.inbox().length >= frames.length, 'all frames')
      await net.settle()
      expect(frames.map((frame) => other.count(frame))).toEqual(sizes.map(() => 1))
      expect(other.inbox()).toHaveLength(frames.length)
      expect(hosts[0].link(ends.a).datagram?.sentDatagrams).toBeGreaterThan(before)
    })

    test('is TCP where one end allows nothing else', async (net) => {
      const hosts = await hostsOf(net)
      const ends = await connect(net, hosts, { a: 'tcp' })
      await net.fixture.advance(SETTLED_MS)
      expect(transports(hosts, ends)).toEqual(['tcp', 'tcp'])
      expect([hosts[0].link(ends.a).datagram, hosts[1].link(ends.b).datagram]).toEqual([null, null])
      expect(hosts[0].link(ends.a).transportReason).toBe('not-agreed')
      expect(hosts.flatMap((host) => host.eventsOf('link-transport'))).toEqual([])
    })

    test('is TCP where one end does not offer datagrams', async (net) => {
      const alpha = await net.daemon('alpha', { ...ANY_PATH, isDatagramOffered: false })
      const hosts = [alpha, await net.daemon('beta', ANY_PATH)] as const
      const ends = await connect(net, hosts)
      await net.fixture.advance(SETTLED_MS)
      expect(transports(hosts, ends)).toEqual(['tcp', 'tcp'])
      expect(hosts[1].link(ends.b).datagram).toBeNull()
    })

    test('is never UDP on a star link, whatever is asked', async (net) => {
      const hosts = await hostsOf(net)
      const ends = await connect(net, hosts, { a: 'udp', b: 'udp', role: 'star' })
      await net.fixture.advance(SETTLED_MS + 2_000)
      expect(transports(hosts, ends)).toEqual(['tcp', 'tcp'])
      expect(hosts[0].link(ends.a)).toMatchObject({ state: 'admitted', datagram: null })
    })

    test('that must be UDP and cannot ends the link, and says so', async (net) => {
      const hosts = await hostsOf(net)
      const ends = await connect(net, hosts, { a: 'udp', b: 'tcp' })
      await net.fixture.advance(2_000)
      expect(hosts[0].eventsOf('link-closed')).toEqual([])
      await net.until(() => hosts[0].eventsOf('link-closed').length > 0, 'closed')
      expect(hosts[0].eventsOf('link-closed')).toMatchObject([
        { code: 'udp-blocked', link: { id: ends.a, transport: 'tcp' } },
      ])
      expect(hosts[0].eventsOf('link-closed')[0]?.reason).toContain('UDP')
      await net.until(() => hosts[1].eventsOf('link-closed').length > 0, 'closed there')
      expect(hosts[1].eventsOf('link-closed')).toMatchObject([{ code: 'closed-by-peer' }])
    })

    test('changes under traffic without loss or doubles', async (net) => {
      const hosts = await hostsOf(net)
      const ends = await connect(net, hosts)
      const [guest, other] = net.stations(...hosts)
      const target = { kind: 'link', link: ends.a } as const
      hosts[0].plane.setRule({ destination: other.mac, target })
      const sent: Uint8Array[] = []
      await net.until(() => {
        for (let i = 0; i < 20; i++) sent.push(guest.send(other, { bytes: 200 }))
        return transports(hosts, ends).join() === 'udp,udp'
      }, 'UDP')
      sent.push(guest.send(other))
      await net.until(() => other.inbox().length >= sent.length, 'all frames')
      await net.settle()
      expect(other.inbox()).toHaveLength(sent.length)
      const distinct = new Set(other.inbox().map((frame) => Buffer.from(frame).toString('hex')))
      expect(distinct.size).toBe(sent.length)
    })

    test('falls back when UDP is blocked, and returns', async (net) => {
      const hosts = await hostsOf(net)
      const ends = await connect(net, hosts)
      const by = (transport: string) => transports(hosts, ends).every((one) => one === transport)
      await net.until(() => by('udp'), 'UDP')
      const [guest, other] = net.stations(...hosts)
      const target = { kind: 'link', link: ends.a } as const
      hosts[0].plane.setRule({ destination: other.mac, target })
      net.fixture.setUdpBlocked(hosts[0].plane, hosts[1].plane, true)
      await net.fixture.advance(FALL_BACK_MS)
      expect(transports(hosts, ends)).toEqual(['tcp', 'tcp'])
      expect(hosts[0].link(ends.a)).toMatchObject({ state: 'admitted' })
      expect(hosts[0].link(ends.a).transportReason).toBe('no-answer')
      expect(hosts[0].link(ends.a).datagram).toMatchObject({ state: 'down' })
      await net.expectOnlyAt(guest.send(other), [other])
      net.fixture.setUdpBlocked(hosts[0].plane, hosts[1].plane, false)
      await net.until(() => by('udp'), 'UDP again')
      await net.expectOnlyAt(guest.send(other), [other])
      const told = () => hosts.every((host) => host.eventsOf('link-transport').length >= 3)
      await net.until(told, 'told at both ends')
      for (const host of hosts) {
        const tells = host.eventsOf('link-transport').map(({ transport }) => transport)
        expect(tells).toEqual(['udp', 'tcp', 'udp'])
      }
    })

    test('is TCP while UDP is blocked from the start, and tried again', async (net) => {
      const hosts = await hostsOf(net)
      await net.dial(hosts[0], hosts[1]) // so that there is a path
      net.fixture.setUdpBlocked(hosts[0].plane, hosts[1].plane, true)
      const ends = await connect(net, hosts)
      await net.fixture.advance(SETTLED_MS)
      expect(transports(hosts, ends)).toEqual(['tcp', 'tcp'])
      expect(hosts[0].link(ends.a).datagram?.state).not.toBe('up')
      net.fixture.setUdpBlocked(hosts[0].plane, hosts[1].plane, false)
      await net.until(() => transports(hosts, ends).join() === 'udp,udp', 'UDP')
    })

    test('that must be UDP ends the link 3 s after it stopped', async (net) => {
      const hosts = await hostsOf(net)
      const ends = await connect(net, hosts, { a: 'udp', b: 'auto' })
      await net.until(() => transports(hosts, ends).join() === 'udp,udp', 'UDP')
      net.fixture.setUdpBlocked(hosts[0].plane, hosts[1].plane, true)
      await net.fixture.advance(UDP_REQUIRED_MS - 100)
      expect(hosts[0].eventsOf('link-closed')).toEqual([])
      await net.until(() => hosts[0].eventsOf('link-closed').length > 0, 'closed')
      expect(hosts[0].eventsOf('link-closed')).toMatchObject([{ code: 'udp-blocked' }])
    })
  })
}
