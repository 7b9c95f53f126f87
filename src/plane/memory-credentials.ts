// Credentials of in-memory planes: certificates reduced to what peers and policy look at, as JSON
// in the place of PEM. They are trusted because they name an authority, not because of any
// signature.

import { VnetError } from '../base/errors.ts'
import type { MemoryCertificate } from './memory-wire.ts'
import type { Credentials } from './plane.ts'

export interface MemoryIdentity {
  readonly certificate: MemoryCertificate
  /** Names of the authorities whose certificates are accepted. */
  readonly trusted: readonly string[]
}

/** Credentials that say what `certificate` says; the rest is made up from its URI. */
export function memoryCredentials(
  certificate: Partial<MemoryCertificate> & { readonly uri: string },
  trusted?: readonly string[],
): Credentials {
  const complete: MemoryCertificate = {
    publicKeySha256: fakeDigest(certificate.uri),
    serial: '01',
    notAfterMs: Number.MAX_SAFE_INTEGER,
    authority: 'ca',
    ...certificate,
  }
  return {
    certificateChainPem: JSON.stringify(complete),
    privateKeyPem: '',
    trustedCaPem: JSON.stringify(trusted ?? [complete.authority]),
  }
}

/** @throws VnetError `credentials-invalid` if they were not made by memoryCredentials(). */
export function parseCredentials(credentials: Credentials): MemoryIdentity {
  try {
    const certificate: unknown = JSON.parse(credentials.certificateChainPem)
    const trusted: unknown = JSON.parse(credentials.trustedCaPem)
    if (isCertificate(certificate) && isNames(trusted)) return { certificate, trusted }
  } catch (cause) {
    throw new VnetError('credentials-invalid', 'the certificate is not JSON', { cause })
  }
  throw new VnetError('credentials-invalid', 'the certificate lacks a field')
}

function isCertificate(value: unknown): value is MemoryCertificate {
  if (typeof value !== 'object' || value === null) return false
  const fields = new Map(Object.entries(value))
  const isText = (name: string) => typeof fields.get(name) === 'string'
  return (
    ['uri', 'publicKeySha256', 'serial', 'authority'].every(isText) &&
    typeof fields.get('notAfterMs') === 'number'
  )
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

/** 64 hex digits that differ between texts; no more is asked of them. */
function fakeDigest(text: string): string {
  const hex = Buffer.from(text).toString('hex')
  return hex.slice(-64).padStart(64, '0')
}
