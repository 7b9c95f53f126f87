// Datagrams of a stranger on the path of a link: sent again, changed, cut or made up. Nothing of
// them arrives, all of them are counted, and the link goes on.

import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createNativeFixture, type NativeFixture } from './native-fixture.ts'
import { type Daemon, type LinkEnds, Overlay, type Station } from './plane-overlay.ts'

/** docs/protocol.md: type, epoch, zero, receiver, counter. */
const HEADER_BYTES = 16
const FRAMES = 50

let fixture: NativeFixture
let net: Overlay
beforeEach(async () => {
  fixture = await createNativeFixture()
  net = new Overlay(fixture)
})
afterEach(() => net.close())

interface FastPath {
  /** Dials: its datagrams pass the relay to beta. */
  readonly alpha: Daemon
  readonly beta: Daemon
  readonly ends: LinkEnds
  readonly guest: Station
  readonly other: Station
}

/** A fast path that is up by UDP, with rules for a guest at each end. */
async function fastPath(): Promise<FastPath> {
  const options = { datagramsFromRttUs: 0 } // loopback is a short path
  const [alpha, beta] = [await net.daemon('alpha', options), await net.daemon('beta', options)]
  const ends = await net.connect(alpha, beta, 'fast-path')
  const [guest, other] = net.stations(alpha, beta)
  alpha.plane.setRule({ destination: other.mac, target: { kind: 'link', link: ends.a } })
  beta.plane.setRule({ destination: guest.mac, target: { kind: 'link', link: ends.b } })
  const path = { alpha, beta, ends, guest, other }
  await net.until(() => isByUdp(path), 'UDP')
  return path
}

const isByUdp = ({ alpha, beta, ends }: FastPath) =>
  alpha.link(ends.a).transport === 'udp' && beta.link(ends.b).transport === 'udp'
const rejected = ({ beta, ends }: FastPath) => beta.link(ends.b).datagram?.rejectedDatagrams ?? 0
const passed = ({ alpha, beta }: FastPath) => [...fixture.relay(alpha.plane, beta.plane).udp.passed]

/** Injects, and waits until all are counted as rejected. */
async function injectAll(path: FastPath, datagrams: readonly Uint8Array[]): Promise<void> {
  const { udp } = fixture.relay(path.alpha.plane, path.beta.plane)
  const before = path.beta.dropped('datagram-rejected')
  for (const [index, datagram] of datagrams.entries()) {
    udp.inject(datagram)
    if (index % 10 === 0) await fixture.advance(1) // a socket's buffer overflows quietly
  }
  const counted = () => path.beta.dropped('datagram-rejected') - before
  await net.until(() => counted() >= datagrams.length, 'all rejected')
  expect(counted()).toBe(datagrams.length)
}

async function expectHealthy(path: FastPath): Promise<void> {
  const { guest, other } = path
  await net.expectOnlyAt(guest.send(other), [other])
  await net.expectOnlyAt(other.send(guest), [guest])
  expect(isByUdp(path)).toBe(true)
}

test('what was sent once does not arrive a second time', async () => {
  const path = await fastPath()
  const { guest, other } = path
  const frames = Array.from({ length: FRAMES }, () => guest.send(other, { bytes: 700 }))
  await net.until(() => other.inbox().length >= FRAMES, 'all frames')
  const recorded = passed(path)
  expect(recorded.length).toBeGreaterThan(FRAMES / 2)
  await injectAll(path, recorded)
  expect(rejected(path)).toBe(recorded.length)
  expect(frames.map((frame) => other.count(frame))).toEqual(frames.map(() => 1))
  await expectHealthy(path)
})

test('a datagram that was changed anywhere is refused, and so is a part of one', async () => {
  const path = await fastPath()
  const { guest, other } = path
  const seen = passed(path).length
  guest.send(other, { bytes: 100 })
  await net.until(() => other.inbox().length === 1, 'the frame')
  const datagram = passed(path).slice(seen).at(-1)
  if (datagram === undefined) throw new Error('no datagram passed')
  // A later counter, so that it is not refused as a replay: it is authenticated as the rest is.
  const later = Buffer.from(datagram)
  later.writeBigUInt64BE(later.readBigUInt64BE(8) + 1_000n, 8)
  const changed = Array.from(datagram, (byte, index) => {
    const copy = Buffer.from(later)
    copy[index] = byte ^ (1 << (index % 8))
    return copy
  })
  const cut = Array.from(datagram, (_, length) => later.subarray(0, length))
  await injectAll(path, [later, ...changed, ...cut, Buffer.concat([later, Buffer.alloc(8)])])
  expect(other.inbox()).toHaveLength(1)
  await expectHealthy(path)
})

test('datagrams that were made up are refused, also such as name the link', async () => {
  const path = await fastPath()
  const [own] = passed(path)
  if (own === undefined) throw new Error('no datagram passed')
  const madeUp = Array.from({ length: 300 }, (_, index) => {
    const datagram = Buffer.alloc(index * 5, index)
    if (index % 2 === 0) own.copy(datagram, 0, 0, HEADER_BYTES)
    return datagram
  })
  await injectAll(path, madeUp)
  await expectHealthy(path)
})

test('where another program has the UDP port, links do without', async () => {
  const alpha = await net.daemon('alpha')
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const beta = fixture.createPlane({ role: 'host' })
  beta.setCredentials(await fixture.credentials('beta', 'good'))
  try {
    const { port } = beta.listen({ address: '127.0.0.1', port: socket.address().port })
    const link = alpha.plane.dial({ host: '127.0.0.1', port })
    await net.until(() => beta.links().some(({ state }) => state === 'pending'), 'pending')
    for (const { id } of beta.links()) beta.admit(id, { role: 'fast-path', peer: 'alpha' })
    await net.until(() => alpha.link(link).state === 'pending', 'pending here')
    alpha.plane.admit(link, { role: 'fast-path', peer: 'beta' })
    await fixture.advance(1_000)
    expect(alpha.link(link)).toMatchObject({ state: 'admitted', transport: 'tcp', datagram: null })
  } finally {
    socket.close()
    await beta.close()
  }
})
