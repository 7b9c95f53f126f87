// Which way the frames of a fast path take by themselves: the TLS connection where the path is
// short, datagrams where it is long, over the WAN emulator between real hosts.

import { readFile, writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type FastPathNetwork, startFastPathNetwork } from '../support/fast-path.ts'
import { type Guest, startGuest } from '../support/guest.ts'
import { until } from '../support/netns.ts'
import { startPings } from '../support/pings.ts'

/** Each way. */
const LONG_MS = 5
/** More than a short path takes on a busy machine, and less than there and back of LONG_MS. */
const FROM_RTT_MS = 8
const PING_INTERVAL_MS = 20
/** As much as TLS can bear on a short path; some seconds of it make it lossy. */
const LOSS = 0.02
const BYTES = 10_000_000
const LOSSY_WITHIN_MS = 20_000
/** A line on which a queue stands for 50 ms as long as somebody sends, bit/s. */
const SLOW = 20_000_000
/** Takes longer than the 10 s that round trips are remembered. */
const SLOW_BYTES = 35_000_000

let net: FastPathNetwork
let traffic: readonly [Guest, Guest]
beforeAll(async () => {
  net = await startFastPathNetwork({ datagramsFromRttMs: FROM_RTT_MS, isEmulated: true })
  traffic = [await startGuest('vm1', net.alpha.guest), await startGuest('vm2', net.beta.guest)]
})
afterAll(async () => {
  for (const guest of traffic ?? []) guest.close()
  await net?.close()
})
afterEach(async () => {
  await net.removeLink()
  await net.shape({ rate: 0, delay: 0, loss: 0 })
})

const reasons = async () => {
  const links = [await net.alpha.fastPath(), await net.beta.fastPath()]
  return links.map((link) => link?.transportReason)
}

async function untilReason(reason: string, timeoutMs = 5_000): Promise<void> {
  const isSo = async () => (await reasons()).every((one) => one === reason)
  await until(isSo, { what: reason, timeoutMs })
}

async function doctorSays(): Promise<string | undefined> {
  const checks = await net.alpha.admin.doctor()
  return checks.find(({ name }) => name === 'transport to beta')?.found
}

test('a short path carries frames by TLS, and is looked at all the same', async () => {
  await net.addLink()
  await untilReason('short-path')
  const before = await net.alpha.fastPath()
  const datagram = { state: 'up', datagramBytes: 1472 }
  expect(before).toMatchObject({ transport: 'tcp', datagram })
  expect(before?.datagram?.minRttUs).toBeLessThan(FROM_RTT_MS * 1_000)
  await net.alpha.guest.exec('ping', '-c', '100', '-i', '0.01', '-W', '2', net.beta.guest.ip)
  const after = await net.alpha.fastPath()
  expect((after?.txFrames ?? 0) - (before?.txFrames ?? 0)).toBeGreaterThan(98)
  const datagrams = (after?.datagram?.sentDatagrams ?? 0) - (before?.datagram?.sentDatagrams ?? 0)
  expect(datagrams).toBeLessThan(60) // probes and answers
  expect(await doctorSays()).toContain('short')
})

test('a long path carries frames by UDP, within 2 s', async () => {
  await net.shape({ delay: LONG_MS })
  await net.addLink()
  expect(await net.untilBy('udp')).toBeLessThan(2_000)
  expect(await reasons()).toEqual(['long-path', 'long-path'])
  expect(await doctorSays()).toContain('UDP, datagrams of up to 1472')
})

test('a path that becomes long and short again is followed, and pings hardly notice', async () => {
  await net.addLink()
  await untilReason('short-path')
  const stream = startPings(net.alpha.guest, net.beta.guest.ip, PING_INTERVAL_MS)
  await stream.answeredAfter(Date.now())
  await net.shape({ delay: LONG_MS })
  await untilReason('long-path', 20_000)
  await net.untilBy('udp', 100)
  await net.shape({ delay: 0 })
  await untilReason('short-path', 10_000)
  await net.untilBy('tcp', 100)
  await stream.answeredAfter(Date.now() + 200)
  expect((await stream.stop()).lost).toBeLessThan(5)
})

test('a short path that loses packets carries frames by UDP after some seconds', async () => {
  await net.addLink()
  await untilReason('short-path')
  await net.shape({ loss: LOSS })
  const startMs = performance.now()
  const reason = async () => (await net.alpha.fastPath())?.transportReason
  while ((await reason()) !== 'lossy-path') {
    expect(performance.now() - startMs).toBeLessThan(LOSSY_WITHIN_MS)
    const outcome = await traffic[0].sendTcp(net.beta.guest.ip, BYTES)
    expect(outcome.sha256Received).toBe(outcome.sha256Sent)
  }
  expect(performance.now() - startMs).toBeGreaterThan(3_000)
  expect(await net.alpha.fastPath()).toMatchObject({ transport: 'udp' })
  expect(await doctorSays()).toContain('loses packets')
})

test('a queue of its own traffic does not make a path long', async () => {
  await net.addLink()
  await untilReason('short-path')
  await net.shape({ rate: SLOW })
  let tcpRttUs = 0
  let minRttUs = 0
  const isOver = traffic[0].sendTcp(net.beta.guest.ip, SLOW_BYTES).then(() => true)
  const next = async () => Promise.race([isOver, sleep(500, false)])
  while (!(await next())) {
    const link = await net.alpha.fastPath()
    expect(link).toMatchObject({ transport: 'tcp', transportReason: 'short-path' })
    tcpRttUs = Math.max(tcpRttUs, link?.tcpRttUs ?? 0)
    minRttUs = Math.max(minRttUs, link?.datagram?.minRttUs ?? 0)
  }
  // Else this would have shown nothing.
  expect(Math.min(tcpRttUs, minRttUs)).toBeGreaterThan(FROM_RTT_MS * 1_000)
})

test('another limit applies to standing links by a reload', async () => {
  await net.addLink()
  await untilReason('short-path')
  const link = await net.alpha.fastPath()
  for (const host of [net.alpha, net.beta]) {
    const config = JSON.parse(await readFile(host.config, 'utf8'))
    await writeFile(host.config, JSON.stringify({ ...config, datagramsFromRttMs: 0 }))
    expect((await host.admin.reload()).changed).toEqual(['datagramsFromRttMs'])
  }
  expect(await net.untilBy('udp')).toBeLessThan(2_000)
  expect((await net.alpha.fastPath())?.id).toBe(link?.id)
})
