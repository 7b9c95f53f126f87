// Links from the handshake on: who is refused, what it is told, and what the log says of it.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/base/clock.ts'
import { createLog } from '../../../src/base/log.ts'
import type { PeersOptions } from '../../../src/daemon/peer.ts'
import { Peers } from '../../../src/daemon/peers.ts'
import type { LinkId, LinkInfo, Plane, ProtocolVersion } from '../../../src/plane/plane.ts'
import { encodeControl } from '../../../src/wire/control.ts'
import { helloOf } from '../../support/raw-peer.ts'
import { pendingLink, type RecordingPlane, recordPlane } from '../../support/recording-plane.ts'

const OWN: ProtocolVersion = { major: 1, minor: 0 }
const LINK = 1 as LinkId

let plane: RecordingPlane
let peers: Peers
let accepted: string[]
const hub = createLog({ level: 'info', format: 'json', console: -1 })
let linesBefore = 0
const logged = () =>
  hub
    .recent(2_000)
    .slice(linesBefore)
    .map((line) => JSON.parse(line))

function make(more: Partial<PeersOptions> = {}): Peers {
  return new Peers({
    plane: plane as unknown as Plane,
    clock: new VirtualClock(),
    log: hub.log,
    network: 'home',
    hello: () => ({ ...helloOf('gate'), role: 'proxy' }),
    isRevoked: () => false,
    judge: () => null,
    transportOf: () => 'auto',
    onTransport: () => {},
    onStall: () => {},
    onAccepted: (peer) => accepted.push(peer.name),
    onAcceptedEnd: () => {},
    onMessage: () => {},
    joins: null,
    ...more,
  })
}

function alphaLink(more: Partial<LinkInfo> = {}): LinkInfo {
  const uri = 'vnet://home/host/alpha'
  const certificate = { uri, publicKeySha256: 'ab'.repeat(32), serial: '1', notAfterMs: 1e15 }
  return pendingLink(LINK, { certificate, ...more })
}

beforeEach(() => {
  plane = recordPlane()
  peers = make()
  accepted = []
  linesBefore = hub.recent(2_000).length
})
afterEach(() => expect(logged().every((line) => line.level < 50)).toBe(true))

const pending = (link: LinkInfo, peerVersion: ProtocolVersion) =>
  peers.handle({ kind: 'link-pending', link, peerVersion })
const control = (message: Parameters<typeof encodeControl>[0]) =>
  peers.handle({ kind: 'control', link: LINK, message: encodeControl(message) })

test('another major version in the preface is refused, whatever the Hello says', () => {
  pending(alphaLink(), { major: 9, minor: 0 })
  control(helloOf('alpha'))
  const goodbye = { kind: 'goodbye', code: 'version', reason: expect.stringContaining('9.0') }
  expect(plane.sent(LINK)).toMatchObject([goodbye])
  expect(plane.closed.has(LINK)).toBe(true)
  expect(plane.admitted.size).toBe(0)
  expect(logged()).toMatchObject([{ code: 'version', level: 40, peer: 'alpha' }])
})

test('a newer minor version is welcome', () => {
  pending(alphaLink(), { major: 1, minor: 99 })
  control({ ...helloOf('alpha'), versionMinor: 99 })
  expect(accepted).toEqual(['alpha'])
  expect(plane.sent(LINK)).toMatchObject([{ kind: 'hello' }])
})

test('a certificate that names no daemon is refused in words', () => {
  const { certificate } = alphaLink()
  if (certificate !== null) pending(alphaLink({ certificate: { ...certificate, uri: '' } }), OWN)
  const reason = 'the certificate has no URI: it names no daemon of VNET'
  expect(plane.sent(LINK)).toMatchObject([{ kind: 'goodbye', code: 'identity', reason }])
})

test('an accepted link that breaks before it is up is told in the log', () => {
  const link = alphaLink()
  pending(link, OWN)
  peers.handle({ kind: 'link-closed', link, code: 'protocol', reason: 'unknown message type' })
  const msg = 'link lost: unknown message type'
  expect(logged()).toMatchObject([{ level: 40, peer: 'alpha', code: 'protocol', msg }])
})

test('a stranger that wants to join a host is told where to go', () => {
  pending(pendingLink(LINK, { purpose: 'join' }), OWN)
  expect(plane.sent(LINK)).toMatchObject([{ kind: 'goodbye', code: 'role' }])
  expect(plane.closed.has(LINK)).toBe(true)
  expect(logged()).toMatchObject([{ code: 'role', remote: '192.0.2.7' }])
})

test('a stranger of another major version does not get as far as joining', () => {
  const seen: number[] = []
  const joins = { onPending: () => seen.push(1), onMessage: () => {}, onClosed: () => {} }
  peers = make({ joins })
  pending(pendingLink(LINK, { purpose: 'join' }), { major: 2, minor: 0 })
  expect(seen).toEqual([])
  expect(plane.sent(LINK)).toMatchObject([{ kind: 'goodbye', code: 'version' }])
})
