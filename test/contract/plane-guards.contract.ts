// Contract of planes: what protects a LAN from bad frames, storms and loops. Every drop has a name.

import { describe, expect } from 'vitest'
import { FRAME_BYTES_MAX, FRAME_BYTES_MIN } from '../../src/base/limits.ts'
import { BROADCAST_MAC, parseMac } from '../../src/base/mac.ts'
import type { CreateFixture } from './plane-fixture.ts'
import { overlayTests } from './plane-overlay.ts'

const BLOCKED_MS = 10_000
const REMEMBERED_MS = 1_000
/** A port is blocked at so many frames of its own that come back within REMEMBERED_MS. */
const RETURNS_OF_LOOP = 3

export function describeGuards(createFixture: CreateFixture): void {
  describe('a guard', () => {
    describeBadFrames(createFixture)
    describeStorms(createFixture)
    describeLoops(createFixture)
  })
}

function describeBadFrames(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('drops what is no frame as malformed', async (net) => {
    const host = await net.daemon('alpha')
    const [sender] = net.stations(host, host)
    sender.inject(new Uint8Array(0))
    sender.inject(new Uint8Array(FRAME_BYTES_MIN - 1))
    sender.send(BROADCAST_MAC, { source: parseMac('03:00:00:00:00:01') })
    sender.send(BROADCAST_MAC, { source: BROADCAST_MAC })
    await net.until(() => host.dropped('malformed') === 4, '4 malformed')
    expect(host.port(sender.port).drops).toEqual({ malformed: 4 })
    expect(host.eventsOf('frame')).toEqual([])
    expect(host.plane.macs()).toEqual([])
  })

  test('drops what is longer than any frame as too big', async (net) => {
    const host = await net.daemon('alpha')
    const [sender] = net.stations(host, host)
    await net.expectOnlyAt(sender.send(BROADCAST_MAC, { bytes: FRAME_BYTES_MAX + 1 }), [])
    expect(host.dropped('too-big')).toBe(1)
  })
}

function describeStorms(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)
  const limit = 100

  test('limits broadcast of one port a second, and counts the rest', async (net) => {
    const host = await net.daemon('alpha', { stormLimitFramesPerSecond: limit })
    const [stormy, calm, receiver] = net.stations(host, host, host)
    for (let i = 0; i < 4 * limit; i++) stormy.broadcast()
    await net.expectOnlyAt(calm.broadcast(), [stormy, receiver])
    const passed = receiver.inbox().length - 1
    expect(passed).toBeGreaterThan(0)
    expect(passed).toBeLessThanOrEqual(limit)
    expect(host.port(stormy.port).drops).toEqual({ storm: 4 * limit - passed })
    await net.fixture.advance(500)
    await net.expectOnlyAt(stormy.broadcast(), [calm, receiver])
  })

  test('limits what the proxy floods because it does not know the MAC', async (net) => {
    const proxy = await net.daemon('proxy', { stormLimitFramesPerSecond: limit })
    const [stormy, receiver] = net.stations(proxy, proxy)
    for (let i = 0; i < 4 * limit; i++) stormy.send(parseMac('02:00:00:00:99:99'))
    await net.settle()
    expect(receiver.inbox().length).toBeLessThanOrEqual(limit)
    expect(receiver.inbox().length + proxy.dropped('storm')).toBe(4 * limit)
  })

  test('does not limit unicast to where it is known to go', async (net) => {
    const host = await net.daemon('alpha', { stormLimitFramesPerSecond: limit })
    const [sender, receiver] = net.stations(host, host)
    receiver.broadcast()
    await net.settle()
    for (let i = 0; i < 4 * limit; i++) sender.send(receiver)
    await net.until(() => receiver.inbox().length === 4 * limit, 'all there')
    expect(host.dropped('storm')).toBe(0)
  })
}

function describeLoops(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('blocks a port on which its own floods come back, for a while', async (net) => {
    const host = await net.daemon('alpha')
    const [one, two, three] = net.stations(host, host, host)
    const frame = one.broadcast()
    await net.expectOnlyAt(frame, [two, three])
    for (let copy = 0; copy < RETURNS_OF_LOOP; copy++) two.inject(frame)
    await net.until(() => host.eventsOf('port-loop').length > 0, 'port-loop')
    const loop = { kind: 'port-loop', port: two.port, other: one.port }
    expect(host.eventsOf('port-loop')).toEqual([loop])
    const { name } = host.port(one.port)
    expect(host.port(two.port)).toMatchObject({ state: 'blocked-loop', loopWith: name })
    await net.expectOnlyAt(frame, [two, three])
    await net.expectOnlyAt(one.broadcast(), [three])
    await net.expectOnlyAt(two.broadcast(), [])
    expect(host.port(two.port).drops).toEqual({ loop: RETURNS_OF_LOOP + 2 })
    await net.fixture.advance(BLOCKED_MS)
    expect(host.port(two.port)).toMatchObject({ state: 'up', loopWith: null })
    await net.expectOnlyAt(two.broadcast(), [one, three])
  })

  test('only drops what a guest repeats that moved from one port to another', async (net) => {
    const host = await net.daemon('alpha')
    const [before, after, other] = net.stations(host, host, host)
    const frame = before.broadcast()
    await net.expectOnlyAt(frame, [after, other])
    for (let copy = 1; copy < RETURNS_OF_LOOP; copy++) after.inject(frame)
    await net.until(() => host.dropped('loop') === RETURNS_OF_LOOP - 1, 'dropped')
    expect(host.port(after.port)).toMatchObject({ state: 'up', loopWith: null })
    const next = after.send(BROADCAST_MAC, { source: before.mac })
    await net.expectOnlyAt(next, [before, other])
    expect(host.eventsOf('port-loop')).toEqual([])
    expect(host.mac(before.mac)?.where).toEqual({ kind: 'port', port: after.port })
  })

  test('takes a like frame for a new one after a second', async (net) => {
    const host = await net.daemon('alpha')
    const [one, two] = net.stations(host, host)
    const frame = one.broadcast()
    await net.expectOnlyAt(frame, [two])
    await net.fixture.advance(REMEMBERED_MS + 100)
    two.inject(frame)
    await net.expectOnlyAt(frame, [one, two])
    expect(host.dropped('loop')).toBe(0)
  })

  test('blocks one of two bridged ports when a flood from a link shows the loop', async (net) => {
    const { proxy, hosts } = await net.star('alpha')
    const [host] = hosts
    const [far, one, two] = net.stations(proxy, host, host)
    const frame = far.broadcast()
    await net.expectOnlyAt(frame, [one, two])
    for (let copy = 0; copy < RETURNS_OF_LOOP; copy++) one.inject(frame)
    await net.until(() => host.eventsOf('port-loop').length === 1, 'loop seen')
    two.inject(frame)
    await net.until(() => host.eventsOf('port-loop').length === 2, 'other end seen')
    expect(host.eventsOf('port-loop')).toEqual([
      { kind: 'port-loop', port: one.port, other: null },
      { kind: 'port-loop', port: one.port, other: two.port },
    ])
    expect(host.port(one.port)).toMatchObject({ state: 'blocked-loop' })
    expect(host.port(one.port).loopWith).toBe(host.port(two.port).name)
    expect(host.port(two.port).state).toBe('up')
    await net.expectOnlyAt(far.broadcast(), [two])
  })

  test('knows both of two bridged ports where floods of a link come back', async (net) => {
    const { proxy, hosts } = await net.star('alpha')
    const [host] = hosts
    const [far, one, two] = net.stations(proxy, host, host)
    const frame = far.broadcast()
    await net.expectOnlyAt(frame, [one, two])
    two.inject(frame)
    await net.until(() => host.dropped('loop') === 1, 'back at one end')
    for (let copy = 0; copy < RETURNS_OF_LOOP; copy++) one.inject(frame)
    await net.until(() => host.eventsOf('port-loop').length > 0, 'loop seen')
    const loop = { kind: 'port-loop', port: one.port, other: two.port }
    expect(host.eventsOf('port-loop')).toEqual([loop])
    expect(host.port(two.port).state).toBe('up')
  })
}
