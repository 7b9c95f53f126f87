// A throw-away network for benchmarks of bare planes: one CA and a certificate a daemon. Real
// daemons get theirs by joining.

import type { Credentials } from '../src/plane/plane.ts'
import { createAuthority, makeKeyAndCsr, signRequest } from '../src/trust/ca.ts'
import { credentialsOf } from '../src/trust/identity.ts'

const NETWORK = 'bench'

/** Credentials of each named daemon; the name decides the role, `proxy` or host. */
export async function makeCredentials<N extends string>(
  names: readonly N[],
): Promise<Record<N, Credentials>> {
  const nowMs = Date.now()
  const authority = await createAuthority({ network: NETWORK, nowMs })
  const issue = async (name: N) => {
    const role = name === 'proxy' ? ('proxy' as const) : ('host' as const)
    const { privateKeyPem, csrDer } = await makeKeyAndCsr()
    const identity = { network: NETWORK, role, name }
    const { certificatePem } = await signRequest({ authority, csrDer, identity, nowMs })
    return credentialsOf({ privateKeyPem, certificatePem, caPem: authority.certificatePem })
  }
  const entries = await Promise.all(names.map(async (name) => [name, await issue(name)] as const))
  return Object.fromEntries(entries) as Record<N, Credentials>
}
