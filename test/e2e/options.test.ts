// Traffic is right with every option of the data plane on and off: super-frames agreed on or not,
// at the port of either end and between the daemons; frames by the star, by TLS and by UDP; a
// guest behind each kind of port. And who did not agree to super-frames and open checksums never
// sees one.
//
// Real virtual machines are in virtual-machines.test.ts; what QEMU with vnet_hdr=off is to its
// host, a TAP that another program opened without it, is the guest `emulated` here.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exactlyOnce, exchange } from '../support/frames.ts'
import {
  type OptionsGuest,
  type OptionsNetwork,
  startOptionsNetwork,
  type Transport,
} from '../support/options-network.ts'
import {
  CLEAN,
  echoDatagrams,
  type Judgement,
  sendSuperFrame,
  startJudge,
} from '../support/wire.ts'

const MTU = 1_500
const FRAME_BYTES_MAX = MTU + 14
const TCP_BYTES = 3_000_000
/** Whole, at the border of the MTU, in fragments. */
const UDP_SIZES = [1, 18, 1_452, 1_472, 1_473, 9_000, 30_000]
/** Cut into datagrams of 1200 bytes by whoever must. */
const DATAGRAMS = { port: 9_001, segment: 1_200, bytes: 40_000 }
const DATAGRAM_COUNT = 34
/** One TCP super-frame behind a VLAN tag. */
const TAGGED = { vlan: 42, segment: 1_400, bytes: 20_000 }
const TAGGED_FRAMES = 15
/** Half a second where all is well; a connection that cannot be made would wait for minutes. */
const PAIR_OPTIONS = { timeout: 15_000 }

let network: OptionsNetwork

beforeAll(async () => {
  network = await startOptionsNetwork()
})
afterAll(() => network?.close())

const SENDERS = ['full', 'plain'] as const
const RECEIVERS = {
  beta: ['taken', 'untaken', 'bridged', 'emulated', 'captured'],
  gamma: ['taken2', 'untaken2', 'captured2'],
} as const

// In this order: a fast path, once ordered, takes the traffic off the star.
const WAYS: readonly (readonly ['beta' | 'gamma', Transport])[] = [
  ['beta', 'star'],
  ['gamma', 'star'],
  ['beta', 'tcp'],
  ['gamma', 'tcp'],
  ['beta', 'udp'],
  ['gamma', 'udp'],
]

// Before the fast paths: pings go the same way as frames for all.
test('a super-frame for all reaches each guest once, as it takes it', async () => {
  const guests = network.guests.filter(({ name }) => name !== 'full')
  for (const family of [4, 6] as const) {
    const judges = await Promise.all(guests.map(judge))
    const { namespace, device } = network.guest('full')
    await sendSuperFrame(namespace, { device, dst: '01:00:5e:00:00:fb', family, ...TAGGED })
    // Behind it on every way: the answers come back once it is through.
    for (const { ip } of guests) await namespace.exec('ping', '-c', '1', '-W', '3', ip)
    for (const [index, guest] of guests.entries()) {
      const seen = await judges[index]?.stop()
      if (guest.name === 'taken') expect(seen?.longest).toBeGreaterThan(TAGGED.bytes)
      else {
        const tagged = { tagged: TAGGED_FRAMES, taggedBytes: TAGGED.bytes }
        expect(seen, guest.name).toMatchObject({ ...CLEAN, ...tagged })
      }
    }
  }
})

describe.for(WAYS)('to %s by %s', ([host, transport]) => {
  beforeAll(() => network.useTransport(host, transport))

  const pairs = SENDERS.flatMap((from) => RECEIVERS[host].map((to) => [from, to] as const))
  test.for(pairs)('%s and %s', PAIR_OPTIONS, async ([from, to]) => {
    const [a, b] = [network.guest(from), network.guest(to)]
    const before = await network.fastPath(host)
    const judges = await Promise.all([judge(a), judge(b)])
    await talk(a, b)
    const [atA, atB] = await Promise.all(judges.map((one) => one.stop()))
    if (atA === undefined || atB === undefined) throw new Error('a judge is missing')
    const isAgreed = host === 'beta' // between the daemons; gamma does not offer it
    expectRight(a, atA, isAgreed)
    expectRight(b, atB, isAgreed)
    if (isAgreed && from === 'full' && to === 'taken') {
      expect(atB.longest, 'super-frames reach who takes them').toBeGreaterThan(10_000)
    }
    const after = await network.fastPath(host)
    expect(after?.transport).toBe(transport === 'star' ? undefined : transport)
    if (before === undefined || after === undefined) return
    expect(after.isOffloaded).toBe(isAgreed)
    expect(after.txBytes - before.txBytes).toBeGreaterThan(2 * TCP_BYTES)
    expect(after.rxBytes - before.rxBytes).toBeGreaterThan(2 * TCP_BYTES)
  })
})

describe('frames of every kind of size', () => {
  beforeAll(() => network.setMtu(9_000))

  const ways = [
    ...[...RECEIVERS.beta, ...RECEIVERS.gamma].map((to) => ['full', to] as const),
    ...[...RECEIVERS.beta, ...RECEIVERS.gamma].map((to) => [to, 'plain'] as const),
  ]
  test.for(ways)('%s to %s', async ([from, to]) => {
    const [a, b] = [network.guest(from), network.guest(to)]
    await a.namespace.exec('ping', '-c', '1', '-W', '3', b.ip)
    for (const vlan of [0, 42]) {
      const frames = Math.floor((9_014 - 60) / 37) + 1
      const send = { device: a.device, dst: b.mac, sizes: [60, 9_014], step: 37, vlan } as const
      const [seen] = await exchange(a.namespace, { ...send, framesPerSecond: 5_000 }, [
        { place: b.namespace, receive: { device: b.device, expect: frames, settleMs: 50 } },
      ])
      expect(seen, await network.drops()).toEqual(exactlyOnce(frames, vlan))
    }
  })
})

const judge = ({ namespace, device }: OptionsGuest) =>
  startJudge(namespace, { device, frameBytesMax: FRAME_BYTES_MAX })

/** TCP, datagrams of all sizes and tagged super-frames, both ways, by both families. */
async function talk(a: OptionsGuest, b: OptionsGuest): Promise<void> {
  const ways = [
    { from: a, host: b.ip },
    { from: b, host: a.ip },
    { from: a, host: b.ip6 },
    { from: b, host: a.ip6 },
  ]
  const outcomes = await Promise.all(
    ways.map(({ from, host }) => from.traffic.sendTcp(host, TCP_BYTES)),
  )
  for (const { sha256Received, sha256Sent } of outcomes) expect(sha256Received).toBe(sha256Sent)
  for (const { from, host } of ways) {
    expect(await from.traffic.sendUdp(host, UDP_SIZES), await network.drops()).toEqual(UDP_SIZES)
    const echoed = await echoDatagrams(from.namespace, { host, ...DATAGRAMS })
    expect(echoed, await network.drops()).toEqual({
      sent: DATAGRAM_COUNT,
      answered: DATAGRAM_COUNT,
    })
  }
  for (const family of [4, 6] as const) {
    const { device } = a
    await sendSuperFrame(a.namespace, { device, dst: b.mac, family, ...TAGGED })
    await sendSuperFrame(b.namespace, { device: b.device, dst: a.mac, family, ...TAGGED })
  }
  // Behind the tagged frames, which nobody answers.
  for (const { from, host } of ways) await from.traffic.sendUdp(host, [100])
}

/** What must be in a judgement at this guest, after `talk`. */
function expectRight(guest: OptionsGuest, seen: Judgement, isAgreed: boolean): void {
  expect(seen.lost).toBe(0)
  if (guest.kind === 'offloaded' && isAgreed) return // its kernel sees to the rest
  expect(seen, guest.name).toMatchObject({ ...CLEAN, longest: FRAME_BYTES_MAX })
  expect(seen.tcp, guest.name).toBeGreaterThan((2 * TCP_BYTES) / MTU)
  expect(seen.udp, guest.name).toBeGreaterThan(4 * DATAGRAM_COUNT)
  expect(seen.fragments, guest.name).toBeGreaterThan(0)
  expect(seen.taggedBytes, guest.name).toBe(2 * TAGGED.bytes)
  // By UDP a super-frame may come in smaller pieces than it was to be cut into.
  expect(seen.tagged, guest.name).toBeGreaterThanOrEqual(2 * TAGGED_FRAMES)
  expect(seen.tagged, guest.name).toBeLessThan(4 * TAGGED_FRAMES)
}
