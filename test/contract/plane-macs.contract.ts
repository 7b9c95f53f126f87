// Contract of planes: who has a MAC. Learned, announced, moved, damped, aged, pinned.

import { describe, expect } from 'vitest'
import { MAC_FLAP_MOVES_MAX, MAC_TABLE_MAX } from '../../src/base/limits.ts'
import { BROADCAST_MAC } from '../../src/base/mac.ts'
import type { CreateFixture } from './plane-fixture.ts'
import { makeFrame, overlayTests } from './plane-overlay.ts'

const HOLD_MS = 10_000

export function describeMacs(createFixture: CreateFixture): void {
  describe('a MAC', () => {
    describeLearning(createFixture)
    describeBound(createFixture)
    describeMoves(createFixture)
    describeDamping(createFixture)
    describePins(createFixture)
  })
}

function describeLearning(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('is learned from the first frame of a port, and told once', async (net) => {
    const host = await net.daemon('alpha')
    const station = net.station(host)
    station.broadcast()
    station.broadcast()
    await net.until(() => host.mac(station.mac) !== undefined, 'learned')
    expect(host.mac(station.mac)).toMatchObject({ where: { kind: 'port', port: station.port } })
    await net.settle()
    const { port, mac } = station
    expect(host.eventsOf('mac-learned')).toEqual([{ kind: 'mac-learned', port, mac }])
  })

  test('behind a link is learned by the proxy and not by a host', async (net) => {
    const { proxy, hosts, links } = await net.star('alpha', 'beta')
    const [alpha] = net.stations(...hosts)
    alpha.broadcast()
    await net.settle()
    const { mac } = alpha
    const toLink = links[0].b
    expect(proxy.mac(mac)?.where).toEqual({ kind: 'link', link: toLink })
    expect(proxy.eventsOf('mac-moved')).toEqual([
      { kind: 'mac-moved', mac, fromPort: null, fromLink: null, toLink },
    ])
    expect(hosts[1].mac(mac)).toBeUndefined()
  })

  test('is forgotten after its age without a frame, not if it was announced', async (net) => {
    const proxy = await net.daemon('proxy', { macAgeMs: 500 })
    const host = await net.daemon('alpha')
    const { b: link } = await net.connect(host, proxy, 'star')
    const [silent, announced] = net.stations(proxy, host)
    silent.broadcast()
    proxy.plane.setOwner(announced.mac, link)
    await net.until(() => proxy.eventsOf('mac-expired').length > 0, 'expired')
    expect(proxy.eventsOf('mac-expired').map(({ mac }) => mac)).toEqual([silent.mac])
    expect(proxy.plane.macs().map(({ mac }) => mac)).toEqual([announced.mac])
  })

  test('goes with its port or link', async (net) => {
    const { proxy, hosts, links } = await net.star('alpha')
    const [far, near] = net.stations(...hosts, proxy)
    far.broadcast()
    near.broadcast()
    await net.settle()
    expect(proxy.plane.macs()).toHaveLength(2)
    proxy.plane.removePort(near.port)
    expect(proxy.plane.macs().map(({ mac }) => mac)).toEqual([far.mac])
    proxy.plane.closeLink(links[0].b, 'test')
    await net.until(() => proxy.plane.macs().length === 0, 'forgotten')
  })
}

function describeBound(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('is not stored above the bound of the table, and that is counted', async (net) => {
    const host = await net.daemon('alpha')
    const [sender, receiver] = net.stations(host, host)
    host.plane.setRule({ destination: receiver.mac, target: { kind: 'drop' } })
    const frame = makeFrame(receiver.mac, sender.mac)
    const source = new DataView(frame.buffer)
    for (let i = 1; i <= MAC_TABLE_MAX + 1; i++) {
      source.setUint32(8, i)
      sender.inject(frame)
    }
    await net.until(() => host.dropped('no-route') === MAC_TABLE_MAX + 1, 'all frames')
    expect(host.dropped('table-full')).toBe(1)
    expect(host.plane.macs()).toHaveLength(MAC_TABLE_MAX)
  })
}

function describeMoves(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('moves between ports at its first frame there', async (net) => {
    const host = await net.daemon('alpha')
    const [guest, sender, elsewhere] = net.stations(host, host, host)
    guest.broadcast()
    await net.settle()
    elsewhere.send(BROADCAST_MAC, { source: guest.mac })
    await net.settle()
    await net.expectOnlyAt(sender.send(guest), [elsewhere])
    const learnedAt = host.eventsOf('mac-learned').filter(({ mac }) => mac === guest.mac)
    expect(learnedAt.map(({ port }) => port)).toEqual([guest.port, elsewhere.port])
    expect(host.mac(guest.mac)).toMatchObject({ moves: 1, isDamped: false })
  })

  test('moves between hosts at its first frame there, for everybody', async (net) => {
    const { proxy, hosts, links } = await net.star('alpha', 'beta')
    const [guest, elsewhere, sender, beside] = net.stations(...hosts, proxy, hosts[0])
    guest.broadcast()
    await net.settle()
    proxy.plane.setOwner(guest.mac, links[0].b)
    await net.expectOnlyAt(sender.send(guest), [guest])
    elsewhere.send(BROADCAST_MAC, { source: guest.mac })
    await net.settle()
    await net.expectOnlyAt(sender.send(guest), [elsewhere])
    await net.expectOnlyAt(beside.send(guest), [elsewhere])
    const { mac } = guest
    const [fromLink, toLink] = [links[0].b, links[1].b]
    const moved = { kind: 'mac-moved', mac, fromPort: null, fromLink, toLink }
    expect(proxy.eventsOf('mac-moved')).toContainEqual(moved)
    const away = { fromPort: guest.port, fromLink: null, toLink: links[0].a }
    expect(hosts[0].eventsOf('mac-moved')).toEqual([{ kind: 'mac-moved', mac, ...away }])
  })

  test('that a host announces is there, whatever was learned', async (net) => {
    const { proxy, hosts, links } = await net.star('alpha', 'beta')
    const [guest, elsewhere, sender] = net.stations(...hosts, proxy)
    guest.broadcast()
    await net.settle()
    proxy.plane.setOwner(guest.mac, links[1].b)
    await net.expectOnlyAt(sender.send(guest), [elsewhere])
  })
}

function describeDamping(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('that flaps between two links stays put for a while and is told once', async (net) => {
    const { proxy, hosts } = await net.star('alpha', 'beta')
    const [one, two, sender] = net.stations(...hosts, proxy)
    for (let move = 0; move < MAC_FLAP_MOVES_MAX + 6; move++) {
      const at = move % 2 === 0 ? one : two
      at.send(BROADCAST_MAC, { source: one.mac })
      await net.settle()
    }
    const flaps = proxy.eventsOf('mac-flapping')
    expect(flaps).toHaveLength(1)
    expect(flaps[0]?.mac).toBe(one.mac)
    expect(proxy.mac(one.mac)).toMatchObject({ isDamped: true })
    const stays = proxy.mac(one.mac)?.where
    await net.expectOnlyAt(sender.send(one), [two])
    one.broadcast()
    await net.settle()
    expect(proxy.mac(one.mac)?.where).toEqual(stays)
    await net.fixture.advance(HOLD_MS)
    one.broadcast()
    await net.settle()
    expect(proxy.mac(one.mac)).toMatchObject({ isDamped: false })
    expect(proxy.mac(one.mac)?.where).not.toEqual(stays)
  })
}

function describePins(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('pinned to a port is taken from there only', async (net) => {
    const host = await net.daemon('alpha')
    const [owner, spoofer, receiver] = net.stations(host, host, host)
    receiver.broadcast()
    await net.settle()
    host.plane.setPin(owner.mac, { kind: 'port', port: owner.port })
    await net.expectOnlyAt(owner.send(receiver), [receiver])
    await net.expectOnlyAt(spoofer.send(receiver, { source: owner.mac }), [])
    await net.expectOnlyAt(spoofer.send(BROADCAST_MAC, { source: owner.mac }), [])
    expect(host.dropped('spoofed')).toBe(2)
    expect(host.port(spoofer.port).drops).toMatchObject({ spoofed: 2 })
    expect(host.mac(owner.mac)?.where).toEqual({ kind: 'port', port: owner.port })
    host.plane.removePin(owner.mac)
    await net.expectOnlyAt(spoofer.send(receiver, { source: owner.mac }), [receiver])
  })

  test('pinned to another host is taken from no port and fast path, but the star', async (net) => {
    const { hosts, proxy } = await net.star('alpha', 'beta')
    const { a: link } = await net.connect(...hosts, 'fast-path')
    const [spoofer, victim, far] = net.stations(...hosts, proxy)
    const [alpha, beta] = hosts
    victim.broadcast()
    await net.settle()
    alpha.plane.setRule({ destination: victim.mac, target: { kind: 'link', link } })
    beta.plane.setPin(far.mac, null)
    await net.expectOnlyAt(spoofer.send(victim, { source: far.mac }), [])
    await net.expectOnlyAt(victim.send(BROADCAST_MAC, { source: far.mac }), [])
    expect(beta.dropped('spoofed')).toBe(2)
    await net.expectOnlyAt(far.send(victim), [victim])
  })

  test('pinned to this host is taken from all its ports and no fast path', async (net) => {
    const { hosts } = await net.star('alpha', 'beta')
    const { a: link } = await net.connect(...hosts, 'fast-path')
    const [alpha, beta] = hosts
    const [spoofer, owner, victim] = net.stations(alpha, beta, beta)
    victim.broadcast()
    await net.settle()
    alpha.plane.setRule({ destination: victim.mac, target: { kind: 'link', link } })
    beta.plane.setPin(owner.mac, { kind: 'ports' })
    await net.expectOnlyAt(owner.send(victim), [victim])
    await net.expectOnlyAt(spoofer.send(victim, { source: owner.mac }), [])
    expect(beta.dropped('spoofed')).toBe(1)
    expect(beta.mac(owner.mac)?.where).toEqual({ kind: 'port', port: owner.port })
    alpha.plane.removeRule({ destination: victim.mac })
    await net.expectOnlyAt(spoofer.send(victim, { source: owner.mac }), [victim]) // by the star
  })

  test('pinned to the proxy is taken from no host there', async (net) => {
    const { proxy, hosts } = await net.star('alpha')
    const [spoofer, owner, other] = net.stations(...hosts, proxy, proxy)
    proxy.plane.setPin(owner.mac, { kind: 'ports' })
    await net.expectOnlyAt(spoofer.send(BROADCAST_MAC, { source: owner.mac }), [])
    expect(proxy.dropped('spoofed')).toBe(1)
    await net.expectOnlyAt(owner.broadcast(), [other, spoofer])
  })

  test('pinned to a link is taken from no other at the proxy', async (net) => {
    const { proxy, hosts, links } = await net.star('alpha', 'beta')
    const [owner, spoofer, receiver] = net.stations(...hosts, proxy)
    receiver.broadcast()
    await net.settle()
    proxy.plane.setPin(owner.mac, { kind: 'link', link: links[0].b })
    await net.expectOnlyAt(spoofer.send(BROADCAST_MAC, { source: owner.mac }), [])
    expect(proxy.link(links[1].b).drops).toEqual({ spoofed: 1 })
    await net.expectOnlyAt(owner.send(receiver), [receiver])
  })
}
