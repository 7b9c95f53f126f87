// MAC ownership at the proxy: first claims, moves, stale lists, pins, limits, flapping.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MAC_FLAP_MOVES_MAX } from '../../../src/base/limits.ts'
import type { MacAddress } from '../../../src/base/mac.ts'
import { FLAP_WINDOW_MS, Ownership, type OwnershipEvent } from '../../../src/proxy/ownership.ts'

const M1 = '52:54:00:00:00:01' as MacAddress
const M2 = '52:54:00:00:00:02' as MacAddress

function make(pins: Readonly<Record<string, string>> = {}, macsMax = 100) {
  return new Ownership({
    pinnedTo: (mac) => pins[mac] ?? null,
    macsPerHostMax: () => macsMax,
  })
}
const announced = (host: string, ...macs: MacAddress[]) =>
  ({ kind: 'announced', host, macs }) as const
const listed = (host: string, ...macs: MacAddress[]) => ({ kind: 'listed', host, macs }) as const

describe('Ownership', () => {
  test('first claim', () => {
    const ownership = make()
    expect(ownership.step(announced('a', M1), 0)).toEqual([
      { kind: 'set-owner', mac: M1, host: 'a' },
    ])
    expect(ownership.ownerOf(M1)).toBe('a')
    expect(ownership.countOf('a')).toBe(1)
  })

  test('an announcement elsewhere wins at once, and the old host is told', () => {
    const ownership = make()
    ownership.step(announced('a', M1), 0)
    expect(ownership.step(announced('b', M1), 5)).toEqual([
      { kind: 'set-owner', mac: M1, host: 'b' },
      { kind: 'tell-moved-away', mac: M1, host: 'a' },
    ])
    expect(ownership.countOf('a')).toBe(0)
  })

  test('a frame elsewhere wins, and the plane has moved it already', () => {
    const ownership = make()
    ownership.step(announced('a', M1), 0)
    expect(ownership.step({ kind: 'seen', host: 'b', mac: M1 }, 5)).toEqual([
      { kind: 'tell-moved-away', mac: M1, host: 'a' },
    ])
    expect(ownership.step({ kind: 'seen-here', mac: M1 }, 6)).toEqual([
      { kind: 'tell-moved-away', mac: M1, host: 'b' },
    ])
    expect(ownership.ownerOf(M1)).toBeNull()
  })

  test("a list after a reconnect replaces the host's own, and takes nothing from others", () => {
    const ownership = make()
    ownership.step(announced('a', M1, M2), 0)
    ownership.step(announced('b', M1), 1)
    expect(ownership.step(listed('a', M1), 2)).toEqual([
      { kind: 'forget', mac: M2 },
      { kind: 'tell-moved-away', mac: M1, host: 'a' },
    ])
    expect(ownership.ownerOf(M1)).toBe('b')
  })

  test('only the owner can remove', () => {
    const ownership = make()
    ownership.step(announced('a', M1), 0)
    expect(ownership.step({ kind: 'removed', host: 'b', macs: [M1] }, 1)).toEqual([])
    expect(ownership.step({ kind: 'removed', host: 'a', macs: [M1] }, 2)).toEqual([
      { kind: 'forget', mac: M1 },
    ])
  })

  test('a host that is down owns nothing', () => {
    const ownership = make()
    ownership.step(announced('a', M1), 0)
    expect(ownership.step({ kind: 'host-down', host: 'a' }, 1)).toEqual([])
    expect(ownership.step(listed('b', M1), 2)).toEqual([{ kind: 'set-owner', mac: M1, host: 'b' }])
  })

  test('a pinned MAC is refused elsewhere', () => {
    const ownership = make({ [M1]: 'a' })
    expect(ownership.step(announced('b', M1), 0)).toEqual([
      { kind: 'tell-moved-away', mac: M1, host: 'b' },
      { kind: 'report-refused', host: 'b', reason: `${M1} is pinned to a` },
    ])
    expect(ownership.step(announced('a', M1), 1)).toHaveLength(1)
  })

  test('a MAC that is pinned is taken from whoever has it, and learned anew', () => {
    const pins: Record<string, string> = {}
    const ownership = make(pins)
    ownership.step(announced('b', M1), 0)
    pins[M1] = 'a'
    expect(ownership.step({ kind: 'pinned', mac: M1, host: 'a' }, 1)).toEqual([
      { kind: 'forget', mac: M1 },
      { kind: 'tell-moved-away', mac: M1, host: 'b' },
    ])
    expect(ownership.ownerOf(M1)).toBeNull()
    expect(ownership.step({ kind: 'pinned', mac: M1, host: 'a' }, 2)).toEqual([
      { kind: 'forget', mac: M1 },
    ])
    ownership.step(announced('a', M1), 3)
    expect(ownership.step({ kind: 'pinned', mac: M1, host: 'a' }, 4)).toEqual([])
  })

  test('a host owns no more than its limit', () => {
    const ownership = make({}, 1)
    const commands = ownership.step(announced('a', M1, M2), 0)
    expect(commands.map((command) => command.kind)).toEqual(['set-owner', 'report-refused'])
    expect(ownership.countOf('a')).toBe(1)
  })

  test('flapping is reported once and damped', () => {
    const ownership = make()
    ownership.step(announced('a', M1), 0)
    const moves = Array.from({ length: 20 }, (_, index) =>
      ownership.step(announced(index % 2 === 0 ? 'b' : 'a', M1), index + 1),
    )
    const reports = moves.flat().filter((command) => command.kind === 'report-flapping')
    expect(reports).toHaveLength(1)
    expect(reports[0]).toMatchObject({ hosts: ['a', 'b'], moves: MAC_FLAP_MOVES_MAX })
    const told = moves.flat().filter((command) => command.kind === 'tell-moved-away')
    expect(told).toHaveLength(MAC_FLAP_MOVES_MAX)
    const later = ownership.step(announced('a', M1), MAC_FLAP_MOVES_MAX + FLAP_WINDOW_MS)
    expect(later[0]).toEqual({ kind: 'set-owner', mac: M1, host: 'a' })
  })

  test('counts by host always add up', () => {
    const hosts = ['a', 'b', 'c']
    const macs = [M1, M2, '52:54:00:00:00:03' as MacAddress]
    const event = fc.oneof(
      fc.record({
        kind: fc.constantFrom('announced', 'listed', 'removed'),
        host: fc.constantFrom(...hosts),
        macs: fc.subarray(macs),
      }),
      fc.record({
        kind: fc.constant('seen'),
        host: fc.constantFrom(...hosts),
        mac: fc.constant(M1),
      }),
      fc.record({ kind: fc.constant('host-down'), host: fc.constantFrom(...hosts) }),
    ) as fc.Arbitrary<OwnershipEvent>
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const ownership = make()
        for (const [index, one] of events.entries()) ownership.step(one, index * 700)
        for (const host of hosts) {
          const owned = macs.filter((mac) => ownership.ownerOf(mac) === host)
          expect(ownership.countOf(host)).toBe(owned.length)
        }
      }),
    )
  })
})
