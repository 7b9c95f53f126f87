// Joining, renewal and revocation at the proxy, on a real store and real requests.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { CLOCK_SKEW_MS, makeCsr, makeKeyAndCsr } from '../../../src/trust/ca.ts'
import { isSignedBy, parseCertificate } from '../../../src/trust/certificate.ts'
import { loadIdentity, storeIdentity } from '../../../src/trust/identity.ts'
import type { JoinServer } from '../../../src/trust/join-server.ts'
import { AUDITED_REFUSALS_PER_MINUTE, createJoinServer } from '../../../src/trust/join-server.ts'
import type { IssueTokenOptions, TrustContext } from '../../../src/trust/proxy-trust.ts'
import {
  ensureProxyIdentity,
  issueToken,
  openProxyTrust,
  removeToken,
} from '../../../src/trust/proxy-trust.ts'
import { acceptRenewal, handleRenewal, makeRenewRequest } from '../../../src/trust/renew.ts'
import { revokeHost } from '../../../src/trust/revocation.ts'
import { formatToken, parseToken } from '../../../src/trust/token.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000
let root = ''
let trust: TrustContext
let server: JoinServer

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'vnet-join-'))
  await open()
})
afterEach(() => {
  trust.store.close()
  rmSync(root, { recursive: true })
})

async function open(network = 'home', proxyName = 'gate'): Promise<void> {
  trust = await openProxyTrust({ stateDir: root, network, proxyName, nowMs: NOW_MS })
  server = createJoinServer(trust)
}

function token(options: Partial<IssueTokenOptions> = {}): string {
  return issueToken(trust, { actor: 'admin', nowMs: NOW_MS, ...options }).text
}

async function tryJoin(name: string, tokenSecret: string, nowMs = NOW_MS) {
  const { csrDer, privateKeyPem } = await makeKeyAndCsr()
  const outcome = await server.handle({
    request: { tokenSecret, name, csrDer },
    remoteAddress: '192.0.2.7',
    nowMs,
  })
  return { ...outcome, privateKeyPem, code: outcome.response.errorCode }
}

describe('joining', () => {
  test('gives a certificate for the name, records the host and uses up the token', async () => {
    const text = token()
    const { response, host, revoked } = await tryJoin('alpha', text)
    expect(response).toMatchObject({ errorCode: '', network: 'home', proxyName: 'gate' })
    expect(isSignedBy(response.certificatePem, response.caPem)).toBe(true)
    const certificate = parseCertificate(response.certificatePem)
    expect(certificate.uri).toBe('vnet://home/host/alpha')
    expect(host).toEqual(trust.store.host('alpha'))
    expect(host).toMatchObject({ serial: certificate.serial, isRevoked: false })
    expect(host?.publicKeySha256).toBe(certificate.publicKeySha256)
    expect(revoked).toEqual([])
    expect((await tryJoin('beta', text)).code).toBe('token-used')
    expect(trust.store.host('beta')).toBeNull()
    const actions = trust.store.auditEntries(10).map((entry) => entry.action)
    expect(actions).toEqual(['network-created', 'token-created', 'host-joined', 'join-refused'])
  })

  test('is refused with a code each', async () => {
    const text = token()
    const other = token({ name: 'beta' })
    const removed = issueToken(trust, { actor: 'admin', nowMs: NOW_MS })
    removeToken(trust, { id: removed.record.id, actor: 'admin', nowMs: NOW_MS })
    const late = NOW_MS + 3_600_001
    const guessed = formatToken({ ...parseToken(text), secret: new Uint8Array(20) })
    expect((await tryJoin('alpha', guessed)).code).toBe('token-unknown')
    expect((await tryJoin('alpha', 'hello')).code).toBe('token-invalid')
    expect((await tryJoin('alpha', `${text}x`)).code).toBe('token-invalid')
    expect((await tryJoin('alpha', removed.text)).code).toBe('token-unknown')
    expect((await tryJoin('alpha', text, late)).code).toBe('token-expired')
    expect((await tryJoin('alpha', other)).code).toBe('token-name')
    expect((await tryJoin('Alpha', text)).code).toBe('name-invalid')
    expect((await tryJoin('gate', text)).code).toBe('name-taken')
    const csrDer = new Uint8Array([1, 2, 3])
    const request = { tokenSecret: text, name: 'alpha', csrDer }
    const { response } = await server.handle({ request, remoteAddress: '::1', nowMs: NOW_MS })
    expect(response.errorCode).toBe('csr-invalid')
    expect(trust.store.hosts()).toEqual([])
    expect((await tryJoin('alpha', text)).code).toBe('')
  })

  test('of two at once with one token admits one', async () => {
    const text = token()
    const codes = await Promise.all(['a', 'b', 'c'].map((name) => tryJoin(name, text)))
    expect(codes.map(({ code }) => code).sort()).toEqual(['', 'token-used', 'token-used'])
    expect(trust.store.hosts()).toHaveLength(1)
  })

  test('again under the same name needs a token for it and revokes the old key', async () => {
    const first = await tryJoin('alpha', token())
    expect((await tryJoin('alpha', token())).code).toBe('name-taken')
    const second = await tryJoin('alpha', token({ name: 'alpha' }))
    expect(second.code).toBe('')
    expect(second.revoked).toEqual([first.host?.publicKeySha256])
    expect(trust.store.isRevokedKey(first.host?.publicKeySha256 ?? '')).toBe(true)
    expect(trust.store.host('alpha')?.publicKeySha256).toBe(second.host?.publicKeySha256)
  })

  test('after revocation needs a token for the name; the old key stays out', async () => {
    const { host, privateKeyPem } = await tryJoin('alpha', token())
    const old = revokeHost(trust, { name: 'alpha', actor: 'admin', nowMs: NOW_MS })
    expect(old).toBe(host?.publicKeySha256)
    expect((await tryJoin('alpha', token())).code).toBe('name-taken')
    const request = {
      tokenSecret: token({ name: 'alpha' }),
      name: 'alpha',
      csrDer: await makeCsr(privateKeyPem),
    }
    const again = await server.handle({ request, remoteAddress: '::1', nowMs: NOW_MS })
    expect(again.response.errorCode).toBe('key-revoked')
    const fresh = await tryJoin('alpha', request.tokenSecret)
    expect(fresh).toMatchObject({ code: '', revoked: [], host: { isRevoked: false } })
    expect(trust.store.isRevokedKey(old)).toBe(true)
  })

  test('with the key of another host is refused', async () => {
    const { privateKeyPem } = await tryJoin('alpha', token())
    const csrDer = await makeCsr(privateKeyPem)
    const request = { tokenSecret: token(), name: 'beta', csrDer }
    const { response } = await server.handle({ request, remoteAddress: '::1', nowMs: NOW_MS })
    expect(response.errorCode).toBe('key-in-use')
  })

  test('refused many times fills the audit log slowly', async () => {
    const refuse = (nowMs: number) => tryJoin('alpha', 'hello', nowMs)
    for (let time = 0; time < AUDITED_REFUSALS_PER_MINUTE + 5; time += 1) await refuse(NOW_MS)
    const refusals = () =>
      trust.store.auditEntries(100).filter((entry) => entry.action === 'join-refused')
    expect(refusals()).toHaveLength(AUDITED_REFUSALS_PER_MINUTE)
    await refuse(NOW_MS + 60_000)
    expect(refusals().at(-1)?.detail).toContain('and 5 more before')
  })

  test('tells the asker nothing of an error of the proxy, but its log', async () => {
    const text = token()
    trust.store.close()
    const { code, internalError, response } = await tryJoin('alpha', text)
    expect(code).toBe('join-failed')
    expect(response.error).not.toContain('database')
    expect(internalError).toBeInstanceOf(Error)
    await open()
  })
})

describe('tokens', () => {
  test.each([
    { ttlMs: 0 },
    { ttlMs: Number.NaN },
    { ttlMs: 31 * DAY_MS },
    { uses: 0 },
    { uses: 1.5 },
    { uses: 1_001 },
  ])('of %j are refused', (options) => {
    expect(() => token(options)).toThrow(expect.objectContaining({ code: 'token-request-invalid' }))
  })

  test('for a name that cannot be are refused', () => {
    expect(() => token({ name: 'a b' })).toThrow(expect.objectContaining({ code: 'name-invalid' }))
  })

  test('with several uses admit several hosts', async () => {
    const text = token({ uses: 2 })
    expect((await tryJoin('a', text)).code).toBe('')
    expect((await tryJoin('b', text)).code).toBe('')
    expect((await tryJoin('c', text)).code).toBe('token-used')
  })
})

describe("the proxy's own trust", () => {
  test('is the same after a restart, and of one network only', async () => {
    const { certificatePem } = trust.authority
    trust.store.close()
    await expect(open('other')).rejects.toMatchObject({ code: 'network-mismatch' })
    await open()
    expect(trust.authority.certificatePem).toBe(certificatePem)
  })

  test('keeps its identity, renews it with the same key, and follows a new name', async () => {
    const ensure = (nowMs: number) => ensureProxyIdentity(trust, { stateDir: root, nowMs })
    const first = await ensure(NOW_MS)
    expect(first.certificate.uri).toBe('vnet://home/proxy/gate')
    expect(await ensure(NOW_MS + 59 * DAY_MS)).toEqual(first)
    const renewed = await ensure(NOW_MS + 61 * DAY_MS)
    expect(renewed.certificate.serial).not.toBe(first.certificate.serial)
    expect(renewed.certificate.publicKeySha256).toBe(first.certificate.publicKeySha256)
    trust.store.close()
    await open('home', 'door')
    const renamed = await ensure(NOW_MS + 61 * DAY_MS)
    expect(renamed.certificate.uri).toBe('vnet://home/proxy/door')
    expect(loadIdentity(root)).toEqual(renamed)
  })

  test('is made anew when the CA is another one', async () => {
    const stateDir = join(root, 'other')
    const other = await openProxyTrust({ stateDir, network: 'home', proxyName: 'gate', nowMs: 0 })
    const old = await ensureProxyIdentity(other, { stateDir: root, nowMs: NOW_MS })
    other.store.close()
    const fresh = await ensureProxyIdentity(trust, { stateDir: root, nowMs: NOW_MS })
    expect(fresh.certificate.publicKeySha256).not.toBe(old.certificate.publicKeySha256)
  })
})

describe('renewal', () => {
  const later = NOW_MS + 60 * DAY_MS
  let hostDir = ''

  beforeEach(async () => {
    const { response, privateKeyPem } = await tryJoin('alpha', token())
    const { certificatePem, caPem } = response
    hostDir = join(root, 'host')
    storeIdentity(hostDir, { privateKeyPem, certificatePem, caPem })
  })

  async function renew(change: { readonly publicKeySha256?: string; readonly csr?: Uint8Array }) {
    const { who, certificate } = loadIdentity(hostDir)
    const publicKeySha256 = change.publicKeySha256 ?? certificate.publicKeySha256
    const request = change.csr ? { csrDer: change.csr } : await makeRenewRequest(hostDir)
    const peer = { identity: who, publicKeySha256 }
    return handleRenewal(trust, { request, peer, nowMs: later })
  }

  test('gives the same key a later end, at the host and in the store', async () => {
    const before = loadIdentity(hostDir).certificate
    const { response, internalError } = await renew({})
    expect([response.errorCode, internalError]).toEqual(['', null])
    const after = acceptRenewal({ stateDir: hostDir, response, nowMs: later }).certificate
    expect(after.publicKeySha256).toBe(before.publicKeySha256)
    expect(after.notAfterMs).toBe(before.notAfterMs + 60 * DAY_MS)
    expect(loadIdentity(hostDir).certificate).toEqual(after)
    const { serial, notAfterMs } = after
    expect(trust.store.host('alpha')).toMatchObject({ serial, certificateNotAfterMs: notAfterMs })
  })

  test('is refused for another key, an unknown and a revoked host', async () => {
    const refusal = async (change: Parameters<typeof renew>[0]) =>
      (await renew(change)).response.errorCode
    expect(await refusal({ publicKeySha256: '00' })).toBe('host-unknown')
    expect(await refusal({ csr: (await makeKeyAndCsr()).csrDer })).toBe('key-changed')
    expect(await refusal({ csr: new Uint8Array(9) })).toBe('csr-invalid')
    revokeHost(trust, { name: 'alpha', actor: 'admin', nowMs: NOW_MS })
    expect(await refusal({})).toBe('host-revoked')
  })

  test('keeps the old identity when the answer is bad', async () => {
    const { response } = await renew({})
    const before = loadIdentity(hostDir)
    const accept = (change: object, nowMs = later) =>
      acceptRenewal({ stateDir: hostDir, response: { ...response, ...change }, nowMs })
    const other = await tryJoin('beta', token())
    const codeOf = (code: string) => expect.objectContaining({ code })
    expect(() => accept({ errorCode: 'host-revoked' })).toThrow(codeOf('host-revoked'))
    expect(() => accept(other.response)).toThrow(codeOf('renew-invalid'))
    expect(() => accept({ certificatePem: '' })).toThrow(codeOf('certificate-invalid'))
    expect(() => accept({ caPem: '' })).toThrow(codeOf('identity-damaged'))
    expect(() => accept({}, later - CLOCK_SKEW_MS - 1)).toThrow(codeOf('renew-invalid'))
    expect(loadIdentity(hostDir)).toEqual(before)
  })
})

test('only a host that joined can be revoked, and once', async () => {
  const revoke = () => revokeHost(trust, { name: 'alpha', actor: 'admin', nowMs: NOW_MS })
  expect(revoke).toThrow(expect.objectContaining({ code: 'host-unknown' }))
  await tryJoin('alpha', token())
  revoke()
  expect(revoke).toThrow(expect.objectContaining({ code: 'host-revoked' }))
})
