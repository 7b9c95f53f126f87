// A fast path by UDP is a LAN as any: frames of every size and with a VLAN tag once and in order,
// TCP and UDP over IPv4 and IPv6 unchanged, super-frames of the guests' kernels, and all of it
// unchanged where the path loses packets.

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  type FastPathHost,
  type FastPathNetwork,
  startFastPathNetwork,
} from '../support/fast-path.ts'
import { exactlyOnce, exchange } from '../support/frames.ts'
import { type Guest, startGuest } from '../support/guest.ts'
import { exchangeSegments } from '../support/segments.ts'

const TCP_BYTES = 100_000_000
const LOSSY_TCP_BYTES = 20_000_000
const LOSS_PERCENT = 2
const UDP_SIZES = [1, 18, 1390, 1472, 1473, 8972, 8973, 30_000]

let net: FastPathNetwork
let traffic: readonly [Guest, Guest]

beforeAll(async () => {
  net = await startFastPathNetwork()
  traffic = [await startGuest('vm1', net.alpha.guest), await startGuest('vm2', net.beta.guest)]
  expect(await net.addLink('udp')).toMatchObject({ state: 'up' })
  await net.alpha.guest.exec('ping', '-c', '2', '-i', '0.1', '-W', '3', net.beta.guest.ip)
})
afterAll(async () => {
  for (const guest of traffic ?? []) guest.close()
  await net?.close()
})
beforeEach(() => net.untilBy('udp'))

/** Fails unless what `act` sends goes over the fast path, by UDP from first to last. */
async function byUdp(from: FastPathHost, act: () => Promise<void>): Promise<void> {
  const before = await from.fastPath()
  await act()
  const after = await from.fastPath()
  expect(after).toMatchObject({ id: before?.id, transport: 'udp' })
  const datagrams = (after?.datagram?.sentDatagrams ?? 0) - (before?.datagram?.sentDatagrams ?? 0)
  expect((after?.txFrames ?? 0) - (before?.txFrames ?? 0)).toBeGreaterThan(0)
  expect(datagrams).toBeGreaterThan(0)
}

// Each may drop frames, and count them, while other work keeps its threads from running.
const retry = { retry: 2 }

test('frames of every size from 60 to 9014 bytes', retry, async () => {
  const frames = 9014 - 60 + 1
  await byUdp(net.alpha, async () => {
    const [seen] = await exchange(
      net.alpha.guest,
      { dst: net.beta.guest.mac, sizes: [60, 9014], framesPerSecond: 5_000 },
      [{ place: net.beta.guest, receive: { expect: frames } }],
    )
    expect(seen, JSON.stringify(await net.beta.admin.drops())).toEqual(exactlyOnce(frames))
  })
})

test('frames with a VLAN tag', retry, async () => {
  await byUdp(net.beta, async () => {
    const [seen] = await exchange(
      net.beta.guest,
      { dst: net.alpha.guest.mac, sizes: [60, 9014], step: 107, vlan: 42, framesPerSecond: 5_000 },
      [{ place: net.alpha.guest, receive: { expect: 84 } }],
    )
    expect(seen, JSON.stringify(await net.alpha.admin.drops())).toEqual(exactlyOnce(84, 42))
  })
})

test('small frames at a high rate, packed together', retry, async () => {
  const frames = 20_000
  await byUdp(net.alpha, async () => {
    const [seen] = await exchange(
      net.alpha.guest,
      { dst: net.beta.guest.mac, count: frames, framesPerSecond: 20_000 },
      [{ place: net.beta.guest, receive: { expect: frames } }],
    )
    expect(seen, JSON.stringify(await net.beta.admin.drops())).toEqual(exactlyOnce(frames))
  })
})

test('TCP carries 100 MB unchanged, both ways, over IPv4 and IPv6', async () => {
  const ways = [
    [net.alpha, traffic[0], net.beta.guest.ip],
    [net.beta, traffic[1], `${net.alpha.guest.linkLocal}%eth0`],
  ] as const
  for (const [from, guest, address] of ways) {
    await byUdp(from, async () => {
      const outcome = await guest.sendTcp(address, TCP_BYTES)
      expect(outcome.sha256Received).toBe(outcome.sha256Sent)
    })
  }
})

test('UDP of every kind of size comes back, over IPv4 and IPv6', async () => {
  for (const address of [net.beta.guest.ip, `${net.beta.guest.linkLocal}%eth0`]) {
    await byUdp(net.alpha, async () => {
      expect(await traffic[0].sendUdp(address, UDP_SIZES), address).toEqual(UDP_SIZES)
    })
  }
})

test('UDP super-frames of a guest arrive as the datagrams that they are', retry, async () => {
  for (const bytes of [100, 520, 1_200, 1_400]) {
    for (const address of [net.beta.guest.ip, `${net.beta.guest.linkLocal}%eth0`]) {
      await byUdp(net.alpha, async () => {
        const options = { address, bytes, calls: 50 }
        const seen = await exchangeSegments(net.alpha.guest, net.beta.guest, options)
        expect(seen, `${bytes} to ${address}`).toEqual({
          received: seen.sent,
          corrupt: 0,
          sent: 2_050,
        })
      })
    }
  }
})

test('TCP is unchanged where the path loses packets, and losses are repaired', async () => {
  await net.setUdpLoss(LOSS_PERCENT)
  try {
    await byUdp(net.alpha, async () => {
      const outcome = await traffic[0].sendTcp(net.beta.guest.ip, LOSSY_TCP_BYTES)
      expect(outcome.sha256Received).toBe(outcome.sha256Sent)
    })
  } finally {
    await net.setUdpLoss(0)
  }
  const datagram = (await net.beta.fastPath())?.datagram
  expect(datagram?.repairedDatagrams).toBeGreaterThan(50)
})
