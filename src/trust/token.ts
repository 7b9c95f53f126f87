// Join tokens: a text that the operator carries from the proxy to a new host. It names the
// network's CA (so that the host knows the right proxy), and proves to the proxy that the host was
// invited.
//
//   "vnet1." base64url of   0             32       40       60             66         70
//                           CA SHA-256  | id     | secret | expiry (ms) | checksum |
//
// The checksum finds copying errors before anything is sent. The proxy keeps only the secret's
// hash.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { VnetError } from '../base/errors.ts'
import { sha256Hex } from './certificate.ts'

const PREFIX = 'vnet1.'
const FINGERPRINT_BYTES = 32
const ID_BYTES = 8
/** 160 bits: not to be guessed, so a plain hash of it is safe to keep. */
const SECRET_BYTES = 20
const EXPIRY_BYTES = 6
const CHECKSUM_BYTES = 4
const ID_AT = FINGERPRINT_BYTES
const SECRET_AT = ID_AT + ID_BYTES
const EXPIRY_AT = SECRET_AT + SECRET_BYTES
const CHECKSUM_AT = EXPIRY_AT + EXPIRY_BYTES
const TOKEN_BYTES = CHECKSUM_AT + CHECKSUM_BYTES

/** What a token says. */
export interface Token {
  /** SHA-256 of the CA certificate, 64 hex digits. */
  readonly caFingerprint: string
  /** 16 hex digits; not secret. */
  readonly id: string
  readonly secret: Uint8Array
  readonly expiresAtMs: number
}

/** A new token with a random id and secret. */
export function createToken(options: {
  readonly caFingerprint: string
  readonly expiresAtMs: number
}): Token {
  return {
    ...options,
    id: randomBytes(ID_BYTES).toString('hex'),
    secret: randomBytes(SECRET_BYTES),
  }
}

/** The text that is handed to the operator. */
export function formatToken(token: Token): string {
  const bytes = Buffer.alloc(TOKEN_BYTES)
  bytes.write(token.caFingerprint, 0, 'hex')
  bytes.write(token.id, ID_AT, 'hex')
  bytes.set(token.secret, SECRET_AT)
  bytes.writeUIntBE(Math.round(token.expiresAtMs), EXPIRY_AT, EXPIRY_BYTES)
  bytes.set(checksum(bytes), CHECKSUM_AT)
  return PREFIX + bytes.toString('base64url')
}

/**
 * Reads a token; surrounding blanks are ignored. Looks at no clock.
 * @throws VnetError `token-invalid` if it is not one, or was garbled on the way.
 */
export function parseToken(text: string): Token {
  const trimmed = text.trim()
  if (!trimmed.startsWith(PREFIX)) throw invalid(`it does not start with '${PREFIX}'`)
  const body = trimmed.slice(PREFIX.length)
  const bytes = Buffer.from(body, 'base64url')
  // Decoding skips foreign characters; encoding again tells whether there were any.
  if (bytes.toString('base64url') !== body) throw invalid('it has characters of no token')
  if (bytes.length !== TOKEN_BYTES)
    throw invalid(`it has ${bytes.length}, not ${TOKEN_BYTES} bytes`)
  if (!checksum(bytes).equals(bytes.subarray(CHECKSUM_AT))) throw invalid('its checksum is wrong')
  return {
    caFingerprint: bytes.toString('hex', 0, FINGERPRINT_BYTES),
    id: bytes.toString('hex', ID_AT, SECRET_AT),
    secret: Uint8Array.from(bytes.subarray(SECRET_AT, EXPIRY_AT)),
    expiresAtMs: bytes.readUIntBE(EXPIRY_AT, EXPIRY_BYTES),
  }
}

/** What the proxy's store keeps of a secret. */
export function hashSecret(secret: Uint8Array): string {
  return sha256Hex(secret)
}

/** Compares in a time that does not depend on the content. */
export function isSecret(secret: Uint8Array, secretSha256: string): boolean {
  const given = Buffer.from(hashSecret(secret), 'hex')
  const kept = Buffer.from(secretSha256, 'hex')
  return given.length === kept.length && timingSafeEqual(given, kept)
}

function checksum(bytes: Buffer): Buffer {
  const digest = createHash('sha256').update(bytes.subarray(0, CHECKSUM_AT)).digest()
  return digest.subarray(0, CHECKSUM_BYTES)
}

function invalid(why: string): VnetError {
  return new VnetError('token-invalid', `this is not a join token: ${why}`, {
    hint: 'copy the whole text that `vnet token create` printed',
  })
}
