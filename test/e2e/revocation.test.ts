// `vnet revoke`: all links of the host are cut within a second, it cannot come back by any way, and
// nobody else notices. A new token made for its name lets it in again.

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Daemon } from '../../bench/daemons.ts'
import { parseMac } from '../../src/base/mac.ts'
import { type LoadedIdentity, loadIdentity, readIdentityFiles } from '../../src/trust/identity.ts'
import { until } from '../support/netns.ts'
import { dialAdmitted, dialRaw, ethernet, helloOf, type RawPeer } from '../support/raw-peer.ts'
import { startWatchedNetwork, type WatchedNetwork } from '../support/watched-network.ts'

const VNET = fileURLToPath(new URL('../../bin/vnet', import.meta.url))
const run = promisify(execFile)
/** The promise (design section 3). */
const CUT_MS_MAX = 1_000

let net: WatchedNetwork
let victim: Daemon
let stolen: LoadedIdentity
/** TLS sessions of the victim with the proxy and with alpha, for resumption. */
const sessions = new Map<number, Buffer>()
let alphaPort: number

beforeAll(async () => {
  net = await startWatchedNetwork()
  alphaPort = (await net.alpha.admin.status()).listen?.port ?? 0
})
afterAll(() => net?.close())

const linksWith = async (daemon: Daemon, peer: string) =>
  (await daemon.admin.links()).filter((link) => link.peer === peer).length
const since = (startMs: number) => performance.now() - startMs
const dialStolen = (port: number, options: Partial<Parameters<typeof dialRaw>[0]> = {}) => {
  const peer = dialRaw({ port, identity: stolen, ...options })
  peer.send(helloOf('victim'))
  return peer
}

test('star and fast path are cut within a second, and the host is told why', async () => {
  await net.undisturbed(async () => {
    victim = await net.addHost('victim', { listen: { address: '127.0.0.1', port: 0 } })
    stolen = loadIdentity(join(net.sandbox.folder, 'victim'))
    await keepSession(net.port)
    await revokeAndMeasure()
  })
  const isTold = () => net.log('victim').find((line) => line.code === 'revoked')
  expect(await until(isTold, { what: 'the reason in its log' })).toMatchObject({
    msg: expect.stringContaining("the certificate of 'victim' is revoked"),
  })
  const told = net.log('proxy').filter((line) => line.code === 'revoked')
  expect(told).toMatchObject([{ peer: 'victim' }])
  const audited = await net.proxy.admin.audit(20)
  expect(audited.findLast((row) => row.action === 'host-revoked')).toMatchObject({
    actor: 'admin',
    detail: expect.stringContaining(stolen.certificate.publicKeySha256),
  })
  const { stdout } = await run(VNET, ['hosts', '--socket', net.proxy.admin.socket])
  expect(stdout).toMatch(/victim +revoked/)
})

async function revokeAndMeasure(): Promise<void> {
  await net.proxy.admin.addLink({ a: 'alpha', b: 'victim' })
  await until(async () => (await linksWith(net.alpha, 'victim')) === 1, { what: 'a fast path' })
  const startMs = performance.now()
  const cut = async (what: string, isCut: () => Promise<boolean>) => {
    await until(isCut, { what, intervalMs: 2 })
    return [what, since(startMs)] as const
  }
  await net.proxy.admin.revoke('victim')
  const cuts = await Promise.all([
    cut('star at the proxy', async () => (await linksWith(net.proxy, 'victim')) === 0),
    cut('star at the host', async () => (await victim.admin.status()).star === 'down'),
    cut('fast path at alpha', async () => (await linksWith(net.alpha, 'victim')) === 0),
    cut('fast path at the host', async () => (await linksWith(victim, 'alpha')) === 0),
  ])
  console.log(cuts.map(([what, ms]) => `${what} cut after ${ms.toFixed(1)} ms`).join('\n'))
  for (const [, ms] of cuts) expect(ms).toBeLessThan(CUT_MS_MAX)
}

/** Holds no link of its own: the session is kept when TLS is done, before the Hello. */
async function keepSession(port: number): Promise<void> {
  const peer = dialRaw({ port, identity: stolen })
  peer.socket.once('session', (session) => sessions.set(port, session))
  await until(() => sessions.has(port), { what: 'a session ticket' })
  peer.close()
}

test('a host that sends without a pause is cut within a second, too', async () => {
  const mallory = await net.joinAs('mallory')
  await net.undisturbed(async () => {
    const peer = await dialAdmitted({ port: net.port, identity: mallory })
    const frame = ethernet(parseMac('02:00:00:00:00:99'), net.two.mac)
    const isOver = flood(peer, frame)
    await until(async () => (await net.proxy.admin.macs()).length > 2, { what: 'its frames' })
    const startMs = performance.now()
    await net.proxy.admin.revoke('mallory')
    await peer.ended
    const endedMs = since(startMs)
    await until(async () => (await linksWith(net.proxy, 'mallory')) === 0, { what: 'the cut' })
    await isOver
    console.log(`flooding host cut after ${endedMs.toFixed(1)} ms`)
    expect(endedMs).toBeLessThan(CUT_MS_MAX)
  })
})

/** Sends as much as the other end takes, until it ends. */
async function flood(peer: RawPeer, frame: Uint8Array): Promise<void> {
  while (peer.isOpen()) {
    for (let i = 0; i < 200; i++) peer.frame(frame)
    await new Promise((resolve) => {
      if (peer.socket.writableNeedDrain) peer.socket.once('drain', resolve).once('close', resolve)
      else setImmediate(resolve)
    })
  }
}

test('started again it stays out, and says why', async () => {
  await net.undisturbed(async () => {
    await victim.stop()
    const before = net.log('victim').length
    victim = await net.startHost('victim', readIdentityFiles(join(net.sandbox.folder, 'victim')))
    const isRefused = () =>
      net
        .log('victim')
        .slice(before)
        .find((line) => line.code === 'revoked' && /no star link/.test(line.msg))
    await until(isRefused, { what: 'the refusal in its log' })
    expect((await victim.admin.status()).star).toBe('down')
    expect(await linksWith(net.proxy, 'victim')).toBe(0)
    await victim.stop()
  })
})

test('its key gets nobody in: at the proxy, at a host, by a resumed session', async () => {
  await net.undisturbed(async () => {
    const atProxy = await dialStolen(net.port).ended
    expect(atProxy.goodbye).toMatchObject({ code: 'revoked' })
    const atHost = await dialStolen(alphaPort).ended
    expect(atHost.goodbye).toMatchObject({ code: 'revoked' })
    const session = sessions.get(net.port)
    const resumed = dialStolen(net.port, session === undefined ? {} : { tls: { session } })
    await once(resumed.socket, 'secureConnect')
    expect(resumed.socket.isSessionReused()).toBe(true)
    expect((await resumed.ended).goodbye).toMatchObject({ code: 'revoked' })
  })
})

test('a token made for its name lets it in again, with a new key', async () => {
  await net.undisturbed(async () => {
    const identity = await net.joinAs('victim')
    expect(identity.certificate.publicKeySha256).not.toBe(stolen.certificate.publicKeySha256)
    const peer = await dialAdmitted({ port: net.port, identity })
    const [row] = (await net.proxy.admin.hosts()).filter((host) => host.name === 'victim')
    expect(row?.state).toBe('up')
    peer.close()
    expect((await dialStolen(net.port).ended).goodbye).toMatchObject({ code: 'revoked' })
  })
  const folder = join(net.sandbox.folder, 'victim', 'identity')
  expect(readFileSync(join(folder, 'key.pem'), 'utf8')).toContain('PRIVATE KEY')
})
