// A daemon must not tunnel through its own devices.

import { describe, expect, it } from 'vitest'
import { parseMac } from '../../../src/base/mac.ts'
import { localDevices, ownPortWith, refuseOwnDevice } from '../../../src/tap/underlay.ts'

const MAC = parseMac('02:00:00:00:00:01')
const PORTS = [
  { name: 'vm1', kind: 'tap', device: 'vnet0', mac: MAC },
  { name: 'lan', kind: 'pcap', device: 'eth1', mac: null },
  { name: 'test', kind: 'memory', device: null, mac: null },
] as const
const DEVICES = [
  { name: 'vnet0', mac: MAC, addresses: ['10.77.0.1', 'fe80::1'] },
  { name: 'eth1', mac: '02:00:00:00:00:02', addresses: ['192.168.0.2'] },
  { name: 'lo', mac: '00:00:00:00:00:00', addresses: ['127.0.0.1'] },
]

describe('ownPortWith', () => {
  it('finds the TAP port that an address is on, however the address is written', () => {
    expect(ownPortWith('10.77.0.1', PORTS, DEVICES)).toBe('vm1')
    expect(ownPortWith('::ffff:10.77.0.1', PORTS, DEVICES)).toBe('vm1')
    expect(ownPortWith('fe80::1%vnet0', PORTS, DEVICES)).toBe('vm1')
  })

  it('leaves all other addresses alone, those of captured interfaces among them', () => {
    expect(ownPortWith('192.168.0.2', PORTS, DEVICES)).toBeNull()
    expect(ownPortWith('127.0.0.1', PORTS, localDevices())).toBeNull()
  })

  it('does not mistake a device of the same name in a guest for one of its own', () => {
    const elsewhere = PORTS.map((port) => ({ ...port, mac: parseMac('02:00:00:00:00:99') }))
    expect(ownPortWith('10.77.0.1', elsewhere, DEVICES)).toBeNull()
  })
})

describe('refuseOwnDevice', () => {
  it("refuses to capture on the overlay's own TAP, and names the port", () => {
    expect(() => refuseOwnDevice('vnet0', PORTS)).toThrow(/port 'vm1'/)
  })
  it('lets other interfaces through', () => {
    expect(() => refuseOwnDevice('eth1', PORTS)).not.toThrow()
  })
})
