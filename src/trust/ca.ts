// The network's own certificate authority: makes itself, and signs daemons' requests. Of a request
// only the public key is taken; the name comes from the caller (a token's or a host's record).
// Keys are ECDSA P-256. @peculiar/x509 is loaded on first use: host daemons need it once in months.

import type { webcrypto } from 'node:crypto'
import { createPublicKey, randomBytes } from 'node:crypto'
import type * as X509 from '@peculiar/x509'
import { VnetError } from '../base/errors.ts'
import type { CertificateInfo } from './certificate.ts'
import { parseCertificate } from './certificate.ts'
import type { DaemonIdentity } from './name.ts'
import { formatUri } from './name.ts'

const DAY_MS = 86_400_000
/** Longer than any installation's hardware; a change of CA is a change of network. */
export const AUTHORITY_LIFETIME_MS = 3_650 * DAY_MS
/** Renewed by itself after 60 days: a host that was off for a month comes back by itself. */
export const CERTIFICATE_LIFETIME_MS = 90 * DAY_MS
/** Certificates are valid from this long before they are made: hosts' clocks may be late. */
export const CLOCK_SKEW_MS = 3_600_000

const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
/** RFC 5280 section 4.1.2.2: at most 20 octets, positive. */
const SERIAL_BYTES = 16

/** The CA: certificate, and the key that only the proxy has. */
export interface Authority {
  readonly certificatePem: string
  /** PKCS #8. */
  readonly privateKeyPem: string
}

export interface IssuedCertificate extends CertificateInfo {
  readonly certificatePem: string
}

/** A new CA for `network`. `nowMs` is the wall clock. */
export async function createAuthority({
  network,
  nowMs,
  lifetimeMs = AUTHORITY_LIFETIME_MS,
}: {
  readonly network: string
  readonly nowMs: number
  readonly lifetimeMs?: number
}): Promise<Authority> {
  const x509 = await loadX509()
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    keys,
    signingAlgorithm: SIGNING,
    serialNumber: randomSerial(),
    name: [{ O: ['VNET'] }, { CN: [`VNET ${network} CA`] }],
    notBefore: new Date(nowMs - CLOCK_SKEW_MS),
    notAfter: new Date(nowMs + lifetimeMs),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(
        x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign,
        true,
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: await exportPrivateKey(keys.privateKey),
  }
}

/** A new private key, PKCS #8. */
export async function makePrivateKey(): Promise<string> {
  return exportPrivateKey((await generateKeys()).privateKey)
}

/**
 * A request for a certificate of the key, signed by it: proves that the asker has the key.
 * @throws VnetError `key-invalid` if the text is not a P-256 key.
 */
export async function makeCsr(privateKeyPem: string): Promise<Uint8Array> {
  const x509 = await loadX509()
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys: await importKeys(privateKeyPem),
    name: 'CN=VNET', // not read by the CA
    signingAlgorithm: SIGNING,
  })
  return new Uint8Array(request.rawData)
}

/** A new key and a request for a certificate of it. */
export async function makeKeyAndCsr(): Promise<{
  readonly privateKeyPem: string
  readonly csrDer: Uint8Array
}> {
  const privateKeyPem = await makePrivateKey()
  return { privateKeyPem, csrDer: await makeCsr(privateKeyPem) }
}

export interface SignOptions {
  readonly authority: Authority
  readonly csrDer: Uint8Array
  readonly identity: DaemonIdentity
  /** Wall clock. */
  readonly nowMs: number
  /** Default CERTIFICATE_LIFETIME_MS; cut to the CA's own end. */
  readonly lifetimeMs?: number
}

/**
 * Signs a request for the given identity.
 * @throws VnetError `csr-invalid` if it is unreadable, its signature fails or its key is not P-256.
 */
export async function signRequest(options: SignOptions): Promise<IssuedCertificate> {
  const publicKey = await readRequest(options.csrDer)
  const notBeforeMs = options.nowMs - CLOCK_SKEW_MS
  const notAfterMs = options.nowMs + (options.lifetimeMs ?? CERTIFICATE_LIFETIME_MS)
  return signCertificate({ ...options, publicKey, notBeforeMs, notAfterMs })
}

/** The public key of a request whose signature proves possession of the private one. */
async function readRequest(csrDer: Uint8Array): Promise<webcrypto.CryptoKey> {
  const x509 = await loadX509()
  try {
    const request = new x509.Pkcs10CertificateRequest(Uint8Array.from(csrDer))
    // Fails on any other kind of key than P-256.
    const publicKey = await request.publicKey.export(SIGNING, ['verify'])
    if (await request.verify()) return publicKey
  } catch (cause) {
    throw new VnetError('csr-invalid', 'the certificate request cannot be read', { cause })
  }
  throw new VnetError('csr-invalid', 'the certificate request is not signed by its own key')
}

/** Signs a certificate for `publicKey` with explicit times. */
async function signCertificate({
  authority,
  identity,
  publicKey,
  notBeforeMs,
  notAfterMs,
}: {
  readonly authority: Authority
  readonly identity: DaemonIdentity
  readonly publicKey: webcrypto.CryptoKey
  readonly notBeforeMs: number
  readonly notAfterMs: number
}): Promise<IssuedCertificate> {
  const x509 = await loadX509()
  const issuer = new x509.X509Certificate(authority.certificatePem)
  const certificate = await x509.X509CertificateGenerator.create({
    publicKey,
    signingKey: await importPrivateKey(authority.privateKeyPem),
    signingAlgorithm: SIGNING,
    serialNumber: randomSerial(),
    issuer: issuer.subjectName.toJSON(),
    subject: [{ O: ['VNET'] }, { CN: [identity.name] }],
    notBefore: new Date(Math.max(notBeforeMs, issuer.notBefore.getTime())),
    notAfter: new Date(Math.min(notAfterMs, issuer.notAfter.getTime())),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.clientAuth,
        x509.ExtendedKeyUsage.serverAuth,
      ]),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: formatUri(identity) }]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(publicKey),
    ],
  })
  const certificatePem = `${certificate.toString('pem')}\n`
  return { ...parseCertificate(certificatePem), certificatePem }
}

/** The library needs the reflection polyfill to be there first. */
async function loadX509(): Promise<typeof X509> {
  await import('reflect-metadata')
  return import('@peculiar/x509')
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey(SIGNING, true, ['sign', 'verify'])
}

async function exportPrivateKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await crypto.subtle.exportKey('pkcs8', key))
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n')
  return `-----BEGIN PRIVATE KEY-----\n${lines.trimEnd()}\n-----END PRIVATE KEY-----\n`
}

async function importKeys(pem: string): Promise<webcrypto.CryptoKeyPair> {
  try {
    const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' })
    return {
      privateKey: await importPrivateKey(pem),
      publicKey: await crypto.subtle.importKey('spki', spki, SIGNING, true, ['verify']),
    }
  } catch (cause) {
    throw new VnetError('key-invalid', 'this is not an ECDSA P-256 private key', { cause })
  }
}

function importPrivateKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[^-]+-----/g, ''), 'base64')
  return crypto.subtle.importKey('pkcs8', der, SIGNING, false, ['sign'])
}

/** Hex; the top bits are 01, so that it is positive and has no leading zero byte. */
function randomSerial(): string {
  const bytes = randomBytes(SERIAL_BYTES)
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0)
  return bytes.toString('hex')
}
