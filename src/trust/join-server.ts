// The proxy's answer to a JoinRequest: checks the token, signs the request for the name, and
// records the host. No sockets here: the daemon hands in the request and sends the answer.
//
// A new name needs any token. A name that exists (also a revoked one) needs a token made for it
// (`vnet token create --name NAME`), so that a mistyped name cannot put another host off the
// network; the new key replaces the old one, which is revoked.

import { messageOf, VnetError } from '../base/errors.ts'
import type { MessageBody } from '../wire/control.ts'
import { signRequest } from './ca.ts'
import { parseName } from './name.ts'
import type { TrustContext } from './proxy-trust.ts'
import { lifetimeOf } from './proxy-trust.ts'
import type { HostRecord, TokenRecord } from './store.ts'
import { isSecret, parseToken } from './token.ts'

/** Refusals written to the audit log a minute: strangers must not fill it, nor busy the disk. */
export const AUDITED_REFUSALS_PER_MINUTE = 10

export interface JoinAttempt {
  readonly request: MessageBody<'joinRequest'>
  /** Numeric address of the asker, for the audit log. */
  readonly remoteAddress: string
  /** Wall clock. */
  readonly nowMs: number
}

export interface JoinOutcome {
  /** To be sent to the asker. */
  readonly response: MessageBody<'joinResponse'>
  /** The host that joined; null: refused. */
  readonly host: HostRecord | null
  /** Keys that the join replaced: to be pushed to all daemons, their links to be cut. */
  readonly revoked: readonly string[]
  /** An error of the proxy itself, for its log; the asker is not told. */
  readonly internalError: unknown
}

export interface JoinServer {
  /** Never throws. */
  handle(attempt: JoinAttempt): Promise<JoinOutcome>
}

export function createJoinServer(context: TrustContext): JoinServer {
  const auditRefusal = createRefusalAudit(context)
  return {
    async handle(attempt) {
      try {
        return await admit(context, attempt)
      } catch (error) {
        const refusal = refusalOf(error)
        const internalError = refusal === error ? null : error
        try {
          auditRefusal(attempt, refusal)
          return refused(refusal, internalError)
        } catch (auditError) {
          return refused(refusal, internalError ?? auditError)
        }
      }
    },
  }
}

async function admit(context: TrustContext, attempt: JoinAttempt): Promise<JoinOutcome> {
  const { request, nowMs } = attempt
  const name = parseName(request.name)
  const token = checkToken(context, attempt)
  checkName(context, name, token)
  const issued = await signRequest({
    authority: context.authority,
    csrDer: request.csrDer,
    identity: { network: context.network, role: 'host', name },
    nowMs,
    ...lifetimeOf(context),
  })
  checkKey(context, name, issued.publicKeySha256)
  const host: HostRecord = {
    name,
    publicKeySha256: issued.publicKeySha256,
    serial: issued.serial,
    joinedAtMs: nowMs,
    certificateNotAfterMs: issued.notAfterMs,
    isRevoked: false,
    lastAddress: attempt.remoteAddress,
    lastSeenMs: nowMs,
  }
  const revoked = recordHost(context, { host, token, attempt })
  const response = {
    errorCode: '',
    error: '',
    certificatePem: issued.certificatePem,
    caPem: context.authority.certificatePem,
    proxyName: context.proxyName,
    network: context.network,
  }
  return { response, host, revoked, internalError: null }
}

function checkToken({ store }: TrustContext, { request, nowMs }: JoinAttempt): TokenRecord {
  const given = parseToken(request.tokenSecret)
  const known = store.token(given.id)
  if (known === null || !isSecret(given.secret, known.secretSha256)) {
    throw new VnetError('token-unknown', 'this proxy did not make this token, or withdrew it')
  }
  if (nowMs > known.expiresAtMs) {
    const when = new Date(known.expiresAtMs).toISOString()
    throw new VnetError('token-expired', `the token expired at ${when}`)
  }
  if (known.usesLeft < 1) throw new VnetError('token-used', 'the token has been used up')
  return known
}

function checkName({ store, proxyName }: TrustContext, name: string, token: TokenRecord): void {
  if (name === proxyName) throw new VnetError('name-taken', `'${name}' is the proxy's own name`)
  if (token.name !== null && token.name !== name) {
    throw new VnetError('token-name', `the token was made for host '${token.name}' only`)
  }
  if (token.name === null && store.host(name) !== null) {
    throw new VnetError(
      'name-taken',
      `there is a host '${name}' already; to replace it, make a token for it: ` +
        `vnet token create --name ${name}`,
    )
  }
}

function checkKey({ store }: TrustContext, name: string, key: string): void {
  if (store.isRevokedKey(key)) {
    throw new VnetError('key-revoked', 'this key was revoked; a host makes a new one to join again')
  }
  const other = store.hosts().find((host) => host.publicKeySha256 === key && host.name !== name)
  if (other !== undefined) {
    throw new VnetError('key-in-use', `host '${other.name}' has this key; each host needs its own`)
  }
}

/** One transaction: the token's use, the host, the old key's revocation, the audit entry. */
function recordHost(
  { store }: TrustContext,
  {
    host,
    token,
    attempt,
  }: { readonly host: HostRecord; readonly token: TokenRecord; readonly attempt: JoinAttempt },
): readonly string[] {
  const { nowMs: atMs, remoteAddress } = attempt
  const { name, publicKeySha256 } = host
  return store.transaction(() => {
    // Another request may have taken the last use while this one was being signed.
    if (!store.useToken(token.id)) {
      throw new VnetError('token-used', 'the token has been used up')
    }
    const old = store.host(name)
    const isReplaced = old !== null && old.publicKeySha256 !== publicKeySha256
    if (isReplaced) store.addRevocation({ publicKeySha256: old.publicKeySha256, name, atMs })
    store.putHost(host)
    const detail = `host ${name} from ${remoteAddress}, token ${token.id}, key ${publicKeySha256}`
    const action = old === null ? 'host-joined' : 'host-rejoined'
    store.audit({ atMs, actor: `host ${name}`, action, detail })
    return isReplaced && !old.isRevoked ? [old.publicKeySha256] : []
  })
}

/** What the asker is told: a refusal as it is, a failure of the proxy without its details. */
function refusalOf(error: unknown): VnetError {
  if (error instanceof VnetError) return error
  return new VnetError('join-failed', 'the proxy could not carry out the request; see its log')
}

function refused(refusal: VnetError, internalError: unknown): JoinOutcome {
  const response = {
    errorCode: refusal.code,
    error: refusal.message,
    certificatePem: '',
    caPem: '',
    proxyName: '',
    network: '',
  }
  return { response, host: null, revoked: [], internalError }
}

function createRefusalAudit({ store }: TrustContext) {
  let windowStartMs = Number.NEGATIVE_INFINITY
  let written = 0
  let skipped = 0
  return ({ request, remoteAddress, nowMs }: JoinAttempt, refusal: VnetError): void => {
    if (nowMs - windowStartMs >= 60_000) {
      windowStartMs = nowMs
      written = 0
    }
    if (written >= AUDITED_REFUSALS_PER_MINUTE) {
      skipped += 1
      return
    }
    const more = skipped === 0 ? '' : ` (and ${skipped} more before)`
    const name = request.name.slice(0, 63)
    const detail = `'${name}' from ${remoteAddress}: ${refusal.code}: ${messageOf(refusal)}${more}`
    store.audit({ atMs: nowMs, actor: 'proxy', action: 'join-refused', detail })
    written += 1
    skipped = 0
  }
}
