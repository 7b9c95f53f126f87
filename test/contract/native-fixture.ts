// The native plane with what the contract of planes needs: real certificates, relays on loopback
// that can be cut, real time.

import { setTimeout as sleep } from 'node:timers/promises'
import { createNativePlane } from '../../src/native/native-plane.ts'
import type { Credentials, Plane } from '../../src/plane/plane.ts'
import type { TestNetwork } from '../support/identities.ts'
import { makeTestNetwork } from '../support/identities.ts'
import { until } from '../support/netns.ts'
import type { Relay } from '../support/relay.ts'
import { createRelay } from '../support/relay.ts'
import type { CredentialKind, PlaneFixture } from './plane-fixture.ts'

/** So long nothing may have moved for a fixture to be quiet. */
const QUIET_MS = 100
let network: Promise<TestNetwork> | undefined
const issued = new Map<string, Promise<Credentials>>()

function credentials(name: string, kind: CredentialKind): Promise<Credentials> {
  const key = `${name} ${kind}`
  let made = issued.get(key)
  if (made === undefined) {
    made = issue(name, kind)
    issued.set(key, made)
  }
  return made
}

async function issue(name: string, kind: CredentialKind): Promise<Credentials> {
  network ??= makeTestNetwork({ network: 'contract' })
  const ca = await network
  const role = name === 'proxy' ? 'proxy' : 'host'
  const identity = await (kind === 'good' ? ca.issue(name, role) : ca.issueBad(kind, name, role))
  return identity.credentials
}

/** Everything that changes while a frame or message is under way. */
function pulse(planes: readonly Plane[]): string {
  return JSON.stringify(
    planes.map((plane) => [
      plane.drops(),
      ...[...plane.ports(), ...plane.links()].map(({ rxFrames, txFrames }) => [rxFrames, txFrames]),
    ]),
  )
}

async function settle(planes: readonly Plane[]): Promise<void> {
  let last = pulse(planes)
  for (let quietMs = 0; quietMs < QUIET_MS; quietMs += 10) {
    await sleep(10)
    const now = pulse(planes)
    if (now !== last) quietMs = 0
    last = now
  }
}

/** Planes of one test on loopback, joined by relays. */
export interface NativeFixture extends PlaneFixture {
  /** What lies between the two, once one dialled the other. */
  relay(a: Plane, b: Plane): Relay
}

export async function createNativeFixture(): Promise<NativeFixture> {
  const planes: Plane[] = []
  const ports = new Map<Plane, number>()
  const relays = new Map<string, Relay>()
  const keyOf = (a: Plane, b: Plane) => [planes.indexOf(a), planes.indexOf(b)].sort().join(' ')
  return {
    createPlane(options) {
      const plane = createNativePlane({ workers: 2, ...options })
      planes.push(plane)
      return plane
    },
    credentials,
    async dial(from, to) {
      const key = `${keyOf(from, to)} to ${planes.indexOf(to)}`
      const relay = relays.get(key) ?? (await createRelay(ports.get(to) ?? 0))
      relays.set(key, relay)
      return from.dial({ host: '127.0.0.1', port: relay.port })
    },
    dialNobody: (from) => from.dial({ host: '127.0.0.1', port: 1 }),
    listen(plane) {
      const { port } = plane.listen({ address: '127.0.0.1', port: ports.get(plane) ?? 0 })
      ports.set(plane, port)
    },
    relay(a, b) {
      const found = [...relays].find(([key]) => key.startsWith(keyOf(a, b)))
      if (found === undefined) throw new Error('no link between them yet')
      return found[1]
    },
    setCut(a, b, isCut) {
      for (const [key, relay] of relays) if (key.startsWith(keyOf(a, b))) relay.setCut(isCut)
    },
    setUdpBlocked(a, b, isUdpBlocked) {
      for (const [key, relay] of relays) {
        if (key.startsWith(keyOf(a, b))) relay.udp.setBlocked(isUdpBlocked)
      }
    },
    async until(condition, what) {
      await until(condition, { what, timeoutMs: 10_000, intervalMs: 2 })
    },
    settle: () => settle(planes),
    advance: (ms) => sleep(ms),
    async close() {
      for (const relay of relays.values()) relay.close()
    },
  }
}
