// Keeps a host's certificate fresh: asks the proxy for a new one when a third of its life is left,
// and warns people when that has not worked for long. The proxy renews its own (src/proxy).

import type { Cancel, Clock } from '../base/clock.ts'
import { messageOf, VnetError } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { Plane } from '../plane/plane.ts'
import { expiryWarning, type LoadedIdentity, renewalDueMs } from '../trust/identity.ts'
import { acceptRenewal, makeRenewRequest } from '../trust/renew.ts'
import type { Peer } from './peer.ts'

/** Looked at this often at the latest: warnings, and clocks that were set. */
export const RENEWAL_CHECK_MS_MAX = 3_600_000
export const RENEWAL_RETRY_MS = 60_000
const ANSWER_TIMEOUT_MS = 10_000

export interface Renewal {
  /** Checks now; after a connect, say. */
  check(): void
  readonly identity: LoadedIdentity
  stop(): void
}

/** When to look again: at the due time, but now and then in any case. Pure. */
export function nextCheckMs(dueMs: number, nowMs: number): number {
  if (nowMs >= dueMs) return RENEWAL_RETRY_MS
  return Math.max(1_000, Math.min(RENEWAL_CHECK_MS_MAX, dueMs - nowMs))
}

export function createRenewal(options: {
  readonly clock: Clock
  readonly log: Log
  readonly plane: Pick<Plane, 'setCredentials'>
  readonly stateDir: string
  readonly identity: LoadedIdentity
  /** The proxy, while it is there. */
  readonly proxy: () => Peer | null
}): Renewal {
  const { clock, log } = options
  let identity = options.identity
  let isRunning = false
  let warned: number | null = null
  let cancel: Cancel = () => {}

  async function renew(proxy: Peer): Promise<void> {
    const request = await makeRenewRequest(options.stateDir)
    const response = await proxy.ask({ kind: 'renewRequest', ...request }, ANSWER_TIMEOUT_MS)
    if (response.kind !== 'renewResponse') {
      throw new VnetError('protocol', `the proxy answered a renewal with ${response.kind}`)
    }
    const { stateDir } = options
    identity = acceptRenewal({ stateDir, response, nowMs: clock.wallMs() })
    options.plane.setCredentials(identity.credentials)
    const until = new Date(identity.certificate.notAfterMs).toISOString()
    log.info({ until, serial: identity.certificate.serial }, 'certificate renewed')
  }

  function warn(): void {
    const warning = expiryWarning(identity.certificate, clock.wallMs())
    if (warning !== null && warning.level !== warned) log.warn(warning.message)
    warned = warning?.level ?? null
  }

  function check() {
    cancel()
    const proxy = options.proxy()
    const isDue = clock.wallMs() >= renewalDueMs(identity.certificate)
    if (!isDue || proxy === null || isRunning) return rest()
    isRunning = true
    renew(proxy)
      .catch((error) => log.error({ err: error }, `renewal failed: ${messageOf(error)}`))
      .finally(() => {
        isRunning = false
        rest()
      })
  }

  function rest(): void {
    warn()
    cancel()
    const delayMs = nextCheckMs(renewalDueMs(identity.certificate), clock.wallMs())
    cancel = clock.after(delayMs, check)
  }

  return {
    check,
    get identity() {
      return identity
    },
    stop: () => cancel(),
  }
}
