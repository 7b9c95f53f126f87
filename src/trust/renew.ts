// Renewal of a host's certificate over its own authenticated link: both sides as functions of
// values; the daemons carry the messages. The key stays the same, so that links live on and
// revoking the key ends all certificates of it.

import { VnetError } from '../base/errors.ts'
import type { MessageBody } from '../wire/control.ts'
import { makeCsr, signRequest } from './ca.ts'
import { parseCertificate, validityAt } from './certificate.ts'
import type { IdentityFiles, LoadedIdentity } from './identity.ts'
import { readIdentityFiles, storeIdentity } from './identity.ts'
import type { DaemonIdentity } from './name.ts'
import { formatUri } from './name.ts'
import type { TrustContext } from './proxy-trust.ts'
import { lifetimeOf } from './proxy-trust.ts'

/** The peer of the link, as its verified certificate says. */
export interface RenewingPeer {
  readonly identity: DaemonIdentity
  readonly publicKeySha256: string
}

/** The proxy's answer. Never throws; an error of the proxy itself is returned for its log. */
export async function handleRenewal(
  context: TrustContext,
  {
    request,
    peer,
    nowMs,
  }: {
    readonly request: MessageBody<'renewRequest'>
    readonly peer: RenewingPeer
    readonly nowMs: number
  },
): Promise<{
  readonly response: MessageBody<'renewResponse'>
  readonly internalError: unknown
}> {
  try {
    const response = await renew(context, { csrDer: request.csrDer, peer, nowMs })
    return { response, internalError: null }
  } catch (error) {
    const isRefusal = error instanceof VnetError
    const errorCode = isRefusal ? error.code : 'renew-failed'
    const text = isRefusal ? error.message : 'the proxy could not renew; see its log'
    const response = { errorCode, error: text, certificatePem: '', caPem: '' }
    return { response, internalError: isRefusal ? null : error }
  }
}

interface Renewal {
  readonly csrDer: Uint8Array
  readonly peer: RenewingPeer
  readonly nowMs: number
}

async function renew(
  context: TrustContext,
  { csrDer, peer, nowMs }: Renewal,
): Promise<MessageBody<'renewResponse'>> {
  const { store, authority } = context
  const { identity } = peer
  const requireKnown = () => {
    const host = store.host(identity.name)
    const isKnown = host !== null && host.publicKeySha256 === peer.publicKeySha256
    if (identity.role === 'host' && identity.network === context.network && isKnown) {
      if (!host.isRevoked) return host
      throw new VnetError('host-revoked', `host '${identity.name}' is revoked`)
    }
    throw new VnetError('host-unknown', `${formatUri(identity)} with this key is not a known host`)
  }
  requireKnown()
  const issued = await signRequest({ authority, csrDer, identity, nowMs, ...lifetimeOf(context) })
  if (issued.publicKeySha256 !== peer.publicKeySha256) {
    throw new VnetError('key-changed', 'a renewal keeps the key; to change it, join again')
  }
  store.transaction(() => {
    const host = requireKnown() // it may have been revoked meanwhile
    store.putHost({
      ...host,
      serial: issued.serial,
      certificateNotAfterMs: issued.notAfterMs,
    })
    const detail = `host ${host.name}, certificate ${issued.serial}`
    const actor = `host ${host.name}`
    store.audit({ atMs: nowMs, actor, action: 'certificate-renewed', detail })
  })
  const { certificatePem } = issued
  return { errorCode: '', error: '', certificatePem, caPem: authority.certificatePem }
}

/** The host's request. */
export async function makeRenewRequest(stateDir: string): Promise<MessageBody<'renewRequest'>> {
  return { csrDer: await makeCsr(readIdentityFiles(stateDir).privateKeyPem) }
}

/**
 * Checks the proxy's answer and stores the new certificate; the caller hands the credentials to the
 * plane. The old identity stays if anything is wrong.
 * @throws VnetError with the proxy's code, `renew-invalid`, `identity-damaged` or `state-write`.
 */
export function acceptRenewal({
  stateDir,
  response,
  nowMs,
}: {
  readonly stateDir: string
  readonly response: MessageBody<'renewResponse'>
  readonly nowMs: number
}): LoadedIdentity {
  if (response.errorCode !== '') {
    throw new VnetError(response.errorCode, `the proxy refused to renew: ${response.error}`)
  }
  const old = readIdentityFiles(stateDir)
  const { certificatePem, caPem } = response
  const was = parseCertificate(old.certificatePem)
  const is = parseCertificate(certificatePem)
  if (is.uri !== was.uri) {
    throw new VnetError('renew-invalid', `the new certificate is for '${is.uri}', not '${was.uri}'`)
  }
  if (validityAt(is, nowMs) !== 'valid') {
    throw new VnetError('renew-invalid', 'the new certificate is not valid now', {
      hint: "compare this machine's clock with the proxy's",
    })
  }
  const files: IdentityFiles = { privateKeyPem: old.privateKeyPem, certificatePem, caPem }
  return storeIdentity(stateDir, files)
}
