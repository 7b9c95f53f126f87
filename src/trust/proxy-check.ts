// Is the daemon at the other end the proxy that a join token names? Decided from the certificates
// that it presented in the TLS handshake (which proved that it has the leaf's key).

import { VnetError } from '../base/errors.ts'
import type { CertificateInfo } from './certificate.ts'
import { isSignedBy, parseCertificate, validityAt } from './certificate.ts'
import type { DaemonIdentity } from './name.ts'
import { formatUri } from './name.ts'

export interface PresentedChain {
  /** DER of the proxy's own certificate. */
  readonly leaf: Uint8Array
  /** DER of the last certificate of the chain that it sent; null: it sent only its own. */
  readonly authority: Uint8Array | null
}

/**
 * Returns the proxy's identity.
 * @throws VnetError `join-wrong-ca` if the CA is not the token's, `join-not-proxy` if the daemon is
 *   not a proxy, `clock-skew` if its certificate is not valid by this machine's clock.
 */
export function checkProxy({
  chain,
  caFingerprint,
  nowMs,
}: {
  readonly chain: PresentedChain
  readonly caFingerprint: string
  readonly nowMs: number
}): DaemonIdentity {
  const { leaf, authority } = chain
  const isRight =
    authority !== null &&
    parseCertificate(authority).fingerprintSha256 === caFingerprint &&
    isSignedBy(leaf, authority)
  if (!isRight) {
    throw new VnetError(
      'join-wrong-ca',
      'the daemon at this address belongs to another network than the token, or somebody is in ' +
        'between (man in the middle); nothing secret was sent to it',
      { hint: 'check the address, and that the token was made by this proxy' },
    )
  }
  const certificate = parseCertificate(leaf)
  checkClock(certificate, nowMs)
  if (certificate.identity?.role === 'proxy') return certificate.identity
  const who = certificate.identity === null ? 'a stranger' : formatUri(certificate.identity)
  throw new VnetError('join-not-proxy', `the daemon at this address is ${who}, not the proxy`, {
    hint: 'join at the address of the proxy; `vnet token create` prints the whole command',
  })
}

/** @throws VnetError `clock-skew`. */
export function checkClock(
  certificate: Pick<CertificateInfo, 'notBeforeMs' | 'notAfterMs'>,
  nowMs: number,
): void {
  const validity = validityAt(certificate, nowMs)
  if (validity === 'valid') return
  const iso = (timeMs: number) => new Date(timeMs).toISOString()
  const { notBeforeMs, notAfterMs } = certificate
  const life =
    validity === 'expired' ? `ended at ${iso(notAfterMs)}` : `begins at ${iso(notBeforeMs)}`
  throw new VnetError(
    'clock-skew',
    `by this machine's clock it is ${iso(nowMs)}, but the certificate's life ${life}`,
    { hint: "set this machine's clock (and compare it with the proxy's), then try again" },
  )
}
