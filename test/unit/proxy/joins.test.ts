// Strangers at the proxy: one request each, and whoever is silent makes room for others.

import { beforeEach, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/base/clock.ts'
import { createLog } from '../../../src/base/log.ts'
import type { JoinLinks } from '../../../src/daemon/peer.ts'
import type { LinkId } from '../../../src/plane/plane.ts'
import { createJoinLinks, JOIN_TIMEOUT_MS, JOINS_MAX } from '../../../src/proxy/joins.ts'
import { encodeControl } from '../../../src/wire/control.ts'
import { helloOf } from '../../support/raw-peer.ts'
import { pendingLink, type RecordingPlane, recordPlane } from '../../support/recording-plane.ts'

const response = {
  ...{ errorCode: 'token-used', error: 'the token has been used up' },
  ...{ certificatePem: '', caPem: '', proxyName: '', network: '' },
}
const request = encodeControl({
  ...{ kind: 'joinRequest', requestId: 7, tokenSecret: 'x', name: 'alpha' },
  csrDer: new Uint8Array(4),
})
const hub = createLog({ level: 'info', format: 'json', console: -1 })

let plane: RecordingPlane
let clock: VirtualClock
let joins: JoinLinks
let linesBefore = 0
const logged = () =>
  hub
    .recent(2_000)
    .slice(linesBefore)
    .map((line) => JSON.parse(line))
const arrive = (id: number) => joins.onPending(pendingLink(id, { purpose: 'join' }))
const link = (id: number) => id as LinkId

beforeEach(() => {
  plane = recordPlane()
  clock = new VirtualClock()
  linesBefore = hub.recent(2_000).length
  joins = createJoinLinks({
    ...{ plane, clock, log: hub.log, onOutcome: () => {} },
    server: {
      handle: async () => ({ response, host: null, revoked: [], internalError: null }),
    },
  })
})

test('a request is answered once, and the code is in the log', async () => {
  arrive(1)
  joins.onMessage(link(1), request)
  joins.onMessage(link(1), request)
  await expect.poll(() => plane.closed.has(link(1))).toBe(true)
  expect(plane.sent(link(1))).toMatchObject([{ kind: 'joinResponse', requestId: 7, ...response }])
  joins.onClosed(link(1), { code: 'closed-here', reason: 'answered' })
  expect(logged()).toMatchObject([{ code: 'token-used', name: 'alpha', level: 40 }])
})

test('anything but a request is refused with a Goodbye', () => {
  arrive(1)
  joins.onMessage(link(1), encodeControl(helloOf('alpha')))
  arrive(2)
  joins.onMessage(link(2), Uint8Array.of(0xff, 0xff))
  for (const id of [1, 2]) {
    expect(plane.sent(link(id))).toMatchObject([{ kind: 'goodbye', code: 'protocol' }])
    expect(plane.closed.has(link(id))).toBe(true)
  }
  expect(logged().map((line) => line.code)).toEqual(['protocol', 'protocol'])
})

test('with too many silent ones, the one that is silent for longest gives way', () => {
  for (let id = 1; id <= JOINS_MAX + 1; id++) arrive(id)
  expect([...plane.closed.keys()]).toEqual([1])
  expect(plane.sent(link(1))).toMatchObject([{ kind: 'goodbye', code: 'limit' }])
  joins.onClosed(link(1), { code: 'closed-here', reason: '' })
  joins.onMessage(link(2), request) // no silent one any more, so it may stay
  arrive(JOINS_MAX + 2)
  expect([...plane.closed.keys()]).toEqual([1])
})

test('silence for too long, and an end without a request, are told in the log', () => {
  arrive(1)
  clock.advance(JOIN_TIMEOUT_MS)
  expect(plane.sent(link(1))).toMatchObject([{ kind: 'goodbye', code: 'no-hello' }])
  arrive(2)
  joins.onClosed(link(2), { code: 'protocol', reason: 'unknown message type' })
  expect(logged()).toMatchObject([
    { code: 'no-hello', msg: 'join: no join request in time' },
    { code: 'protocol', msg: 'join: no request: unknown message type' },
  ])
})
