// How the frames of a fast path travel between real hosts: by UDP where it passes, by TLS where a
// firewall drops it, by the star where the order allows UDP only; and back again.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type FastPathNetwork, startFastPathNetwork } from '../support/fast-path.ts'
import { until } from '../support/netns.ts'
import { startPings } from '../support/pings.ts'
import { recordUdp, sendAgain } from '../support/record-udp.ts'

/** From the fast path being up. */
const UDP_MS_MAX = 2_000
const FALL_BACK_MS_MAX = 1_500
/** Datagrams of a link that somebody on the path records. */
const RECORDED = 50
/** One ping after the other at this distance: shows a gap to this precision. */
const PING_INTERVAL_MS = 20

let net: FastPathNetwork
beforeAll(async () => {
  net = await startFastPathNetwork()
})
afterAll(() => net?.close())
afterEach(async () => {
  await net.setUdpBlocked(false)
  await net.removeLink().catch(() => {}) // some tests end without
})

const pings = () => startPings(net.alpha.guest, net.beta.guest.ip, PING_INTERVAL_MS)

/** Frames of the guests for each other that went over the fast path so far. */
async function framesOnFastPath(): Promise<number> {
  return (await net.alpha.fastPath())?.txFrames ?? 0
}

test('auto: UDP within 2 s', async () => {
  expect(await net.addLink()).toMatchObject({ state: 'up' })
  expect(await net.untilBy('udp')).toBeLessThan(UDP_MS_MAX)
  const before = await framesOnFastPath()
  await net.alpha.guest.exec('ping', '-c', '10', '-i', '0.02', '-W', '2', net.beta.guest.ip)
  expect(await framesOnFastPath()).toBeGreaterThan(before + 8)
  for (const { admin, fastPath } of [net.alpha, net.beta]) {
    const datagram = (await fastPath())?.datagram
    expect(datagram).toMatchObject({ state: 'up', datagramBytes: 1472, rejectedDatagrams: 0 })
    expect(datagram?.rttUs).toBeGreaterThan(0)
    expect(await admin.status()).toMatchObject({ fastPaths: 1, fastPathsByUdp: 1 })
  }
})

test('auto: TLS within 1.5 s where UDP is blocked, and UDP again after it', async () => {
  await net.addLink()
  await net.untilBy('udp')
  const stream = pings()
  await stream.answeredAfter(Date.now() + 500)
  const blockedMs = Date.now()
  await net.setUdpBlocked(true)
  expect(await net.untilBy('tcp')).toBeLessThan(FALL_BACK_MS_MAX)
  await stream.answeredAfter(Date.now())
  expect((await net.alpha.fastPath())?.datagram?.state).toBe('down')
  const checks = await net.alpha.admin.doctor()
  expect(checks.find(({ name }) => name === 'transport to beta')).toMatchObject({
    state: 'ok',
    found: expect.stringContaining('UDP does not pass'),
  })
  await net.setUdpBlocked(false)
  await net.untilBy('udp')
  await stream.answeredAfter(Date.now() + 500)
  const { gapMs, lost } = await stream.stop()
  expect(gapMs).toBeLessThan(FALL_BACK_MS_MAX)
  expect(lost).toBeLessThan(FALL_BACK_MS_MAX / PING_INTERVAL_MS)
  expect(Date.now() - blockedMs).toBeLessThan(20_000)
})

test('tcp: not one datagram', async () => {
  const before = await net.udpPackets()
  expect(await net.addLink('tcp')).toMatchObject({ state: 'up' })
  await net.alpha.guest.exec('ping', '-c', '50', '-i', '0.02', '-W', '2', net.beta.guest.ip)
  expect(await net.udpPackets()).toBe(before)
  expect(await net.alpha.fastPath()).toMatchObject({ transport: 'tcp', datagram: null })
  expect(await framesOnFastPath()).toBeGreaterThan(48)
  await net.addLink('auto')
  await net.untilBy('udp')
  expect(await net.udpPackets()).toBeGreaterThan(before)
})

test('udp: blocked, there is no fast path, and traffic takes the star', async () => {
  await net.setUdpBlocked(true)
  const stream = pings()
  await stream.answeredAfter(Date.now())
  const result = await net.addLink('udp')
  expect(result).toMatchObject({ state: 'failed' })
  expect(result.reason).toContain('UDP')
  await stream.answeredAfter(Date.now())
  expect((await stream.stop()).lost).toBe(0)
  expect(await net.alpha.fastPath()).toBeUndefined()
})

test('udp: blocked later, traffic takes the star at once, the link ends and returns', async () => {
  expect(await net.addLink('udp')).toMatchObject({ state: 'up' })
  await net.untilBy('udp', 100)
  const stream = pings()
  await stream.answeredAfter(Date.now() + 200)
  await net.setUdpBlocked(true)
  const rule = async () => (await net.alpha.admin.rules())[0]?.target
  await until(async () => (await rule())?.includes('down'), { what: 'the star', timeoutMs: 5_000 })
  await stream.answeredAfter(Date.now())
  const said = () => net.alpha.log() + net.beta.log()
  await until(() => said().includes('udp-blocked'), { what: 'the end', timeoutMs: 8_000 })
  await net.setUdpBlocked(false)
  await until(async () => (await rule()) === 'host beta', { what: 'the link', timeoutMs: 15_000 })
  await net.untilBy('udp', 100)
  await stream.answeredAfter(Date.now() + 200)
  expect((await stream.stop()).gapMs).toBeLessThan(FALL_BACK_MS_MAX)
})

test('a new transport for a standing link: pings hardly notice', async () => {
  await net.addLink()
  await net.untilBy('udp')
  const stream = pings()
  await stream.answeredAfter(Date.now() + 200)
  expect(await net.addLink('tcp')).toMatchObject({ state: 'up' })
  await net.untilBy('tcp', 100)
  expect(await net.addLink('udp')).toMatchObject({ state: 'up' })
  await net.untilBy('udp', 100)
  await stream.answeredAfter(Date.now() + 200)
  const { lost } = await stream.stop()
  expect(lost).toBeLessThan(10)
})

test('datagrams recorded on the way and sent again are dropped and counted', async () => {
  await net.addLink()
  await net.untilBy('udp')
  const { guest, namespace } = net.alpha
  const { recorded: recording } = await recordUdp(namespace, RECORDED)
  await guest.exec('ping', '-c', '100', '-i', '0.01', '-W', '2', net.beta.guest.ip)
  const recorded = await recording
  expect(recorded).toHaveLength(RECORDED)
  const rejected = async () => (await net.beta.fastPath())?.datagram?.rejectedDatagrams ?? 0
  const [rejectedBefore, receivedBefore] = [await rejected(), await received()]
  await sendAgain(namespace, net.beta.address, recorded)
  await until(async () => (await rejected()) >= rejectedBefore + RECORDED, { what: 'all rejected' })
  expect((await received()) - receivedBefore).toBeLessThan(RECORDED / 2) // IPv6 talks by itself
  const drops = await net.beta.admin.drops()
  const total = drops.find((row) => row.where === 'total' && row.reason === 'datagram-rejected')
  expect(total?.count).toBeGreaterThanOrEqual(RECORDED)
  await guest.exec('ping', '-c', '5', '-i', '0.02', '-W', '2', net.beta.guest.ip)
  expect((await net.alpha.fastPath())?.transport).toBe('udp')
})

/** Frames that beta's guest was given. */
async function received(): Promise<number> {
  return (await net.beta.admin.ports())[0]?.txFrames ?? 0
}
