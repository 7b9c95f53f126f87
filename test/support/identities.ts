// Real certificates for tests: a network's CA, credentials of named daemons, and every kind of bad
// credentials that a daemon must refuse.

import 'reflect-metadata'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import * as x509 from '@peculiar/x509'
import type { Credentials } from '../../src/plane/plane.ts'
import type { Authority } from '../../src/trust/ca.ts'
import {
  CLOCK_SKEW_MS,
  createAuthority,
  makeCsr,
  makeKeyAndCsr,
  makePrivateKey,
  signRequest,
} from '../../src/trust/ca.ts'
import type { CertificateInfo } from '../../src/trust/certificate.ts'
import { parseCertificate } from '../../src/trust/certificate.ts'
import type { IdentityFiles } from '../../src/trust/identity.ts'
import { credentialsOf } from '../../src/trust/identity.ts'
import type { DaemonIdentity, DaemonRole } from '../../src/trust/name.ts'

const DAY_MS = 86_400_000
/** A CA signs nothing that begins before it. */
export const CA_AGE_MS = 200 * DAY_MS
const SIGNING = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const

export interface TestIdentity {
  readonly who: DaemonIdentity
  readonly files: IdentityFiles
  readonly credentials: Credentials
  readonly certificate: CertificateInfo
}

export interface TestNetwork {
  readonly network: string
  readonly authority: Authority
  readonly caPem: string
  /** SHA-256 of the CA certificate, hex. */
  readonly fingerprint: string
  /** Good credentials, valid now for 90 days. */
  issue(name: string, role?: DaemonRole): Promise<TestIdentity>
  /** Good credentials that end `lifetimeMs` from now, for a new key or a given one. */
  issueFor(
    lifetimeMs: number,
    options: {
      readonly name: string
      readonly role?: DaemonRole
      readonly privateKeyPem?: string
    },
  ): Promise<TestIdentity>
  /** Credentials that peers must refuse, or that are good until their key is revoked. */
  issueBad(kind: BadKind, name: string, role?: DaemonRole): Promise<TestIdentity>
}

/**
 * `foreign-ca`: another network's CA of the same name. `expired`, `not-yet-valid`: by ten days.
 * `no-san`: names no daemon. `other-network`: right CA, wrong network in the URI.
 * `self-signed`: no CA at all. `revoked`: fine in itself; put `certificate.publicKeySha256` on the
 * list.
 */
export type BadKind =
  | 'foreign-ca'
  | 'expired'
  | 'not-yet-valid'
  | 'no-san'
  | 'other-network'
  | 'self-signed'
  | 'revoked'

/**
 * A network with its CA, made here or given. It must be older than any certificate made here, by
 * CA_AGE_MS.
 */
export async function makeTestNetwork({
  network = 'testnet',
  nowMs = Date.now(),
  ...options
}: {
  readonly network?: string
  readonly nowMs?: number
  readonly authority?: Authority
} = {}): Promise<TestNetwork> {
  const authority =
    options.authority ?? (await createAuthority({ network, nowMs: nowMs - CA_AGE_MS }))
  const caPem = authority.certificatePem
  const issue = (name: string, role: DaemonRole = 'host') =>
    issueAt({ authority, caPem, who: { network, role, name }, nowMs })

  async function issueBad(kind: BadKind, name: string, role: DaemonRole = 'host') {
    const who = { network, role, name }
    switch (kind) {
      case 'foreign-ca': {
        const other = await createAuthority({ network, nowMs: nowMs - DAY_MS })
        return issueAt({ authority: other, caPem: other.certificatePem, who, nowMs })
      }
      case 'expired':
        return issueAt({ authority, caPem, who, nowMs: nowMs - 100 * DAY_MS })
      case 'not-yet-valid':
        return issueAt({ authority, caPem, who, nowMs: nowMs + 10 * DAY_MS })
      case 'other-network':
        return issueAt({ authority, caPem, who: { ...who, network: `${network}-2` }, nowMs })
      case 'no-san':
        return issueWithoutUri({ authority, caPem, who, nowMs })
      case 'self-signed':
        return issueSelfSigned({ caPem, who, nowMs })
      case 'revoked':
        return issue(name, role)
    }
  }

  const { fingerprintSha256 } = parseCertificate(caPem)
  return {
    ...{ network, authority, caPem, fingerprint: fingerprintSha256, issue, issueBad },
    issueFor: (lifetimeMs, { name, role = 'host', privateKeyPem }) => {
      const who = { network, role, name }
      return issueAt({ authority, caPem, who, nowMs: Date.now(), lifetimeMs, privateKeyPem })
    },
  }
}

/** A certificate of this life, made now, is to be renewed after `dueMs` (src/trust/identity.ts). */
export function lifetimeDueAfter(dueMs: number): number {
  // Two thirds of the whole life, which begins CLOCK_SKEW_MS ago, are over then.
  return (3 * (dueMs + CLOCK_SKEW_MS)) / 2 - CLOCK_SKEW_MS
}

interface Issue {
  readonly authority: Authority
  readonly caPem: string
  readonly who: DaemonIdentity
  readonly nowMs: number
}

interface IssueMore {
  readonly lifetimeMs?: number | undefined
  readonly privateKeyPem?: string | undefined
}

async function issueAt(issue: Issue & IssueMore): Promise<TestIdentity> {
  const { authority, caPem, who, nowMs, lifetimeMs } = issue
  const privateKeyPem = issue.privateKeyPem ?? (await makePrivateKey())
  const { certificatePem } = await signRequest({
    ...{ authority, identity: who, nowMs },
    csrDer: await makeCsr(privateKeyPem),
    ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
  })
  return testIdentity(who, { privateKeyPem, certificatePem, caPem })
}

async function issueWithoutUri({ authority, caPem, who, nowMs }: Issue): Promise<TestIdentity> {
  const { privateKeyPem, csrDer } = await makeKeyAndCsr()
  const request = new x509.Pkcs10CertificateRequest(Uint8Array.from(csrDer))
  const certificate = await x509.X509CertificateGenerator.create({
    publicKey: request.publicKey,
    signingKey: (await keysOf(authority.privateKeyPem)).privateKey,
    signingAlgorithm: SIGNING,
    issuer: new x509.X509Certificate(authority.certificatePem).subject,
    subject: `CN=${who.name}`,
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + DAY_MS),
  })
  return testIdentity(who, { privateKeyPem, certificatePem: pemOf(certificate), caPem })
}

async function issueSelfSigned({ caPem, who, nowMs }: Omit<Issue, 'authority'>) {
  const { privateKeyPem } = await makeKeyAndCsr()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    keys: await keysOf(privateKeyPem),
    signingAlgorithm: SIGNING,
    name: `CN=${who.name}`,
    notBefore: new Date(nowMs - DAY_MS),
    notAfter: new Date(nowMs + DAY_MS),
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        { type: 'url', value: `vnet://${who.network}/${who.role}/${who.name}` },
      ]),
    ],
  })
  return testIdentity(who, { privateKeyPem, certificatePem: pemOf(certificate), caPem })
}

/** A request for the same key again, as a renewing daemon sends it. */
export function csrOf(identity: TestIdentity): Promise<Uint8Array> {
  return makeCsr(identity.files.privateKeyPem)
}

function testIdentity(who: DaemonIdentity, files: IdentityFiles): TestIdentity {
  const certificate = parseCertificate(files.certificatePem)
  return { who, files, credentials: credentialsOf(files), certificate }
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString('pem')}\n`
}

async function keysOf(privateKeyPem: string) {
  const pkcs8 = createPrivateKey(privateKeyPem).export({ type: 'pkcs8', format: 'der' })
  const spki = createPublicKey(privateKeyPem).export({ type: 'spki', format: 'der' })
  return {
    privateKey: await crypto.subtle.importKey('pkcs8', pkcs8, SIGNING, true, ['sign']),
    publicKey: await crypto.subtle.importKey('spki', spki, SIGNING, true, ['verify']),
  }
}
