// A daemon's key, certificate and CA certificates on disk: STATE/identity/{key,certificate,ca}.pem.
// The folder is replaced as a whole, so that key and certificate always belong together. Also: when
// to renew and when to warn.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { messageOf, VnetError } from '../base/errors.ts'
import type { Credentials } from '../plane/plane.ts'
import type { CertificateInfo } from './certificate.ts'
import { isSignedBy, parseCertificate, splitPem } from './certificate.ts'
import type { DaemonIdentity } from './name.ts'

const DAY_MS = 86_400_000
/** Days before the end at which the operator is warned (each once, see `expiryWarning`). */
const WARNING_DAYS = [1, 7, 30] as const

/** The files' contents. */
export interface IdentityFiles {
  readonly privateKeyPem: string
  readonly certificatePem: string
  /** One or more. */
  readonly caPem: string
}

/** A loaded identity, checked for consistency but not for expiry. */
export interface LoadedIdentity {
  readonly who: DaemonIdentity
  readonly certificate: CertificateInfo
  /** What `Plane.setCredentials` takes. */
  readonly credentials: Credentials
}

const FILES = {
  privateKeyPem: 'key.pem',
  certificatePem: 'certificate.pem',
  caPem: 'ca.pem',
} as const satisfies Record<keyof IdentityFiles, string>

/** True if the state folder holds an identity (readable or not). */
export function hasIdentity(stateDir: string): boolean {
  return existsSync(join(stateDir, 'identity')) || existsSync(join(stateDir, 'identity.new'))
}

/**
 * Loads the identity of the daemon whose state folder this is.
 * @throws VnetError `identity-missing`, `identity-insecure` (others may read the key) or
 *   `identity-damaged` (files do not belong together).
 */
export function loadIdentity(stateDir: string): LoadedIdentity {
  return checkIdentity(readIdentityFiles(stateDir))
}

/** Like `loadIdentity`, the files as they are. For renewal, which needs the key. */
export function readIdentityFiles(stateDir: string): IdentityFiles {
  finishReplacement(stateDir)
  const folder = join(stateDir, 'identity')
  if (!existsSync(folder)) {
    throw new VnetError('identity-missing', `there is no identity in ${folder}`, {
      hint: 'join a network first: vnet join HOST:PORT TOKEN',
    })
  }
  refuseOpenModes(folder, 0o022)
  refuseOpenModes(join(folder, FILES.privateKeyPem), 0o077)
  const read = (key: keyof IdentityFiles) => readIdentityFile(join(folder, FILES[key]))
  return {
    privateKeyPem: read('privateKeyPem'),
    certificatePem: read('certificatePem'),
    caPem: read('caPem'),
  }
}

/**
 * Checks that key, certificate and CA belong together and that the certificate names a daemon.
 * @throws VnetError `identity-damaged`.
 */
export function checkIdentity(files: IdentityFiles): LoadedIdentity {
  try {
    const certificate = parseCertificate(files.certificatePem)
    const who = certificate.identity
    if (who === null) throw new Error('the certificate names no daemon')
    if (
      !new X509Certificate(files.certificatePem).checkPrivateKey(
        createPrivateKey(files.privateKeyPem),
      )
    ) {
      throw new Error('the key is not the one of the certificate')
    }
    const authorities = splitPem(files.caPem)
    if (!authorities.some((authority) => isSignedBy(files.certificatePem, authority))) {
      throw new Error('the certificate is not signed by the CA in ca.pem')
    }
    return { who, certificate, credentials: credentialsOf(files) }
  } catch (cause) {
    throw new VnetError('identity-damaged', `unusable identity: ${messageOf(cause)}`, {
      hint: 'join again with a new token: vnet join HOST:PORT TOKEN',
      cause,
    })
  }
}

/** The credentials that the data plane takes. */
export function credentialsOf(files: IdentityFiles): Credentials {
  return {
    certificateChainPem: `${files.certificatePem.trim()}\n${files.caPem}`,
    privateKeyPem: files.privateKeyPem,
    trustedCaPem: files.caPem,
  }
}

/** SHA-256 of the first CA certificate, 64 hex digits: the network's fingerprint. */
export function authorityFingerprint(caPem: string): string {
  return parseCertificate(caPem).fingerprintSha256
}

/**
 * Stores a checked identity (folders 0700, files 0600), replacing the old one as a whole: after a
 * crash at any point either the old or the new one is loaded.
 * @throws VnetError `identity-damaged`, or `state-write` if the folder cannot be written.
 */
export function storeIdentity(stateDir: string, files: IdentityFiles): LoadedIdentity {
  const checked = checkIdentity(files)
  try {
    const fresh = join(stateDir, 'identity.tmp')
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    rmSync(fresh, { recursive: true, force: true })
    mkdirSync(fresh, { mode: 0o700 })
    for (const [key, file] of Object.entries(FILES) as [keyof IdentityFiles, string][]) {
      writeFileSync(join(fresh, file), files[key], { mode: 0o600, flush: true })
    }
    syncFolder(fresh)
    finishReplacement(stateDir)
    renameSync(fresh, join(stateDir, 'identity.new'))
    finishReplacement(stateDir)
  } catch (cause) {
    throw new VnetError('state-write', `cannot store the identity: ${messageOf(cause)}`, {
      hint: `make ${stateDir} writable for this user`,
      cause,
    })
  }
  return checked
}

/** A complete `identity.new` takes the place of `identity`; also after a crash half-way. */
function finishReplacement(stateDir: string): void {
  const next = join(stateDir, 'identity.new')
  if (!existsSync(next)) return
  rmSync(join(stateDir, 'identity'), { recursive: true, force: true })
  renameSync(next, join(stateDir, 'identity'))
  syncFolder(stateDir)
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  fsyncSync(descriptor)
  closeSync(descriptor)
}

function readIdentityFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new VnetError('identity-damaged', `cannot read ${path}: ${messageOf(cause)}`, {
      hint: 'run as the user of the daemon, or join again with a new token',
      cause,
    })
  }
}

/** @throws VnetError `identity-insecure` if any of the mode bits `forbidden` is set. */
export function refuseOpenModes(path: string, forbidden: number): void {
  const status = statSync(path, { throwIfNoEntry: false })
  if (status === undefined || (status.mode & forbidden) === 0) return
  const mode = (status.mode & 0o777).toString(8)
  const wanted = status.isDirectory() ? '700' : '600'
  throw new VnetError('identity-insecure', `${path} has mode ${mode}: others can get at the key`, {
    hint: `chmod ${wanted} ${path}; if somebody may have read it, revoke and join again`,
  })
}

/** True when a third of the certificate's life is left, or less. */
export function isRenewalDue(
  certificate: Pick<CertificateInfo, 'notBeforeMs' | 'notAfterMs'>,
  nowMs: number,
): boolean {
  return nowMs >= renewalDueMs(certificate)
}

/** Wall-clock time from which the certificate should be renewed. */
export function renewalDueMs({
  notBeforeMs,
  notAfterMs,
}: Pick<CertificateInfo, 'notBeforeMs' | 'notAfterMs'>): number {
  return notAfterMs - (notAfterMs - notBeforeMs) / 3
}

export interface ExpiryWarning {
  /** 30, 7 or 1 day's warning, or 0: expired. A change of level is worth a log line. */
  readonly level: 30 | 7 | 1 | 0
  readonly message: string
}

/** What to tell the operator about a certificate's end; null while it is far. */
export function expiryWarning(
  certificate: Pick<CertificateInfo, 'notAfterMs'>,
  nowMs: number,
): ExpiryWarning | null {
  const leftMs = certificate.notAfterMs - nowMs
  if (leftMs < 0) return { level: 0, message: 'certificate expired: join again with a new token' }
  const level = WARNING_DAYS.find((days) => leftMs <= days * DAY_MS)
  if (level === undefined) return null
  const left = leftMs < DAY_MS ? 'less than a day' : `${Math.floor(leftMs / DAY_MS)} days`
  return { level, message: `certificate expires in ${left}; renewal has not worked yet` }
}
