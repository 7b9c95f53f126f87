// Certificates are renewed by themselves while all links stay; where that does not work, `vnet
// status` and the log say in time that the end comes near.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadIdentity, readIdentityFiles } from '../../src/trust/identity.ts'
import { lifetimeDueAfter } from '../support/identities.ts'
import { until } from '../support/netns.ts'
import { dialRaw } from '../support/raw-peer.ts'
import { startWatchedNetwork, type WatchedNetwork } from '../support/watched-network.ts'

const VNET = fileURLToPath(new URL('../../bin/vnet', import.meta.url))
const run = promisify(execFile)
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Enough for all daemons to be up before it is over. */
const PROXY_DUE_MS = 8_000
/** On a machine that is busy with what ran before. */
const RENEWAL_TIMEOUT_MS = 20_000
const HOST_DUE_MS = 2_500

let net: WatchedNetwork
let startedAtMs: number
beforeAll(async () => {
  startedAtMs = Date.now()
  net = await startWatchedNetwork({ proxyLifetimeMs: lifetimeDueAfter(PROXY_DUE_MS) })
})
afterAll(() => net?.close())

const renewed = (daemon: string, text: string) =>
  net.log(daemon).find((line) => line.msg === text) !== undefined

/** Serial of the certificate that the proxy shows in a handshake. */
async function proxySerial(): Promise<string> {
  const peer = dialRaw({ port: net.port, alpn: 'vnet-join' })
  const serial = await until(() => peer.socket.getPeerX509Certificate()?.serialNumber, {
    what: 'the certificate of the proxy',
    intervalMs: 5,
  })
  peer.close()
  return serial.toLowerCase()
}

test('the proxy renews its own; links stay, new handshakes show the new one', async () => {
  const stateDir = join(net.sandbox.folder, 'proxy')
  const old = loadIdentity(stateDir).certificate
  expect(await proxySerial()).toBe(old.serial)
  expect(renewed('proxy', 'own certificate renewed')).toBe(false)
  const { certificate } = await net.proxy.admin.status()
  expect(certificate.warning).toContain('less than a day')
  await net.undisturbed(async () => {
    await until(() => renewed('proxy', 'own certificate renewed'), {
      what: 'the renewal',
      timeoutMs: PROXY_DUE_MS + 5_000,
    })
  })
  // Certificates know whole seconds only.
  expect(Date.now() - startedAtMs).toBeGreaterThan(PROXY_DUE_MS - 1_500)
  const fresh = loadIdentity(stateDir).certificate
  expect(fresh.publicKeySha256).toBe(old.publicKeySha256)
  expect(await proxySerial()).toBe(fresh.serial)
  const after = (await net.proxy.admin.status()).certificate
  expect(after).toMatchObject({ warning: null, notAfterMs: fresh.notAfterMs })
  expect(fresh.notAfterMs).toBeGreaterThan(Date.now() + 89 * DAY_MS)
})

test('a host renews its own over its star link, which stays', async () => {
  await net.joinAs('gamma')
  const stateDir = join(net.sandbox.folder, 'gamma')
  const { privateKeyPem } = readIdentityFiles(stateDir)
  const lifetimeMs = lifetimeDueAfter(HOST_DUE_MS)
  const short = await net.trust.issueFor(lifetimeMs, { name: 'gamma', privateKeyPem })
  await net.undisturbed(async () => {
    const gamma = await net.startHost('gamma', short.files)
    const link = async () =>
      (await net.proxy.admin.links()).find(({ peer }) => peer === 'gamma') ?? null
    const before = await until(link, { what: 'the star link of gamma' })
    expect(before.certificate?.serial).toBe(short.certificate.serial)
    expect((await gamma.admin.status()).certificate.warning).toContain('less than a day')
    await until(() => renewed('gamma', 'certificate renewed'), {
      what: 'the renewal',
      timeoutMs: RENEWAL_TIMEOUT_MS,
    })
    expect((await link())?.id).toBe(before.id)
    const fresh = loadIdentity(stateDir).certificate
    expect(fresh.publicKeySha256).toBe(short.certificate.publicKeySha256)
    expect(fresh.notAfterMs).toBeGreaterThan(Date.now() + 89 * DAY_MS)
    const { certificate } = await gamma.admin.status()
    expect(certificate).toMatchObject({ warning: null, notAfterMs: fresh.notAfterMs })
    const [row] = (await net.proxy.admin.hosts()).filter(({ name }) => name === 'gamma')
    expect(row?.certificateNotAfterMs).toBe(fresh.notAfterMs)
    expect((await net.proxy.admin.audit(1)).at(-1)).toMatchObject({
      ...{ actor: 'host gamma', action: 'certificate-renewed' },
      detail: expect.stringContaining(fresh.serial),
    })
    await gamma.stop()
  })
})

test.each([
  [29 * DAY_MS + HOUR_MS, 'certificate expires in 29 days; renewal has not worked yet'],
  [6 * DAY_MS + HOUR_MS, 'certificate expires in 6 days; renewal has not worked yet'],
  [20 * HOUR_MS, 'certificate expires in less than a day; renewal has not worked yet'],
  [-HOUR_MS / 2, 'certificate expired: join again with a new token'],
])('cut off from the proxy with %d ms left: %s', async (leftMs, warning) => {
  const name = `alone${Math.abs(leftMs)}`
  const { files } = await net.trust.issueFor(leftMs, { name })
  const host = await net.startHost(name, files, { proxy: '127.0.0.1:1' })
  const status = ['status', '--socket', host.admin.socket]
  const [table, json] = await Promise.all([run(VNET, status), run(VNET, [...status, '--json'])])
  expect(table.stdout).toMatch(new RegExp(`certificate +${warning}`))
  expect(JSON.parse(json.stdout).certificate.warning).toBe(warning)
  expect(net.log(name).map((line) => line.msg)).toContain(warning)
  await host.stop()
})
