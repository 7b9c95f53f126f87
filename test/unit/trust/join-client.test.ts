// `vnet join` against a real TLS listener with the real join server: the good way, and every
// refusal with its code; a man in the middle never sees the token.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../../src/base/clock.ts'
import { systemClock } from '../../../src/base/clock.ts'
import { hasIdentity, loadIdentity, storeIdentity } from '../../../src/trust/identity.ts'
import type { JoinOptions } from '../../../src/trust/join-client.ts'
import { join } from '../../../src/trust/join-client.ts'
import { createJoinServer } from '../../../src/trust/join-server.ts'
import type { TrustContext } from '../../../src/trust/proxy-trust.ts'
import { ensureProxyIdentity, issueToken, openProxyTrust } from '../../../src/trust/proxy-trust.ts'
import { encodeControl } from '../../../src/wire/control.ts'
import { encodePreface } from '../../../src/wire/framing.ts'
import { makeTestNetwork } from '../../support/identities.ts'
import type { JoinListener, JoinListenerOptions } from '../../support/join-listener.ts'
import { startJoinListener } from '../../support/join-listener.ts'

const DAY_MS = 86_400_000
let root = ''
let trust: TrustContext
let listener: JoinListener | null = null
let plain: Server | null = null

beforeEach(async () => {
  root = mkdtempSync(joinPath(tmpdir(), 'vnet-joining-'))
  const stateDir = joinPath(root, 'proxy')
  const nowMs = Date.now()
  trust = await openProxyTrust({ stateDir, network: 'home', proxyName: 'gate', nowMs })
})
afterEach(async () => {
  await listener?.close()
  plain?.close()
  listener = null
  plain = null
  trust.store.close()
  rmSync(root, { recursive: true })
})

async function listen(options: Partial<JoinListenerOptions> = {}): Promise<void> {
  const stateDir = joinPath(root, 'proxy')
  const identity = await ensureProxyIdentity(trust, { stateDir, nowMs: Date.now() })
  listener = await startJoinListener({
    credentials: identity.credentials,
    server: createJoinServer(trust),
    nowMs: Date.now,
    ...options,
  })
}

const hostDir = () => joinPath(root, 'host')
const token = () => issueToken(trust, { actor: 'admin', nowMs: Date.now() }).text

function tryJoin(options: Partial<JoinOptions> = {}) {
  return join({
    address: '127.0.0.1',
    port: listener?.port ?? 1,
    token: token(),
    name: 'alpha',
    stateDir: hostDir(),
    clock: systemClock(),
    ...options,
  })
}

async function refusal(options: Partial<JoinOptions> = {}): Promise<string> {
  const error: unknown = await tryJoin(options).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ name: 'VnetError', hint: expect.any(String) })
  return (error as { code: string }).code
}

describe('joining', () => {
  test('stores an identity of this network', async () => {
    await listen()
    const { identity, proxy } = await tryJoin()
    expect(proxy).toEqual({ network: 'home', role: 'proxy', name: 'gate' })
    expect(identity.who).toEqual({ network: 'home', role: 'host', name: 'alpha' })
    expect(loadIdentity(hostDir())).toEqual(identity)
    expect(trust.store.host('alpha')?.publicKeySha256).toBe(identity.certificate.publicKeySha256)
  })

  test('again needs a token for the name; the old identity stays until it worked', async () => {
    await listen()
    const first = await tryJoin()
    expect(await refusal()).toBe('name-taken')
    expect(loadIdentity(hostDir())).toEqual(first.identity)
    const { text } = issueToken(trust, { actor: 'admin', nowMs: Date.now(), name: 'alpha' })
    const second = await tryJoin({ token: text })
    expect(loadIdentity(hostDir())).toEqual(second.identity)
    expect(trust.store.isRevokedKey(first.identity.certificate.publicKeySha256)).toBe(true)
  })

  test('replaces an unusable identity, but not that of another daemon or network', async () => {
    await listen()
    await tryJoin()
    expect(await refusal({ name: 'beta' })).toBe('already-joined')
    const stateDir = joinPath(root, 'proxy')
    expect(await refusal({ stateDir, name: 'gate' })).toBe('already-joined')
    const other = await makeTestNetwork({ network: 'home' })
    const { files } = await other.issue('alpha')
    storeIdentity(hostDir(), files)
    expect(await refusal()).toBe('already-joined')
    writeFileSync(joinPath(hostDir(), 'identity', 'key.pem'), 'garbage')
    const { text } = issueToken(trust, { actor: 'admin', nowMs: Date.now(), name: 'alpha' })
    const { identity } = await tryJoin({ token: text })
    expect(loadIdentity(hostDir())).toEqual(identity)
  })
})

describe('refused before anything is sent', () => {
  test('a bad name, a garbled token, a state folder that is none', async () => {
    await listen()
    writeFileSync(joinPath(root, 'file'), '')
    expect(await refusal({ name: 'Alpha' })).toBe('name-invalid')
    expect(await refusal({ token: `${token()}A` })).toBe('token-invalid')
    expect(await refusal({ stateDir: joinPath(root, 'file', 'x') })).toBe('state-write')
    expect(listener?.requests()).toBe(0)
    expect(hasIdentity(hostDir())).toBe(false)
  })
})

describe('refused by the proxy', () => {
  test('with its code and what to do', async () => {
    await listen()
    const used = token()
    await tryJoin({ token: used, name: 'beta', stateDir: joinPath(root, 'beta') })
    expect(await refusal({ token: used })).toBe('token-used')
    expect(await refusal({ name: 'gate' })).toBe('name-taken')
    const { text } = issueToken(trust, { actor: 'admin', nowMs: Date.now() - 2 * 3_600_000 })
    expect(await refusal({ token: text })).toBe('token-expired')
  })
})

describe('a wrong other end', () => {
  test('that is nowhere', async () => {
    expect(await refusal({ port: 1 })).toBe('join-unreachable')
    expect(await refusal({ address: 'no.such.name.invalid' })).toBe('join-unreachable')
  })

  test('that is a web server, or says nothing', async () => {
    plain = createServer((_, response) => response.end('hello'))
    await new Promise<void>((resolve) => plain?.listen(0, '127.0.0.1', resolve))
    const { port } = plain.address() as AddressInfo
    expect(await refusal({ port })).toBe('join-not-vnet')
    const silent = createTcpServer((socket) => socket.on('error', () => {}))
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const silentPort = (silent.address() as AddressInfo).port
    expect(await refusal({ port: silentPort, timeoutMs: 100 })).toBe('join-broken')
    silent.close()
  })

  test('that speaks TLS, but not our protocol', async () => {
    await listen({ tls: { ALPNProtocols: ['http/1.1'] } })
    expect(await refusal()).toBe('join-not-vnet')
    await listener?.close()
    const nothing: string[] = []
    await listen({ tls: { ALPNProtocols: nothing } })
    expect(await refusal()).toBe('join-not-vnet')
    expect(listener?.requests()).toBe(0)
  })

  test('that speaks only an old TLS', async () => {
    await listen({ tls: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } })
    expect(await refusal()).toBe('join-not-vnet')
  })

  test('of another network of the same name: it does not get the token', async () => {
    const other = await makeTestNetwork({ network: 'home' })
    const { credentials } = await other.issue('gate', 'proxy')
    await listen({ credentials })
    expect(await refusal()).toBe('join-wrong-ca')
    expect(listener?.requests()).toBe(0)
  })

  test('that shows the right CA, but is not signed by it', async () => {
    const other = await makeTestNetwork({ network: 'home' })
    const { files } = await other.issue('gate', 'proxy')
    const { certificatePem, privateKeyPem } = files
    const certificateChainPem = certificatePem + trust.authority.certificatePem
    await listen({ credentials: { certificateChainPem, privateKeyPem, trustedCaPem: '' } })
    expect(await refusal()).toBe('join-wrong-ca')
    await listener?.close()
    await listen({
      credentials: { certificateChainPem: certificatePem, privateKeyPem, trustedCaPem: '' },
    })
    expect(await refusal()).toBe('join-wrong-ca')
    expect(listener?.requests()).toBe(0)
  })

  test('that is a host of the network', async () => {
    await listen()
    const { identity } = await tryJoin({ stateDir: joinPath(root, 'beta'), name: 'beta' })
    await listener?.close()
    await listen({ credentials: identity.credentials })
    expect(await refusal()).toBe('join-not-proxy')
    expect(listener?.requests()).toBe(0)
  })

  test('whose certificate is not valid by our clock', async () => {
    await listen()
    const clockAt = (wallMs: number): Clock => ({ ...systemClock(), wallMs: () => wallMs })
    expect(await refusal({ clock: clockAt(Date.now() - DAY_MS) })).toBe('clock-skew')
    expect(await refusal({ clock: clockAt(Date.now() + 91 * DAY_MS) })).toBe('clock-skew')
    expect(listener?.requests()).toBe(0)
  })

  test('of another protocol version', async () => {
    const preface = Uint8Array.from(encodePreface(0))
    preface[4] = 2
    await listen({ preface })
    expect(await refusal()).toBe('join-version')
  })
})

describe('a broken proxy', () => {
  const goodbye = () =>
    encodeControl({ kind: 'goodbye', requestId: 0, code: 'shutdown', reason: 'bye' })

  test.each<[string, Partial<JoinListenerOptions>]>([
    ['sends garbage for the preface', { preface: Buffer.from('HTTP/1.1 400 no') }],
    ['closes without an answer', { answer: new Uint8Array(0) }],
    ['answers garbage', { answer: Buffer.from('garbage') }],
    ['answers too much', { answer: new Uint8Array(20_000) }],
    ['says goodbye', { answer: goodbye() }],
  ])('that %s', async (_, options) => {
    await listen(options)
    expect(await refusal()).toBe('join-broken')
  })

  test('that never answers', async () => {
    const server = { handle: () => new Promise<never>(() => {}) }
    await listen({ server })
    expect(await refusal({ timeoutMs: 200 })).toBe('join-broken')
  })

  test("that sends another daemon's certificate", async () => {
    await listen()
    const other = createJoinServer(trust)
    const server: JoinListenerOptions['server'] = {
      handle: (attempt) =>
        other.handle({ ...attempt, request: { ...attempt.request, name: 'beta' } }),
    }
    await listener?.close()
    await listen({ server })
    expect(await refusal()).toBe('join-broken')
  })
})
