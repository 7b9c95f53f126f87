// The MAC of somebody else's guest: while it is pinned, frames with it from elsewhere are dropped
// and counted as `spoofed`, at the host or, where the host itself cheats, at the proxy.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { BROADCAST_MAC, type MacAddress } from '../../src/base/mac.ts'
import type { LoadedIdentity } from '../../src/trust/identity.ts'
import { receiveFrames, sendFrames } from '../support/frames.ts'
import { until } from '../support/netns.ts'
import { dialAdmitted, ethernet } from '../support/raw-peer.ts'
import { startWatchedNetwork, type WatchedNetwork } from '../support/watched-network.ts'

const VNET = fileURLToPath(new URL('../../bin/vnet', import.meta.url))
const run = promisify(execFile)

let net: WatchedNetwork
let mallory: LoadedIdentity
beforeAll(async () => {
  net = await startWatchedNetwork()
  mallory = await net.joinAs('mallory')
})
afterAll(() => net?.close())

/**
 * Guest one's MAC belongs to alpha; resolves when beta knows it, too. A frame that beta still let
 * pass may have led one answer astray: nothing is counted before the guests talk again.
 */
async function pin(): Promise<void> {
  await net.proxy.admin.setPin({ mac: net.one.mac, host: 'alpha' })
  const before = await spoofed('beta', 'total')
  const isInForce = async () => {
    await sendFromTwo(1)
    return (await spoofed('beta', 'total')) > before
  }
  await until(isInForce, { what: 'the pin at beta' })
  await net.pingAnswers()
}
afterEach(async () => {
  const pins = await net.proxy.admin.pins()
  for (const { mac } of pins) await net.proxy.admin.removePin(mac as MacAddress)
})

async function spoofed(daemon: 'proxy' | 'beta', where: string): Promise<number> {
  const rows = await net[daemon].admin.drops()
  return rows.find((row) => row.where === where && row.reason === 'spoofed')?.count ?? 0
}

/** Frames from guest two with guest one's address as source, between its own traffic. */
const sendFromTwo = (count: number) =>
  sendFrames(net.two.namespace, { src: net.one.mac, dst: BROADCAST_MAC, count })

test('from a guest at another host: dropped and counted there', async () => {
  await pin()
  await net.undisturbed(async () => {
    const place = `port ${net.two.name}`
    const before = await spoofed('beta', place)
    const receiver = await receiveFrames(net.one.namespace, { expect: 0, timeoutMs: 400 })
    await sendFromTwo(5)
    const after = before + 5
    await until(async () => (await spoofed('beta', place)) === after, { what: 'five drops' })
    expect((await receiver.result).received).toBe(0)
    const { stdout } = await run(VNET, ['drops', '--socket', net.beta.admin.socket])
    expect(stdout).toMatch(new RegExp(`${place} +spoofed +${after}`))
  })
})

test('from a host that cheats: dropped and counted at the proxy', async () => {
  await pin()
  const before = await spoofed('proxy', 'total')
  await net.undisturbed(async () => {
    const peer = await dialAdmitted({ port: net.port, identity: mallory })
    for (let i = 0; i < 7; i++) peer.frame(ethernet(net.one.mac, net.two.mac))
    const link = async () => (await spoofed('proxy', 'link mallory')) === 7
    await until(link, { what: 'seven drops' })
    const [row] = (await net.proxy.admin.macs()).filter(({ mac }) => mac === net.one.mac)
    expect(row).toMatchObject({ where: 'host alpha', pinnedTo: 'alpha' })
    peer.close()
  })
  expect(await spoofed('proxy', 'total')).toBe(before + 7) // also when the link is gone
})

test('announced by a host that does not own it: refused, and told in the log', async () => {
  await pin()
  await net.undisturbed(async () => {
    const text = /announcement of 'mallory' refused: .* is pinned to alpha/
    const { result: peer } = await net.logged('proxy', text, async () => {
      const admitted = await dialAdmitted({ port: net.port, identity: mallory })
      const announce = { kind: 'macAnnounce', requestId: 0, sequence: 1, isFull: true } as const
      admitted.send({ ...announce, added: [net.one.mac], removed: [] })
      return admitted
    })
    expect(await peer.next('macUpdate')).toMatchObject({ movedAway: [net.one.mac] })
    peer.close()
  })
})

test('stolen before it was pinned: back at its guest at once', async () => {
  const ownerOf = async () => {
    const [row] = (await net.proxy.admin.macs()).filter(({ mac }) => mac === net.one.mac)
    return row
  }
  // Both speak until the moves are damped with the thief as owner.
  const isStolen = async () => {
    await sendFromTwo(20)
    const row = await ownerOf()
    return row?.where === 'host beta' && row.isDamped
  }
  await until(isStolen, { what: 'the theft', timeoutMs: 15_000, intervalMs: 20 })
  const startMs = performance.now()
  await net.proxy.admin.setPin({ mac: net.one.mac, host: 'alpha' })
  await net.pingAnswers()
  const tookMs = performance.now() - startMs
  console.log(`a stolen MAC is back ${tookMs.toFixed()} ms after it was pinned`)
  expect(tookMs).toBeLessThan(1_000)
  expect(await ownerOf()).toMatchObject({ where: 'host alpha', pinnedTo: 'alpha' })
})
