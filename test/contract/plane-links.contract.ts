// Contract of planes: a link's life, from the dial to the end, and who is refused.

import { describe, expect } from 'vitest'
import { DEAD_PEER_MS } from '../../src/base/limits.ts'
import type { CreateFixture, CredentialKind } from './plane-fixture.ts'
import { isSame, overlayTests } from './plane-overlay.ts'

export function describeLinks(createFixture: CreateFixture): void {
  describe('a link', () => {
    describeBeginning(createFixture)
    describeRefusals(createFixture)
    describeEnd(createFixture)
    describeCuts(createFixture)
  })
}

function describeBeginning(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('shows both ends who the other is, and waits for admission', async (net) => {
    const [alpha, beta] = await net.daemons('alpha', 'beta')
    const ends = await net.dial(alpha, beta)
    const pending = { state: 'pending', purpose: 'link', role: null, peer: null }
    expect(alpha.link(ends.a)).toMatchObject({ ...pending, direction: 'dialled' })
    expect(beta.link(ends.b)).toMatchObject({ ...pending, direction: 'accepted' })
    expect(alpha.link(ends.a).certificate?.uri).toBe('vnet://contract/host/beta')
    expect(beta.link(ends.b).certificate?.uri).toBe('vnet://contract/host/alpha')
    expect(beta.link(ends.b).certificate?.publicKeySha256).toMatch(/^[0-9a-f]{64}$/)
    expect(alpha.eventsOf('link-pending')[0]?.peerVersion).toEqual({ major: 1, minor: 0 })
    alpha.plane.admit(ends.a, { role: 'star', peer: 'beta' })
    expect(alpha.link(ends.a)).toMatchObject({ state: 'admitted', role: 'star', peer: 'beta' })
  })

  test('carries no frames before it is admitted', async (net) => {
    const [alpha, beta] = await net.daemons('alpha', 'beta')
    const ends = await net.dial(alpha, beta)
    const [sender] = net.stations(alpha, beta)
    await net.expectOnlyAt(sender.broadcast(), [])
    alpha.plane.admit(ends.a, { role: 'star', peer: 'beta' })
    await net.expectOnlyAt(sender.broadcast(), [])
    expect(beta.link(ends.b).drops).toEqual({ 'not-admitted': 1 })
  })

  test('measures the time there and back', async (net) => {
    const { proxy, hosts, links } = await net.star('alpha')
    await net.until(() => hosts[0].link(links[0].a).rttUs !== null, 'measured here')
    await net.until(() => proxy.link(links[0].b).rttUs !== null, 'measured there')
    expect(hosts[0].link(links[0].a).rttUs).toBeLessThan(1_000_000)
  })

  test('tells of events only after the call that caused them', async (net) => {
    const host = await net.daemon('alpha')
    const [sender, receiver] = net.stations(host, host)
    sender.broadcast()
    net.fixture.dialNobody(host.plane)
    expect(host.events).toEqual([])
    await net.until(() => receiver.inbox().length === 1, 'frame')
  })
}

function describeRefusals(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  for (const kind of ['foreign-ca', 'expired'] satisfies CredentialKind[]) {
    test(`with a certificate (${kind}) is refused, and nothing else disturbed`, async (net) => {
      const { proxy, hosts } = await net.star('alpha')
      const stranger = await net.daemon('beta', {}, kind)
      await net.fixture.dial(stranger.plane, proxy.plane)
      await net.until(() => stranger.eventsOf('link-closed').length === 1, 'closed')
      await net.until(() => proxy.eventsOf('refused').length === 1, 'refused')
      expect(stranger.eventsOf('link-closed')[0]?.code).toBe('tls-failed')
      expect(stranger.eventsOf('link-closed')[0]?.reason).not.toBe('')
      expect(proxy.eventsOf('refused')[0]?.reason).not.toBe('')
      expect(stranger.eventsOf('link-pending')).toEqual([])
      expect(proxy.eventsOf('link-pending')).toHaveLength(1)
      const [sender, receiver] = net.stations(...hosts, proxy)
      await net.expectOnlyAt(sender.broadcast(), [receiver])
    })
  }

  test('to where nobody listens fails to connect', async (net) => {
    const host = await net.daemon('alpha')
    const id = net.fixture.dialNobody(host.plane)
    await net.until(() => host.eventsOf('link-closed').length === 1, 'closed')
    expect(host.eventsOf('link-closed')).toMatchObject([
      { code: 'connect-failed', link: { id, state: 'closed' } },
    ])
    expect(host.plane.links()).toEqual([])
  })

  test('is not dialled by a name', async (net) => {
    const host = await net.daemon('alpha')
    const dial = () => host.plane.dial({ host: 'localhost', port: 7_707 })
    expect(dial).toThrowError(expect.objectContaining({ code: 'dial-failed' }))
    expect(host.plane.links()).toEqual([])
  })

  test('needs credentials that can be read', async (net) => {
    const host = await net.daemon('alpha')
    const bad = { certificateChainPem: 'none', privateKeyPem: '', trustedCaPem: '' }
    const code = 'credentials-invalid'
    expect(() => host.plane.setCredentials(bad)).toThrowError(expect.objectContaining({ code }))
  })

  test('stays as it is when the credentials change', async (net) => {
    const { proxy, hosts } = await net.star('alpha')
    proxy.plane.setCredentials(await net.fixture.credentials('proxy', 'foreign-ca'))
    const [sender, receiver] = net.stations(...hosts, proxy)
    await net.expectOnlyAt(sender.broadcast(), [receiver])
    await net.fixture.dial(hosts[0].plane, proxy.plane)
    await net.until(() => proxy.eventsOf('refused').length === 1, 'a new one is refused')
  })

  test('needs a port that is free', async (net) => {
    const host = await net.daemon('alpha')
    const code = 'listen-failed'
    expect(() => net.fixture.listen(host.plane)).toThrowError(expect.objectContaining({ code }))
  })
}

function describeEnd(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('is closed here and by the peer, after the control that was queued', async (net) => {
    const { proxy, hosts, links } = await net.star('alpha')
    const [ends] = links
    hosts[0].plane.sendControl(ends.a, new Uint8Array([1, 2, 3]))
    hosts[0].plane.closeLink(ends.a, 'enough')
    const isOver = () => [proxy, ...hosts].every((d) => d.eventsOf('link-closed').length === 1)
    await net.until(isOver, 'closed at both ends')
    const here = { code: 'closed-here', reason: 'enough', link: { id: ends.a } }
    expect(hosts[0].eventsOf('link-closed')).toMatchObject([here])
    expect(proxy.eventsOf('link-closed')).toMatchObject([{ code: 'closed-by-peer' }])
    expect(proxy.eventsOf('control')).toHaveLength(1)
    expect([...hosts[0].plane.links(), ...proxy.plane.links()]).toEqual([])
    expect(hosts[0].plane.sendControl(ends.a, new Uint8Array(1))).toBe(false)
  })

  test('lets what is queued as control out before it ends', async (net) => {
    const { proxy, hosts, links } = await net.star('alpha')
    net.fixture.setCut(hosts[0].plane, proxy.plane, true)
    hosts[0].plane.sendControl(links[0].a, new Uint8Array([1, 2, 3]))
    hosts[0].plane.closeLink(links[0].a, 'enough')
    await net.fixture.advance(100)
    net.fixture.setCut(hosts[0].plane, proxy.plane, false)
    await net.until(() => proxy.eventsOf('link-closed').length === 1, 'closed there')
    expect(proxy.eventsOf('control').map(({ message }) => [...message])).toEqual([[1, 2, 3]])
  })

  test('ends for the peers of a plane that closes', async (net) => {
    const { proxy, hosts } = await net.star('alpha', 'beta')
    await proxy.plane.close()
    const closedAt = () => hosts.map((host) => host.eventsOf('link-closed')[0]?.code)
    await net.until(() => !closedAt().includes(undefined), 'closed at both')
    expect(closedAt()).toEqual(['closed-by-peer', 'closed-by-peer'])
  })
}

function describeCuts(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('over a dead path ends at both ends within the time', async (net) => {
    const { proxy, hosts } = await net.star('alpha')
    net.fixture.setCut(hosts[0].plane, proxy.plane, true)
    await net.fixture.advance(DEAD_PEER_MS / 2)
    expect(hosts[0].eventsOf('link-closed')).toEqual([])
    await net.fixture.advance(3_000 - DEAD_PEER_MS / 2)
    for (const daemon of [proxy, ...hosts]) {
      expect(daemon.eventsOf('link-closed').map(({ code }) => code)).toEqual(['dead-peer'])
    }
  })

  test('lives through a short cut and loses nothing', async (net) => {
    const { proxy, hosts } = await net.star('alpha')
    const [sender, receiver] = net.stations(...hosts, proxy)
    net.fixture.setCut(hosts[0].plane, proxy.plane, true)
    const frames = Array.from({ length: 100 }, () => sender.send(receiver))
    await net.fixture.advance(1_000)
    expect(receiver.inbox()).toEqual([])
    net.fixture.setCut(hosts[0].plane, proxy.plane, false)
    await net.until(() => receiver.inbox().length >= 100, 'all frames')
    await net.settle()
    expect(isSame(receiver.inbox(), frames)).toBe(true)
  })
}
