// What the native plane is handed from JavaScript: a wrong value is an error with a name, whatever
// it is, and never the end of the process. And its ports' devices: free again once removed.

import { execFileSync } from 'node:child_process'
import { afterEach, describe, expect, it } from 'vitest'
import { createNativePlane } from '../../src/native/native-plane.ts'
import type { LinkId, Plane, PlaneOptions, PortId } from '../../src/plane/plane.ts'
import { until } from '../support/netns.ts'

const planes: Plane[] = []

function createPlane(options: Partial<PlaneOptions> = {}) {
  const plane = createNativePlane({ role: 'host', workers: 2, ...options })
  planes.push(plane)
  return plane
}

afterEach(async () => {
  for (const plane of planes.splice(0)) await plane.close()
})

/** Values that the types forbid and a program may hand over all the same. */
const wrong = (value: unknown) => value as never
const PEER = { role: 'fast-path', peer: 'beta' } as const
const MAC = wrong('02:00:00:00:00:01')

describe('wrong arguments of the native plane', () => {
  it.each([
    { workers: 0 },
    { workers: 1e9 },
    { workers: Number.NaN },
    { stormLimitFramesPerSecond: -1 },
    { stormLimitFramesPerSecond: 2 ** 31 },
    { macAgeMs: 0.5 },
    { datagramsFromRttUs: -1 },
    { datagramsFromRttUs: 1e9 },
  ])('%j is refused', (options) => {
    expect(() => createPlane(options)).toThrow(
      expect.objectContaining({ code: 'argument-invalid' }),
    )
  })

  const calls: readonly [string, (plane: Plane) => unknown][] = [
    ['a port above 65535', (plane) => plane.dial({ host: '127.0.0.1', port: 70_000 })],
    ['no port', (plane) => plane.dial({ host: '127.0.0.1', port: Number.NaN })],
    ['a negative port', (plane) => plane.listen({ address: '127.0.0.1', port: -1 })],
    ['no address', (plane) => plane.listen({ address: wrong(undefined), port: 0 })],
    ['text as a message', (plane) => plane.sendControl(1 as LinkId, wrong('text'))],
    ['text as a frame', (plane) => plane.inject(1 as PortId, wrong('text'))],
    ['half an id', (plane) => plane.closeLink(1.5 as LinkId, '')],
    ['no id', (plane) => plane.removePort(wrong(null))],
    ['no MAC', (plane) => plane.forgetMac(wrong(undefined))],
    ['no place', (plane) => plane.setPin(MAC, wrong({ kind: 'moon' }))],
    ['no target', (plane) => plane.setRule({ destination: MAC, target: wrong({ kind: 'x' }) })],
    ['a huge MTU', (plane) => plane.addPort({ ...tap('vnarg0'), mtu: 1e6 })],
    ['a NUL', (plane) => plane.addPort(tap('vn\0arg'))],
    ['no snap length', (plane) => plane.capture({ port: 1 as PortId }, { snapBytes: -1 })],
    ['no transport', (plane) => plane.admit(1 as LinkId, { ...PEER, transport: wrong('sctp') })],
    ['no key', (plane) => plane.setCredentials(wrong({ certificateChainPem: '' }))],
  ]
  it.each(calls)('%s is refused', (_, call) => {
    const plane = createPlane()
    expect(() => call(plane)).toThrow(expect.objectContaining({ code: 'argument-invalid' }))
  })

  it('a text that is no MAC address is refused as that', () => {
    const plane = createPlane()
    const refusal = expect.objectContaining({ code: 'mac-invalid' })
    expect(() => plane.setOwner(wrong('02:00'), 1 as LinkId)).toThrow(refusal)
    expect(() => plane.addPort({ ...tap('vnarg0'), mac: wrong('zz') })).toThrow(refusal)
  })
})

const tap = (device: string) => ({ kind: 'tap', name: 'vm', device }) as const

describe.skipIf(process.getuid?.() !== 0)('the device of a port', () => {
  it('is free when the port is removed', () => {
    const plane = createPlane()
    for (let round = 0; round < 50; round++) {
      const { id } = plane.addPort(tap('vnarg0'))
      plane.removePort(id)
    }
    expect(plane.ports()).toEqual([])
  })

  it.each(['tap', 'pcap'] as const)('is missed when it is removed (%s)', async (kind) => {
    const plane = createPlane()
    const states: string[] = []
    plane.onEvent = (event) => {
      if (event.kind === 'port-state') states.push(`${event.state}: ${event.reason}`)
    }
    execFileSync('ip', ['tuntap', 'add', 'vnarg1', 'mode', 'tap'])
    execFileSync('ip', ['link', 'set', 'vnarg1', 'up'])
    try {
      const port =
        kind === 'tap' ? { ...tap('vnarg1'), isPersistent: true } : { ...tap('vnarg1'), kind }
      plane.addPort(port)
      execFileSync('ip', ['link', 'set', 'vnarg1', 'down'])
      execFileSync('ip', ['link', 'set', 'vnarg1', 'up'])
      expect(plane.ports()[0]?.state).toBe('up')
    } finally {
      execFileSync('ip', ['link', 'delete', 'vnarg1'])
    }
    await until(() => states.length > 0, { what: 'the port is down', timeoutMs: 5_000 })
    expect(plane.ports()[0]?.state).toBe('down')
    expect(states).toHaveLength(1)
  })
})
