// The CA and what it signs: fields, proof of possession, clamping of times, chain checks by Node.

import { X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  AUTHORITY_LIFETIME_MS,
  CERTIFICATE_LIFETIME_MS,
  CLOCK_SKEW_MS,
  createAuthority,
  makeCsr,
  makeKeyAndCsr,
  signRequest,
} from '../../../src/trust/ca.ts'
import {
  isSignedBy,
  parseCertificate,
  sha256Hex,
  splitPem,
  validityAt,
} from '../../../src/trust/certificate.ts'
import { makeTestNetwork } from '../../support/identities.ts'

const NOW_MS = Date.UTC(2026, 0, 15)
const ALPHA = { network: 'home', role: 'host', name: 'alpha' } as const

describe('the authority', () => {
  test('is a CA for ten years, valid a bit before it was made', async () => {
    const { certificatePem } = await createAuthority({ network: 'home', nowMs: NOW_MS })
    const certificate = parseCertificate(certificatePem)
    expect(certificate).toMatchObject({
      isAuthority: true,
      uri: '',
      identity: null,
      notBeforeMs: NOW_MS - CLOCK_SKEW_MS,
      notAfterMs: NOW_MS + AUTHORITY_LIFETIME_MS,
    })
    expect(certificate.subject).toContain('VNET home CA')
    expect(isSignedBy(certificatePem, certificatePem)).toBe(true)
    const raw = new X509Certificate(certificatePem).raw
    expect(certificate.fingerprintSha256).toBe(sha256Hex(raw))
  })

  test('signs the name that it is told, for 90 days', async () => {
    const authority = await createAuthority({ network: 'home', nowMs: NOW_MS })
    const { privateKeyPem, csrDer } = await makeKeyAndCsr()
    const issued = await signRequest({ authority, csrDer, identity: ALPHA, nowMs: NOW_MS })
    expect(issued).toMatchObject({
      uri: 'vnet://home/host/alpha',
      identity: ALPHA,
      isAuthority: false,
      notBeforeMs: NOW_MS - CLOCK_SKEW_MS,
      notAfterMs: NOW_MS + CERTIFICATE_LIFETIME_MS,
    })
    expect(isSignedBy(issued.certificatePem, authority.certificatePem)).toBe(true)
    const certificate = new X509Certificate(issued.certificatePem)
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1'])
    const again = await signRequest({
      authority,
      csrDer: await makeCsr(privateKeyPem),
      identity: ALPHA,
      nowMs: NOW_MS,
    })
    expect(again.publicKeySha256).toBe(issued.publicKeySha256)
    expect(again.serial).not.toBe(issued.serial)
  })

  test('signs nothing that outlives it', async () => {
    const lifetimeMs = 1_000_000
    const authority = await createAuthority({ network: 'home', nowMs: NOW_MS, lifetimeMs })
    const { csrDer } = await makeKeyAndCsr()
    const issued = await signRequest({ authority, csrDer, identity: ALPHA, nowMs: NOW_MS })
    expect(issued.notAfterMs).toBe(NOW_MS + lifetimeMs)
  })

  test('is the only one to sign: a daemon with its certificate is no CA', async () => {
    const authority = await createAuthority({ network: 'home', nowMs: NOW_MS })
    const { csrDer, privateKeyPem } = await makeKeyAndCsr()
    const daemon = await signRequest({ authority, csrDer, identity: ALPHA, nowMs: NOW_MS })
    const other = await signRequest({
      authority: { certificatePem: daemon.certificatePem, privateKeyPem },
      csrDer: (await makeKeyAndCsr()).csrDer,
      identity: { ...ALPHA, name: 'beta' },
      nowMs: NOW_MS,
    })
    expect(isSignedBy(other.certificatePem, daemon.certificatePem)).toBe(false)
    expect(isSignedBy(other.certificatePem, authority.certificatePem)).toBe(false)
  })

  test('refuses what is no request, what is changed, and other keys', async () => {
    const authority = await createAuthority({ network: 'home', nowMs: NOW_MS })
    const sign = (csrDer: Uint8Array) =>
      signRequest({ authority, csrDer, identity: ALPHA, nowMs: NOW_MS })
    const { csrDer } = await makeKeyAndCsr()
    const changed = Uint8Array.from(csrDer)
    const last = changed.length - 1
    changed[last] = (changed[last] ?? 0) ^ 1
    const refused = expect.objectContaining({ code: 'csr-invalid' })
    await expect(sign(new Uint8Array(0))).rejects.toEqual(refused)
    await expect(sign(Buffer.from('hello'))).rejects.toEqual(refused)
    await expect(sign(csrDer.subarray(0, 100))).rejects.toEqual(refused)
    await expect(sign(changed)).rejects.toEqual(refused)
  })
})

test('each kind of bad credentials is bad in its way', async () => {
  const net = await makeTestNetwork({ nowMs: NOW_MS })
  const at = async (kind: Parameters<typeof net.issueBad>[0]) => {
    const { certificate, files } = await net.issueBad(kind, 'alpha')
    return {
      identity: certificate.identity?.network,
      validity: validityAt(certificate, NOW_MS),
      isSigned: isSignedBy(files.certificatePem, net.caPem),
    }
  }
  const good = { identity: 'testnet', validity: 'valid', isSigned: true }
  expect(await at('revoked')).toEqual(good)
  expect(await at('foreign-ca')).toEqual({ ...good, isSigned: false })
  expect(await at('self-signed')).toEqual({ ...good, isSigned: false })
  expect(await at('expired')).toEqual({ ...good, validity: 'expired' })
  expect(await at('not-yet-valid')).toEqual({ ...good, validity: 'not-yet-valid' })
  expect(await at('no-san')).toEqual({ ...good, identity: undefined })
  expect(await at('other-network')).toEqual({ ...good, identity: 'testnet-2' })
})

test('a text of several certificates is split', async () => {
  const net = await makeTestNetwork()
  const { credentials, files } = await net.issue('alpha')
  expect(splitPem(credentials.certificateChainPem).map((pem) => pem.trim())).toEqual([
    files.certificatePem.trim(),
    net.caPem.trim(),
  ])
  expect(splitPem('nothing')).toEqual([])
  expect(() => parseCertificate('nothing')).toThrow(expect.objectContaining({ name: 'VnetError' }))
})
