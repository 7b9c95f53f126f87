// Contract of planes: traffic is counted once in the whole overlay, and every other count adds up.

import { describe, expect } from 'vitest'
import { BROADCAST_MAC, parseMac } from '../../src/base/mac.ts'
import { pairRows } from '../../src/plane/pair-columns.ts'
import { DROP_REASONS } from '../../src/plane/plane.ts'
import type { CreateFixture } from './plane-fixture.ts'
import { type Daemon, overlayTests } from './plane-overlay.ts'

export function describeCounters(createFixture: CreateFixture): void {
  describe('a count', () => {
    describePairs(createFixture)
    describeTotals(createFixture)
  })
}

const drain = ({ plane }: Daemon) => pairRows(plane.drainTraffic())

function describePairs(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('of a pair is made where it enters the overlay, once', async (net) => {
    const { proxy, hosts } = await net.star('alpha', 'beta')
    const [alpha, beta] = hosts
    const [sender, receiver] = net.stations(alpha, beta)
    receiver.broadcast()
    await net.settle()
    beta.plane.drainTraffic()
    for (const bytes of [60, 100, 1_514]) sender.send(receiver, { bytes })
    await net.until(() => receiver.inbox().length === 3, 'three frames')
    const pair = { source: sender.mac, destination: receiver.mac }
    const counted = { ...pair, frames: 3, bytes: 1_674, droppedFrames: 0 }
    expect(drain(alpha)).toEqual([counted])
    expect([beta, proxy].flatMap(drain)).toEqual([])
    expect(drain(alpha)).toEqual([])
  })

  test('of a pair tells frames that were dropped at once', async (net) => {
    const host = await net.daemon('alpha')
    const sender = net.station(host)
    const destination = parseMac('02:00:00:00:99:99')
    sender.send(destination)
    await net.until(() => host.dropped('no-route') === 1, 'dropped')
    const { mac: source } = sender
    const counted = { source, destination, frames: 1, bytes: 60, droppedFrames: 1 }
    expect(drain(host)).toEqual([counted])
  })

  test('of a pair tells frames that a queue dropped later', async (net) => {
    const { proxy, hosts } = await net.star('alpha')
    const [sender, receiver] = net.stations(...hosts, proxy)
    await net.settle()
    drain(hosts[0])
    net.fixture.setCut(hosts[0].plane, proxy.plane, true)
    for (let i = 0; i < 3_000; i++) sender.send(receiver, { bytes: 1_514 })
    await net.until(() => hosts[0].dropped('queue-full') > 0, 'full queue')
    await net.settle()
    net.fixture.setCut(hosts[0].plane, proxy.plane, false)
    const left = () => 3_000 - hosts[0].dropped('queue-full')
    await net.until(() => receiver.inbox().length === left(), 'what is left')
    const droppedFrames = hosts[0].dropped('queue-full')
    const pair = { source: sender.mac, destination: receiver.mac }
    const counted = { ...pair, frames: 3_000, bytes: 3_000 * 1_514, droppedFrames }
    expect(drain(hosts[0])).toEqual([counted])
    expect(drain(hosts[0])).toEqual([])
  })

  test('of broadcast is one pair, however many it reaches', async (net) => {
    const { hosts, proxy } = await net.star('alpha', 'beta')
    const [sender, receiver] = net.stations(...hosts, proxy, hosts[0])
    await net.settle()
    sender.broadcast()
    await net.until(() => receiver.inbox().length === 1, 'one frame')
    const pair = { source: sender.mac, destination: BROADCAST_MAC }
    const counted = { ...pair, frames: 1, bytes: 60, droppedFrames: 0 }
    expect(drain(hosts[0])).toEqual([counted])
  })
}

function describeTotals(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('of ports and both ends of a link agree', async (net) => {
    const { proxy, hosts, links } = await net.star('alpha')
    const [sender, receiver] = net.stations(...hosts, proxy)
    for (let i = 0; i < 50; i++) sender.send(receiver, { bytes: 60 + i })
    await net.until(() => receiver.inbox().length === 50, '50 frames')
    const bytes = 50 * 60 + (49 * 50) / 2
    expect(hosts[0].port(sender.port)).toMatchObject({ rxFrames: 50, rxBytes: bytes })
    expect(hosts[0].link(links[0].a)).toMatchObject({ txFrames: 50, txBytes: bytes })
    expect(proxy.link(links[0].b)).toMatchObject({ rxFrames: 50, rxBytes: bytes })
    expect(proxy.port(receiver.port)).toMatchObject({ txFrames: 50, txBytes: bytes })
    expect(proxy.port(receiver.port)).toMatchObject({ rxFrames: 0, rxBytes: 0 })
  })

  test('of a rule begins anew when it is set again', async (net) => {
    const host = await net.daemon('alpha')
    const [sender, receiver] = net.stations(host, host)
    const target = { kind: 'port', port: receiver.port } as const
    const rule = { destination: receiver.mac, target }
    host.plane.setRule(rule)
    for (let i = 0; i < 3; i++) sender.send(receiver)
    await net.until(() => receiver.inbox().length === 3, 'three frames')
    expect(host.plane.rules()).toMatchObject([{ ...rule, frames: 3, bytes: 180 }])
    host.plane.setRule(rule)
    expect(host.plane.rules()).toMatchObject([{ ...rule, frames: 0, bytes: 0 }])
    host.plane.removeRule(rule)
    expect(host.plane.rules()).toEqual([])
  })

  test('of drops outlives its port, and each reason has one', async (net) => {
    const host = await net.daemon('alpha')
    const station = net.station(host)
    expect(Object.keys(host.plane.drops()).sort()).toEqual([...DROP_REASONS].sort())
    expect(Object.values(host.plane.drops())).toEqual(DROP_REASONS.map(() => 0))
    station.inject(new Uint8Array(3))
    await net.until(() => host.dropped('malformed') === 1, 'dropped')
    host.plane.removePort(station.port)
    expect(host.dropped('malformed')).toBe(1)
    expect(host.plane.ports()).toEqual([])
  })
}
