// Keeps the proxy's own certificate fresh: it signs it itself.

import type { Cancel, Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { nextCheckMs } from '../daemon/renewal.ts'
import type { Plane } from '../plane/plane.ts'
import { type LoadedIdentity, renewalDueMs } from '../trust/identity.ts'
import { ensureProxyIdentity, type TrustContext } from '../trust/proxy-trust.ts'

export interface OwnRenewal {
  check(): void
  readonly identity: LoadedIdentity
  stop(): void
}

export function createOwnRenewal(options: {
  readonly clock: Clock
  readonly log: Log
  readonly plane: Pick<Plane, 'setCredentials'>
  readonly trust: TrustContext
  readonly stateDir: string
  readonly identity: LoadedIdentity
}): OwnRenewal {
  const { clock, log, trust, stateDir } = options
  let identity = options.identity
  let isStopped = false
  let cancel: Cancel = () => {}

  async function renew(): Promise<void> {
    const fresh = await ensureProxyIdentity(trust, { stateDir, nowMs: clock.wallMs() })
    if (isStopped || fresh.certificate.serial === identity.certificate.serial) return
    identity = fresh
    options.plane.setCredentials(identity.credentials)
    log.info({ serial: identity.certificate.serial }, 'own certificate renewed')
  }

  function check() {
    cancel()
    if (clock.wallMs() < renewalDueMs(identity.certificate)) return rest()
    renew()
      .catch((error) => log.error({ err: error }, `renewal failed: ${messageOf(error)}`))
      .finally(rest)
  }

  function rest(): void {
    const delayMs = nextCheckMs(renewalDueMs(identity.certificate), clock.wallMs())
    if (!isStopped) cancel = clock.after(delayMs, check)
  }

  return {
    check,
    get identity() {
      return identity
    },
    stop() {
      isStopped = true
      cancel()
    },
  }
}
