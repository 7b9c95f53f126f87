// A daemon must not tunnel through its own devices.

import { describe, expect, it } from 'vitest'
import { deviceAddresses, ownPortWith, refuseOwnDevice } from '../../../src/tap/underlay.ts'

const PORTS = [
  { name: 'vm1', kind: 'tap', device: 'vnet0' },
  { name: 'lan', kind: 'pcap', device: 'eth1' },
  { name: 'test', kind: 'memory', device: null },
] as const
const ADDRESSES = { vnet0: ['10.77.0.1', 'fe80::1'], eth1: ['192.168.0.2'], lo: ['127.0.0.1'] }

describe('ownPortWith', () => {
  it('finds the TAP port that an address is on, however the address is written', () => {
    expect(ownPortWith('10.77.0.1', PORTS, ADDRESSES)).toBe('vm1')
    expect(ownPortWith('::ffff:10.77.0.1', PORTS, ADDRESSES)).toBe('vm1')
    expect(ownPortWith('fe80::1%vnet0', PORTS, ADDRESSES)).toBe('vm1')
  })

  it('leaves all other addresses alone, those of captured interfaces among them', () => {
    expect(ownPortWith('192.168.0.2', PORTS, ADDRESSES)).toBeNull()
    expect(ownPortWith('127.0.0.1', PORTS, deviceAddresses())).toBeNull()
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
