// What a daemon tells the plane about its ports: its own connections are kept out of captures.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MemoryPlane } from '../../../src/plane/memory-plane.ts'
import type { PortOptions } from '../../../src/plane/plane.ts'
import { Overlay } from '../../support/overlay.ts'

const ANY_LISTEN = 'listen: { port: 0 }\n'
const LAN = 'ports: [{ name: lan, kind: pcap, device: eth7 }]\n'

const addPort = vi.spyOn(MemoryPlane.prototype, 'addPort')
let overlay: Overlay

beforeEach(() => {
  overlay = new Overlay()
})
afterEach(async () => {
  addPort.mockClear()
  await overlay.close()
})

const excluded = () => {
  const ports = addPort.mock.calls.map(([options]): PortOptions => options)
  return ports.find((options) => options.kind === 'pcap')?.excludePorts
}

test('a proxy that listens on any port keeps the one that it got out of captures', async () => {
  const { admin } = await overlay.startProxy(`${ANY_LISTEN}${LAN}`)
  expect(admin.status().listen?.port).toBeGreaterThan(0)
  expect(excluded()).toEqual([admin.status().listen?.port])
})

test('a host keeps out the port that it got, and the one of the proxy', async () => {
  await overlay.startProxy()
  const { daemon } = await overlay.startHost('alpha', ANY_LISTEN, LAN)
  expect(excluded()).toEqual([7707, daemon.admin.status().listen?.port])
  await daemon.stop()
})
