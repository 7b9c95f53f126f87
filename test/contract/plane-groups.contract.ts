// Contract of planes: broadcast and multicast go over the star and to ports, once each, and never
// over a fast path.

import { describe, expect } from 'vitest'
import { BROADCAST_MAC, parseMac } from '../../src/base/mac.ts'
import type { CreateFixture } from './plane-fixture.ts'
import { overlayTests } from './plane-overlay.ts'

const MULTICAST = parseMac('01:00:5e:00:00:fb')

export function describeGroups(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  describe('a frame for a group', () => {
    for (const [kind, group] of [
      ['broadcast', BROADCAST_MAC],
      ['multicast', MULTICAST],
    ] as const) {
      test(`(${kind}) comes once to every other station`, async (net) => {
        const { proxy, hosts } = await net.star('alpha', 'beta')
        const fast = await net.connect(...hosts, 'fast-path')
        const [alpha, beta] = hosts
        const all = net.stations(alpha, alpha, beta, beta, proxy)
        for (const sender of all) {
          const others = all.filter((station) => station !== sender)
          await net.expectOnlyAt(sender.send(group), others)
        }
        expect(alpha.link(fast.a).txFrames).toBe(0)
        expect(beta.link(fast.b).txFrames).toBe(0)
      })
    }

    test('stays at the ports of a host without a star', async (net) => {
      const [alpha, beta] = await net.daemons('alpha', 'beta')
      await net.connect(alpha, beta, 'fast-path')
      const [sender, beside] = net.stations(alpha, alpha, beta)
      await net.expectOnlyAt(sender.broadcast(), [beside])
    })

    test('is dropped where it arrives by a fast path', async (net) => {
      const [alpha, beta] = await net.daemons('alpha', 'beta')
      const ends = await net.dial(alpha, beta)
      alpha.plane.admit(ends.a, { role: 'star', peer: 'beta' })
      beta.plane.admit(ends.b, { role: 'fast-path', peer: 'alpha' })
      const [sender] = net.stations(alpha, beta)
      await net.expectOnlyAt(sender.broadcast(), [])
      expect(beta.dropped('no-route')).toBe(1)
    })

    test('does not take a rule', async (net) => {
      const [alpha, beta] = await net.daemons('alpha', 'beta')
      const { a: link } = await net.connect(alpha, beta, 'fast-path')
      const [sender] = net.stations(alpha, beta)
      alpha.plane.setRule({ destination: BROADCAST_MAC, target: { kind: 'link', link } })
      await net.expectOnlyAt(sender.broadcast(), [])
    })

    test('is not passed on by a host from a star link to another', async (net) => {
      const [alpha, beta, gamma] = await net.daemons('alpha', 'beta', 'gamma')
      await net.connect(alpha, beta, 'star')
      await net.connect(gamma, beta, 'star')
      const [sender, between] = net.stations(alpha, beta, gamma)
      await net.expectOnlyAt(sender.broadcast(), [between])
    })
  })
}
