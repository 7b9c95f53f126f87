// The proxy's side of trust: opens the store, makes the CA at the first start, keeps the proxy's
// own certificate fresh, and hands out tokens. Joining, renewal and revocation (the neighbours)
// take the same TrustContext.

import { messageOf, VnetError } from '../base/errors.ts'
import type { Authority } from './ca.ts'
import { createAuthority, makeCsr, makePrivateKey, signRequest } from './ca.ts'
import { isSignedBy } from './certificate.ts'
import type { IdentityFiles, LoadedIdentity } from './identity.ts'
import {
  authorityFingerprint,
  checkIdentity,
  hasIdentity,
  isRenewalDue,
  readIdentityFiles,
  storeIdentity,
} from './identity.ts'
import type { DaemonIdentity } from './name.ts'
import { formatUri, parseName } from './name.ts'
import type { TokenRecord, TrustStore } from './store.ts'
import { openStore } from './store.ts'
import { createToken, formatToken, hashSecret } from './token.ts'

export const TOKEN_TTL_MS = 3_600_000
/** A token that lives longer is forgotten in some chat. */
export const TOKEN_TTL_MS_MAX = 30 * 86_400_000
export const TOKEN_USES_MAX = 1_000

/** What joining, renewal and revocation work on. */
export interface TrustContext {
  readonly store: TrustStore
  readonly network: string
  readonly proxyName: string
  readonly authority: Authority
  /** Life of the certificates signed from now on. Default CERTIFICATE_LIFETIME_MS. */
  readonly certificateLifetimeMs?: number
}

/**
 * Opens the proxy's trust; makes network and CA at the first start.
 * @throws VnetError `network-mismatch` if the state belongs to a network of another name; as
 * `openStore`.
 */
export async function openProxyTrust(options: {
  readonly stateDir: string
  readonly network: string
  readonly proxyName: string
  readonly nowMs: number
  readonly certificateLifetimeMs?: number
}): Promise<TrustContext> {
  const { stateDir, nowMs, ...rest } = options
  const network = parseName(options.network)
  parseName(options.proxyName)
  const store = openStore(stateDir)
  try {
    const known = store.network() ?? (await createNetwork({ store, network, nowMs }))
    if (known.name === network) return { ...rest, store, authority: known.authority }
    throw new VnetError(
      'network-mismatch',
      `${stateDir} belongs to network '${known.name}', the configuration says '${network}'`,
      { hint: `set network: ${known.name}, or give the new network a state folder of its own` },
    )
  } catch (error) {
    store.close()
    throw error
  }
}

async function createNetwork(options: {
  readonly store: TrustStore
  readonly network: string
  readonly nowMs: number
}) {
  const { store, network: name, nowMs } = options
  const record = {
    name,
    authority: await createAuthority({ network: name, nowMs }),
    createdAtMs: nowMs,
  }
  store.transaction(() => {
    store.createNetwork(record)
    store.audit({ atMs: nowMs, actor: 'proxy', action: 'network-created', detail: name })
  })
  return record
}

/**
 * The proxy's own identity: loaded, or signed by its CA at the first start, when renewal is due and
 * when what is there does not fit (other name, other CA, damaged). Called again from time to time.
 */
export async function ensureProxyIdentity(
  context: TrustContext,
  { stateDir, nowMs }: { readonly stateDir: string; readonly nowMs: number },
): Promise<LoadedIdentity> {
  const { authority, network } = context
  const identity: DaemonIdentity = { network, role: 'proxy', name: context.proxyName }
  const files = hasIdentity(stateDir) ? readIdentityFiles(stateDir) : null
  const why = files === null ? 'first start' : whyReissue({ files, identity, authority, nowMs })
  if (files !== null && why === null) return checkIdentity(files)
  const privateKeyPem = why === 'renewal' && files ? files.privateKeyPem : await makePrivateKey()
  const csrDer = await makeCsr(privateKeyPem)
  const lifetime = lifetimeOf(context)
  const issued = await signRequest({ authority, csrDer, identity, nowMs, ...lifetime })
  const detail = `${issued.uri}, certificate ${issued.serial}: ${why}`
  context.store.audit({ atMs: nowMs, actor: 'proxy', action: 'certificate-issued', detail })
  const { certificatePem } = issued
  return storeIdentity(stateDir, { privateKeyPem, certificatePem, caPem: authority.certificatePem })
}

/** Why the proxy needs another certificate; null if it does not. */
function whyReissue({
  files,
  identity,
  authority,
  nowMs,
}: {
  readonly files: IdentityFiles
  readonly identity: DaemonIdentity
  readonly authority: Authority
  readonly nowMs: number
}): string | null {
  try {
    const { certificate } = checkIdentity(files)
    if (certificate.uri !== formatUri(identity)) return `was ${certificate.uri}`
    if (!isSignedBy(files.certificatePem, authority.certificatePem)) return 'was of another CA'
    return isRenewalDue(certificate, nowMs) ? 'renewal' : null
  } catch (error) {
    return messageOf(error)
  }
}

/** `lifetimeMs` for `signRequest`, absent where the default holds. */
export function lifetimeOf(context: TrustContext): { readonly lifetimeMs?: number } {
  const lifetimeMs = context.certificateLifetimeMs
  return lifetimeMs === undefined ? {} : { lifetimeMs }
}

export interface IssueTokenOptions {
  /** Who asked, for the audit log: "admin". */
  readonly actor: string
  readonly nowMs: number
  readonly ttlMs?: number
  readonly uses?: number
  /** Only this host may join with it; needed to replace or bring back a host of that name. */
  readonly name?: string | null
}

/**
 * Makes a join token. The text is not kept: it cannot be shown again.
 * @throws VnetError `token-request-invalid`, `name-invalid`, `too-many-tokens`.
 */
export function issueToken(
  context: TrustContext,
  options: IssueTokenOptions,
): { readonly text: string; readonly record: TokenRecord } {
  const { nowMs, actor, ttlMs = TOKEN_TTL_MS, uses = 1, name = null } = options
  requireWithin('ttl', ttlMs / 1_000, TOKEN_TTL_MS_MAX / 1_000)
  requireWithin('uses', uses, TOKEN_USES_MAX)
  if (name !== null) parseName(name)
  const token = createToken({
    caFingerprint: authorityFingerprint(context.authority.certificatePem),
    expiresAtMs: Math.floor(nowMs + ttlMs),
  })
  const record: TokenRecord = {
    id: token.id,
    secretSha256: hashSecret(token.secret),
    createdAtMs: nowMs,
    expiresAtMs: token.expiresAtMs,
    usesLeft: uses,
    name,
  }
  context.store.transaction(() => {
    context.store.addToken(record)
    const whose = name === null ? 'any host' : `host ${name}`
    const until = new Date(record.expiresAtMs).toISOString()
    const detail = `token ${record.id} for ${whose}, ${uses} uses, until ${until}`
    context.store.audit({ atMs: nowMs, actor, action: 'token-created', detail })
  })
  return { text: formatToken(token), record }
}

function requireWithin(what: string, value: number, max: number): void {
  const isWhole = what === 'ttl' || Number.isInteger(value)
  if (Number.isFinite(value) && value >= 1 && value <= max && isWhole) return
  throw new VnetError('token-request-invalid', `${what} ${value} is not between 1 and ${max}`)
}

/** Withdraws a token. False if there is none of that id. */
export function removeToken(
  context: TrustContext,
  options: { readonly id: string; readonly actor: string; readonly nowMs: number },
): boolean {
  const { id, actor, nowMs } = options
  return context.store.transaction(() => {
    const isRemoved = context.store.removeToken(id)
    const detail = `token ${id}`
    if (isRemoved) context.store.audit({ atMs: nowMs, actor, action: 'token-removed', detail })
    return isRemoved
  })
}
