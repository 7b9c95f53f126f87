// Contract of planes: where a unicast frame goes. Exactly one way, the most specific first.

import { describe, expect } from 'vitest'
import { FRAME_BYTES_MAX, FRAME_BYTES_MIN } from '../../src/base/limits.ts'
import type { MacAddress } from '../../src/base/mac.ts'
import { parseMac } from '../../src/base/mac.ts'
import type { CreateFixture } from './plane-fixture.ts'
import { overlayTests } from './plane-overlay.ts'

const STRANGER = parseMac('02:00:00:00:99:99')

export function describeForwarding(createFixture: CreateFixture): void {
  describe('a unicast frame', () => {
    describeRules(createFixture)
    describeSwitching(createFixture)
    describeDefaults(createFixture)
    describeBetweenLinks(createFixture)
  })
}

function describeRules(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('goes by the most specific of pair rule, rule, learned port and default', async (net) => {
    const { proxy, hosts } = await net.star('alpha')
    const [host] = hosts
    const [sender, learned, byRule, byPair] = net.stations(host, host, host, host)
    const far = net.station(proxy)
    learned.broadcast()
    await net.settle()
    const destination = learned.mac
    host.plane.setRule({ destination, target: { kind: 'port', port: byRule.port } })
    const target = { kind: 'port', port: byPair.port } as const
    host.plane.setRule({ destination, source: sender.mac, target })
    await net.expectOnlyAt(sender.send(destination), [byPair])
    await net.expectOnlyAt(far.send(destination), [byRule])
    expect(host.plane.removeRule({ destination, source: sender.mac })).toBe(true)
    await net.expectOnlyAt(sender.send(destination), [byRule])
    expect(host.plane.removeRule({ destination })).toBe(true)
    expect(host.plane.removeRule({ destination })).toBe(false)
    await net.expectOnlyAt(sender.send(destination), [learned])
    host.plane.forgetMac(destination)
    proxy.plane.forgetMac(destination)
    await net.expectOnlyAt(sender.send(destination), [far])
  })

  test('is dropped by a rule that says so, and counted', async (net) => {
    const host = await net.daemon('alpha')
    const [sender, other] = net.stations(host, host)
    other.broadcast()
    await net.settle()
    host.plane.setRule({ destination: other.mac, target: { kind: 'drop' } })
    await net.expectOnlyAt(sender.send(other), [])
    expect(host.dropped('no-route')).toBe(1)
  })

  test('does not leave by the port it came from', async (net) => {
    const { hosts } = await net.star('alpha')
    const sender = net.station(hosts[0])
    sender.broadcast()
    await net.expectOnlyAt(sender.send(sender.mac), [])
    expect(hosts[0].dropped('same-port')).toBe(1)
  })
}

function describeSwitching(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('takes the star while the link of its rule is down', async (net) => {
    const { proxy, hosts } = await net.star('alpha', 'beta')
    const [alpha, beta] = hosts
    const direct = await net.connect(alpha, beta, 'fast-path')
    const [sender, receiver] = net.stations(alpha, beta)
    receiver.broadcast()
    await net.settle()
    const destination = receiver.mac
    alpha.plane.setRule({ destination, target: { kind: 'link', link: direct.a } })
    const atProxy = () => proxy.plane.links().reduce((sum, link) => sum + link.rxFrames, 0)
    const before = atProxy()
    await net.expectOnlyAt(sender.send(receiver), [receiver])
    expect(atProxy()).toBe(before)
    beta.plane.closeLink(direct.b, 'test')
    await net.until(() => alpha.eventsOf('link-closed').length > 0, 'link closed')
    await net.expectOnlyAt(sender.send(receiver), [receiver])
    expect(atProxy()).toBe(before + 1)
  })

  test('loses nothing and comes once while its rule is switched', async (net) => {
    const { hosts } = await net.star('alpha', 'beta')
    const [alpha, beta] = hosts
    const direct = await net.connect(alpha, beta, 'fast-path')
    const [sender, receiver] = net.stations(alpha, beta)
    receiver.broadcast()
    await net.settle()
    const rule = {
      destination: receiver.mac,
      target: { kind: 'link', link: direct.a },
    } as const
    const frames: Uint8Array[] = []
    for (let round = 0; round < 40; round++) {
      if (round % 4 === 1) alpha.plane.setRule(rule)
      if (round % 4 === 3) alpha.plane.removeRule(rule)
      for (let i = 0; i < 10; i++) frames.push(sender.send(receiver))
      if (round % 8 === 0) await net.settle()
    }
    await net.settle()
    expect(frames.filter((frame) => receiver.count(frame) !== 1)).toEqual([])
  })
}

function describeDefaults(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('to a MAC unknown at a host takes the star link alone', async (net) => {
    const { proxy, hosts } = await net.star('alpha', 'beta')
    const [alpha, beta] = hosts
    await net.connect(alpha, beta, 'fast-path')
    const sender = net.station(alpha)
    const [beside, far, atProxy] = net.stations(alpha, beta, proxy)
    const frame = sender.send(STRANGER)
    await net.expectOnlyAt(frame, [far, atProxy])
    expect(beside.inbox()).toEqual([])
  })

  test('has no way out of a host without a star link', async (net) => {
    const host = await net.daemon('alpha')
    await net.expectOnlyAt(net.station(host).send(STRANGER), [])
    expect(host.dropped('no-route')).toBe(1)
  })

  test('unknown at the proxy is flooded to all but where it came from', async (net) => {
    const { proxy, hosts } = await net.star('alpha', 'beta', 'gamma')
    const all = net.stations(proxy, ...hosts)
    for (const sender of all) {
      const others = all.filter((station) => station !== sender)
      await net.expectOnlyAt(sender.send(STRANGER), others)
    }
  })

  test('from a link goes to the learned port of a host, or to all of them', async (net) => {
    const { proxy, hosts } = await net.star('alpha')
    const [one, two] = net.stations(...hosts, ...hosts)
    const sender = net.station(proxy)
    await net.expectOnlyAt(sender.send(STRANGER), [one, two])
    two.broadcast()
    await net.settle()
    await net.expectOnlyAt(sender.send(two), [two])
  })

  for (const bytes of [FRAME_BYTES_MIN, 60, 1_514, 9_014, FRAME_BYTES_MAX]) {
    test(`of ${bytes} bytes passes whole`, async (net) => {
      const { proxy, hosts } = await net.star('alpha')
      const [sender, receiver] = net.stations(...hosts, proxy)
      const frame = frameOf(sender.mac, receiver.mac, bytes)
      sender.inject(frame)
      await net.expectOnlyAt(frame, [receiver])
    })
  }
}

function frameOf(source: MacAddress, destination: MacAddress, bytes: number): Uint8Array {
  const frame = new Uint8Array(bytes).map((_, at) => (at * 7) & 0xff)
  frame.set(Buffer.from((destination + source).replaceAll(':', ''), 'hex'))
  return frame
}

function describeBetweenLinks(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('goes from link to link of a host by a transit rule only', async (net) => {
    const [alpha, beta, gamma] = await net.daemons('alpha', 'beta', 'gamma')
    const first = await net.connect(alpha, beta, 'fast-path')
    const second = await net.connect(beta, gamma, 'fast-path')
    const [sender, between, far] = net.stations(alpha, beta, gamma)
    const destination = far.mac
    alpha.plane.setRule({ destination, target: { kind: 'link', link: first.a } })
    const onward = { destination, target: { kind: 'link', link: second.a } } as const
    beta.plane.setRule(onward)
    await net.expectOnlyAt(sender.send(far), [between])
    beta.plane.setRule({ ...onward, isTransit: true })
    await net.expectOnlyAt(sender.send(far), [far])
  })

  test('stays at the ports of a host that does not know it', async (net) => {
    const { proxy, hosts } = await net.star('beta')
    const [beta] = hosts
    const alpha = await net.daemon('alpha')
    const { a: link } = await net.connect(alpha, beta, 'fast-path')
    const [sender, between] = net.stations(alpha, beta, proxy)
    alpha.plane.setRule({ destination: STRANGER, target: { kind: 'link', link } })
    await net.expectOnlyAt(sender.send(STRANGER), [between])
  })

  test('goes from link to link at the proxy, and never back', async (net) => {
    const { proxy, hosts, links } = await net.star('alpha', 'beta', 'gamma')
    const [sender, receiver] = net.stations(...hosts)
    net.station(proxy)
    proxy.plane.setOwner(receiver.mac, links[1].b)
    await net.expectOnlyAt(sender.send(receiver), [receiver])
    proxy.plane.setOwner(receiver.mac, links[0].b)
    await net.expectOnlyAt(sender.send(receiver), [])
    expect(proxy.dropped('same-port')).toBe(1)
  })

  test('is dropped after the hop limit, even on a ring of transit rules', async (net) => {
    const ring = await net.daemons('alpha', 'beta', 'gamma')
    const sender = net.station(ring[0])
    for (const [at, daemon] of ring.entries()) {
      const next = ring[(at + 1) % ring.length] ?? daemon
      const { a: link } = await net.connect(daemon, next, 'fast-path')
      const target = { kind: 'link', link } as const
      daemon.plane.setRule({ destination: STRANGER, target, isTransit: true })
    }
    sender.send(STRANGER)
    const drops = () => ring.map((daemon) => daemon.dropped('hop-limit'))
    await net.until(() => drops().some((count) => count > 0), 'a drop')
    await net.settle()
    expect(drops()).toEqual([0, 0, 1])
  })
}
