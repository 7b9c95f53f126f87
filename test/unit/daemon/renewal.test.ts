// Renewal of certificates in daemons: in time, by itself, again after a failure, with warnings. The
// certificates and the proxy's store are real, time is virtual.

import { mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { VirtualClock } from '../../../src/base/clock.ts'
import { createLog } from '../../../src/base/log.ts'
import type { Peer } from '../../../src/daemon/peer.ts'
import { createRenewal, nextCheckMs, RENEWAL_RETRY_MS } from '../../../src/daemon/renewal.ts'
import type { Credentials } from '../../../src/plane/plane.ts'
import { createOwnRenewal } from '../../../src/proxy/own-renewal.ts'
import { makeKeyAndCsr, signRequest } from '../../../src/trust/ca.ts'
import { type LoadedIdentity, storeIdentity } from '../../../src/trust/identity.ts'
import {
  ensureProxyIdentity,
  openProxyTrust,
  type TrustContext,
} from '../../../src/trust/proxy-trust.ts'
import { handleRenewal } from '../../../src/trust/renew.ts'
import type { ControlMessageOf } from '../../../src/wire/control.ts'

const DAY_MS = 86_400_000
const LIFE_MS = 90 * DAY_MS

let folder: string
let clock: VirtualClock
let trust: TrustContext
const hub = createLog({ level: 'info', format: 'json', console: openSync('/dev/null', 'w') })
const taken: Credentials[] = []
const plane = { setCredentials: (credentials: Credentials) => void taken.push(credentials) }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vnet-renewal-'))
  clock = new VirtualClock({ wallMs: Date.now() })
  taken.length = 0
  trust = await openProxyTrust({
    stateDir: join(folder, 'proxy'),
    network: 'home',
    proxyName: 'hub',
    nowMs: clock.wallMs(),
    certificateLifetimeMs: LIFE_MS,
  })
})
afterEach(() => {
  trust.store.close()
  rmSync(folder, { recursive: true, force: true })
})

async function joinAlpha(): Promise<LoadedIdentity> {
  const { privateKeyPem, csrDer } = await makeKeyAndCsr()
  const identity = { network: 'home', role: 'host', name: 'alpha' } as const
  const { authority } = trust
  const nowMs = clock.wallMs()
  const issued = await signRequest({ authority, csrDer, identity, nowMs, lifetimeMs: LIFE_MS })
  trust.store.putHost({
    name: 'alpha',
    publicKeySha256: issued.publicKeySha256,
    serial: issued.serial,
    joinedAtMs: nowMs,
    certificateNotAfterMs: issued.notAfterMs,
    isRevoked: false,
    lastAddress: null,
    lastSeenMs: null,
  })
  const { certificatePem } = issued
  const caPem = authority.certificatePem
  return storeIdentity(join(folder, 'alpha'), { privateKeyPem, certificatePem, caPem })
}

/** The proxy's side, without a link between. */
function proxyOf(identity: LoadedIdentity): Peer {
  const ask = async (question: object) => {
    const request = question as ControlMessageOf<'renewRequest'>
    const { publicKeySha256 } = identity.certificate
    const peer = { identity: identity.who, publicKeySha256 }
    const { response } = await handleRenewal(trust, { request, peer, nowMs: clock.wallMs() })
    return { kind: 'renewResponse', requestId: 1, ...response }
  }
  return { ask } as unknown as Peer
}

function renewalOf(identity: LoadedIdentity, proxy: () => Peer | null) {
  const stateDir = join(folder, 'alpha')
  return createRenewal({ clock, log: hub.log, plane, stateDir, identity, proxy })
}

describe('a host', () => {
  test('renews when a third of the life is left, and not before', async () => {
    const identity = await joinAlpha()
    const renewal = renewalOf(identity, () => proxyOf(identity))
    renewal.check()
    clock.advance(59 * DAY_MS)
    expect(renewal.identity).toBe(identity)
    clock.advance(2 * DAY_MS)
    await vi.waitFor(() => expect(taken).toHaveLength(1))
    const { certificate } = renewal.identity
    expect(certificate.publicKeySha256).toBe(identity.certificate.publicKeySha256)
    expect(certificate.notAfterMs).toBeGreaterThan(identity.certificate.notAfterMs + 59 * DAY_MS)
    expect(trust.store.host('alpha')?.serial).toBe(certificate.serial)
    renewal.stop()
  })

  test('without the proxy: warns at 30, 7 and 1 days, and renews when it is back', async () => {
    const identity = await joinAlpha()
    let proxy: Peer | null = null
    const renewal = renewalOf(identity, () => proxy)
    renewal.check()
    const warnings = () => hub.recent(50).filter((line) => line.includes('certificate expires'))
    const seen = [59, 61, 84, 89.5].map((day) => {
      clock.advance(day * DAY_MS - (clock.wallMs() - (identity.certificate.notAfterMs - LIFE_MS)))
      return warnings().length
    })
    expect(seen).toEqual([0, 1, 2, 3])
    proxy = proxyOf(identity)
    renewal.check()
    await vi.waitFor(() => expect(taken).toHaveLength(1))
    renewal.stop()
  })

  test('tries again after a refusal, the old certificate stays', async () => {
    const identity = await joinAlpha()
    const renewal = renewalOf(identity, () => proxyOf(identity))
    const host = trust.store.host('alpha')
    if (host === null) throw new Error('alpha is missing')
    trust.store.putHost({ ...host, isRevoked: true })
    clock.advance(61 * DAY_MS)
    renewal.check()
    await vi.waitFor(() => expect(hub.recent(5).join('\n')).toContain('renewal failed'))
    expect(renewal.identity).toBe(identity)
    trust.store.putHost(host)
    await vi.waitFor(() => {
      clock.advance(RENEWAL_RETRY_MS)
      expect(taken).toHaveLength(1)
    })
    renewal.stop()
  })
})

test('the proxy renews its own', async () => {
  const stateDir = join(folder, 'proxy')
  const identity = await ensureProxyIdentity(trust, { stateDir, nowMs: clock.wallMs() })
  const renewal = createOwnRenewal({ clock, log: hub.log, plane, trust, stateDir, identity })
  renewal.check()
  clock.advance(59 * DAY_MS)
  expect(renewal.identity).toBe(identity)
  clock.advance(2 * DAY_MS)
  await vi.waitFor(() => expect(taken).toHaveLength(1))
  expect(renewal.identity.certificate.serial).not.toBe(identity.certificate.serial)
  renewal.stop()
})

test('nextCheckMs', () => {
  expect(nextCheckMs(1_000, 2_000)).toBe(RENEWAL_RETRY_MS)
  expect(nextCheckMs(10_000, 2_000)).toBe(8_000)
  expect(nextCheckMs(2_500, 2_000)).toBe(1_000)
  expect(nextCheckMs(1e12, 0)).toBe(3_600_000)
})
