// The first exchange on a link: what a daemon says of itself, and whether it believes the peer's
// word. Pure; src/daemon/peers.ts acts on it.

import type { LinkInfo, LinkRole, ProtocolVersion } from '../plane/plane.ts'
import { type DaemonIdentity, parseUri } from '../trust/name.ts'
import type { ControlMessageOf } from '../wire/control.ts'

/** A different major cannot talk; a minor only adds. */
export const PROTOCOL_VERSION: ProtocolVersion = { major: 1, minor: 0 }

export type Hello = ControlMessageOf<'hello'>

/** Why a link is not wanted; the code is stable and goes to the peer in its Goodbye. */
export interface Refusal {
  readonly code:
    | 'version'
    | 'identity'
    | 'own-underlay'
    | 'network'
    | 'role'
    | 'name-mismatch'
    | 'revoked'
    | 'unknown-host'
    | 'duplicate'
    | 'unknown-order'
    | 'shutdown'
    | 'no-hello'
    | 'protocol'
    | 'limit'
    | 'removed'
    | 'no-payload'
  readonly reason: string
}

/** Goodbyes that only people can change: dial again rarely. */
const LASTING: ReadonlySet<string> = new Set([
  'version',
  'identity',
  'network',
  'role',
  'name-mismatch',
  'revoked',
  'unknown-host',
  'duplicate',
])

/** True if dialling again soon is of no use. */
export function isLasting(code: string): boolean {
  return LASTING.has(code)
}

export type IdentityCheck =
  | { readonly ok: true; readonly identity: DaemonIdentity; readonly publicKeySha256: string }
  | { readonly ok: false; readonly refusal: Refusal }

/** Who the certificate says the peer is; TLS has verified it against the CA already. */
export function checkIdentity(
  link: Pick<LinkInfo, 'certificate'>,
  policy: { readonly network: string; readonly isRevoked: (publicKeySha256: string) => boolean },
): IdentityCheck {
  const refuse = (code: Refusal['code'], reason: string): IdentityCheck => ({
    ok: false,
    refusal: { code, reason },
  })
  const certificate = link.certificate
  if (certificate === null) return refuse('identity', 'no certificate')
  const identity = parseUri(certificate.uri)
  if (identity === null) {
    const what = certificate.uri === '' ? 'no URI' : `the URI '${certificate.uri}'`
    return refuse('identity', `the certificate has ${what}: it names no daemon of VNET`)
  }
  if (identity.network !== policy.network) {
    return refuse('network', `the certificate is of network '${identity.network}'`)
  }
  if (policy.isRevoked(certificate.publicKeySha256)) {
    return refuse('revoked', `the certificate of ${identity.role} '${identity.name}' is revoked`)
  }
  return { ok: true, identity, publicKeySha256: certificate.publicKeySha256 }
}

/** A peer that speaks another major version cannot be talked to; null: this one can. */
export function checkVersion(version: ProtocolVersion): Refusal | null {
  if (version.major === PROTOCOL_VERSION.major) return null
  const text = ({ major, minor }: ProtocolVersion) => `${major}.${minor}`
  const reason = `protocol ${text(version)} cannot talk to ${text(PROTOCOL_VERSION)}; update`
  return { code: 'version', reason }
}

/** Checks the peer's Hello against its certificate; null: all is well. */
export function checkHello(hello: Hello, identity: DaemonIdentity): Refusal | null {
  const wrongVersion = checkVersion({ major: hello.versionMajor, minor: hello.versionMinor })
  if (wrongVersion !== null) return wrongVersion
  if (hello.name !== identity.name) {
    const reason = `calls itself '${hello.name}', its certificate says '${identity.name}'`
    return { code: 'name-mismatch', reason }
  }
  if (hello.role !== identity.role) {
    const reason = `says it is a ${hello.role}, its certificate says ${identity.role}`
    return { code: 'role', reason }
  }
  return null
}

/** The link role that a Hello asks for, or null if it is not one. */
export function parseLinkRole(text: string): LinkRole | null {
  return text === 'star' || text === 'fast-path' ? text : null
}
