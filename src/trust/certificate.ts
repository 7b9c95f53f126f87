// Reading certificates with Node's own parser: identity, key hash, validity, chain. Making them is
// src/trust/ca.ts. Nothing here throws on a stranger's certificate but `parseCertificate`.

import { createHash, X509Certificate } from 'node:crypto'
import { VnetError } from '../base/errors.ts'
import type { DaemonIdentity } from './name.ts'
import { parseUri } from './name.ts'

/** What a certificate says. */
export interface CertificateInfo {
  /** The first URI among its alternative names; empty if it has none. */
  readonly uri: string
  /** Null where the URI is not of the form vnet://NETWORK/ROLE/NAME. */
  readonly identity: DaemonIdentity | null
  /** SHA-256 of the SubjectPublicKeyInfo, 64 lower-case hex digits: what revocation names. */
  readonly publicKeySha256: string
  /** SHA-256 of the whole certificate, 64 lower-case hex digits: what a token carries of the CA. */
  readonly fingerprintSha256: string
  readonly serial: string
  readonly notBeforeMs: number
  readonly notAfterMs: number
  readonly isAuthority: boolean
  readonly subject: string
}

/** The certificates in a text, in its order; empty if there are none. */
export function splitPem(pem: string): string[] {
  const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g
  return Array.from(pem.matchAll(block), ([text]) => `${text}\n`)
}

/**
 * Reads a certificate, PEM or DER.
 * @throws VnetError `certificate-invalid` if it is not one.
 */
export function parseCertificate(data: string | Uint8Array): CertificateInfo {
  return describeCertificate(readCertificate(data))
}

export function describeCertificate(certificate: X509Certificate): CertificateInfo {
  const uri = firstUri(certificate)
  const publicKeyDer = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return {
    uri,
    identity: parseUri(uri),
    publicKeySha256: sha256Hex(publicKeyDer),
    fingerprintSha256: sha256Hex(certificate.raw),
    serial: certificate.serialNumber.toLowerCase(),
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
    isAuthority: certificate.ca,
    subject: certificate.subject.replaceAll('\n', ', '),
  }
}

/** SHA-256, 64 lower-case hex digits. */
export function sha256Hex(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex')
}

export type Validity = 'valid' | 'not-yet-valid' | 'expired'

/** Where `nowMs` (wall clock) lies in the certificate's life; both ends belong to it. */
export function validityAt(
  certificate: Pick<CertificateInfo, 'notBeforeMs' | 'notAfterMs'>,
  nowMs: number,
): Validity {
  if (nowMs < certificate.notBeforeMs) return 'not-yet-valid'
  return nowMs > certificate.notAfterMs ? 'expired' : 'valid'
}

/** True if `authority` (PEM or DER) is a CA certificate and signed `leaf`. Looks at no clock. */
export function isSignedBy(leaf: string | Uint8Array, authority: string | Uint8Array): boolean {
  const signer = readCertificate(authority)
  const signed = readCertificate(leaf)
  return signer.ca && signed.checkIssued(signer) && signed.verify(signer.publicKey)
}

function readCertificate(data: string | Uint8Array): X509Certificate {
  try {
    return new X509Certificate(data)
  } catch (cause) {
    throw new VnetError('certificate-invalid', 'this is not a readable certificate', { cause })
  }
}

/**
 * Node lists alternative names as text; names with separators in them are quoted there, so that a
 * plain `URI:vnet://...` between separators is really a URI.
 */
function firstUri(certificate: X509Certificate): string {
  const names = certificate.subjectAltName ?? ''
  const uri = names.split(', ').find((name) => name.startsWith('URI:'))
  return uri === undefined ? '' : uri.slice('URI:'.length)
}
