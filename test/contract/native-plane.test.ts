// The native plane keeps the contract of planes: real certificates, loopback, real time.

import { expect, test } from 'vitest'
import { parseMac } from '../../src/base/mac.ts'
import { createNativePlane } from '../../src/native/native-plane.ts'
import { createNativeFixture } from './native-fixture.ts'
import { describePlane } from './plane.contract.ts'
import { makeFrame } from './plane-overlay.ts'

const [MAC_OF_ONE, MAC_OF_TWO] = [parseMac('02:00:00:00:00:01'), parseMac('02:00:00:00:00:02')]
/** As kEventsMax of native/event.h. */
const EVENTS_MAX = 65_536

describePlane('native', createNativeFixture)

test('native plane counts events that JavaScript is too busy to take', async () => {
  const plane = createNativePlane({ role: 'host' })
  const [one, two] = ['one', 'two'].map((name) => plane.addPort({ kind: 'memory', name }).id)
  if (one === undefined || two === undefined) throw new Error('no ports')
  plane.setRule({ destination: MAC_OF_TWO, target: { kind: 'port', port: two } })
  expect(plane.lostEvents()).toBe(0)
  const frame = makeFrame(MAC_OF_TWO, MAC_OF_ONE)
  // All in one turn of the event loop: nothing takes the events meanwhile.
  for (let sent = 0; sent < 2 * EVENTS_MAX; sent++) plane.inject(one, frame)
  const pause = new Int32Array(new SharedArrayBuffer(4))
  const deadlineMs = performance.now() + 20_000
  while (plane.lostEvents() === 0 && performance.now() < deadlineMs) Atomics.wait(pause, 0, 0, 5)
  expect(plane.lostEvents()).toBeGreaterThan(0)
  await plane.close()
})
