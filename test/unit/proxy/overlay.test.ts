// Proxy and hosts together on the in-memory twin: star, announcements, moves, fast paths, rules,
// revocation, restarts, fail static. Time is virtual, the databases are real.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { MacAddress } from '../../../src/base/mac.ts'
import type { AdminBackend } from '../../../src/control/backend.ts'
import { Overlay, PROXY_ADDRESS, type TestHost } from '../../support/overlay.ts'

const M1 = '52:54:00:00:00:01' as MacAddress
const M2 = '52:54:00:00:00:02' as MacAddress
const LISTEN = 'listen: { port: 7707 }\n'

let overlay: Overlay
let admin: AdminBackend
let alpha: TestHost
let beta: TestHost

const isUp = (name: string) => overlay.proxy.parts.hosts.has(name)
const ownerOf = (mac: MacAddress) => overlay.proxy.parts.macs.ownerOf(mac)
const starOf = (host: TestHost) => host.daemon.admin.status().star
const errorsIn = (host: TestHost) =>
  host.log.recent(2_000).filter((line) => JSON.parse(line).level >= 50)

beforeEach(async () => {
  overlay = new Overlay()
  admin = (await overlay.startProxy()).admin
  alpha = await overlay.startHost('alpha', LISTEN)
  beta = await overlay.startHost('beta')
  await overlay.until(() => isUp('alpha') && isUp('beta'))
})
afterEach(async () => {
  expect(errorsIn(alpha)).toEqual([])
  await overlay.close()
})

describe('star', () => {
  test('both ends see each other', () => {
    expect(starOf(alpha)).toBe('up')
    expect(admin.status()).toMatchObject({ hostsUp: 2, hostsKnown: 2, role: 'proxy' })
    expect(admin.hosts()).toMatchObject([
      { name: 'alpha', state: 'up', ports: 1 },
      { name: 'beta', state: 'up', ports: 1 },
    ])
    expect(alpha.daemon.admin.hosts().map((row) => row.name)).toEqual(['alpha', 'hub'])
  })

  test('echo to the proxy, to a host over the proxy, and to nobody', async () => {
    const ping = (host: string) =>
      overlay.during(alpha.daemon.admin.ping({ host, sequence: 3, timeoutMs: 500 }))
    expect(await ping('hub')).toMatchObject({ host: 'hub', sequence: 3, via: 'direct' })
    expect(await ping('beta')).toMatchObject({ via: 'proxy' })
    await expect(ping('gamma')).rejects.toMatchObject({ code: 'unknown-host' })
    await beta.daemon.stop()
    await overlay.until(() => !isUp('beta'))
    await expect(ping('beta')).rejects.toMatchObject({ code: 'host-down' })
  })

  test('comes back after a cut, the dead peer noticed within 3 s', async () => {
    overlay.network.setPath(PROXY_ADDRESS, alpha.address, { isCut: true })
    const noticedMs = await overlay.until(() => starOf(alpha) === 'down' && !isUp('alpha'))
    expect(noticedMs).toBeLessThan(3_000)
    await overlay.run(4_000)
    overlay.network.setPath(PROXY_ADDRESS, alpha.address, { isCut: false })
    expect(await overlay.until(() => isUp('alpha'), 6_000)).toBeLessThan(5_000)
    expect(isUp('beta')).toBe(true)
  })

  test('a second daemon with the same identity takes over, and the first stays away', async () => {
    const twin = await overlay.startHost('alpha')
    await overlay.until(() => starOf(twin) === 'up' && starOf(alpha) === 'down')
    await overlay.run(5_000)
    expect(starOf(twin)).toBe('up')
    expect(alpha.log.recent(50).join('\n')).toContain('another daemon calls itself')
    await twin.daemon.stop()
  })
})

describe('MACs', () => {
  test('are announced within a moment, and frames find their way', async () => {
    alpha.send({ from: M1, to: M2 })
    beta.send({ from: M2, to: M1 })
    await overlay.until(() => ownerOf(M1) === 'alpha' && ownerOf(M2) === 'beta', 200)
    alpha.frames.length = 0
    beta.frames.length = 0
    alpha.send({ from: M1, to: M2 })
    await overlay.run(20)
    expect(beta.frames).toHaveLength(1)
    expect(alpha.frames).toHaveLength(0)
    expect(admin.macs()).toContainEqual(
      expect.objectContaining({ mac: M1, where: 'host alpha', pinnedTo: null }),
    )
  })

  test('a move wins at once, and the old host forgets though it saw no frame', async () => {
    const gamma = await overlay.startHost('gamma')
    await overlay.until(() => isUp('gamma'))
    gamma.send({ from: M2, to: M1 })
    alpha.send({ from: M1, to: M2 })
    await overlay.until(() => ownerOf(M1) === 'alpha' && ownerOf(M2) === 'gamma')
    beta.send({ from: M1, to: M2 })
    await overlay.until(() => ownerOf(M1) === 'beta', 100)
    await overlay.run(50)
    const local = alpha.plane.macs().filter((entry) => entry.where.kind === 'port')
    expect(local.map((entry) => entry.mac)).not.toContain(M1)
  })

  test('a pinned MAC is dropped where it does not belong, and comes back unpinned', async () => {
    admin.setPin({ mac: M1, host: 'beta' })
    await overlay.run(50)
    alpha.send({ from: M1, to: M2 })
    await overlay.run(50)
    expect(alpha.plane.drops().spoofed).toBe(1)
    expect(ownerOf(M1)).toBeNull()
    beta.send({ from: M1, to: M2 })
    await overlay.until(() => ownerOf(M1) === 'beta', 200)
    admin.removePin(M1)
    await overlay.run(50)
    alpha.send({ from: M1, to: M2 })
    await overlay.until(() => ownerOf(M1) === 'alpha', 200)
    expect(() => admin.removePin(M1)).toThrow(/not pinned/)
  })
})

describe('pins', () => {
  test('a MAC that is pinned is no longer where it was stolen to', async () => {
    alpha.send({ from: M1, to: M2 })
    beta.send({ from: M1, to: M2 })
    await overlay.until(() => ownerOf(M1) === 'beta', 100)
    admin.setPin({ mac: M1, host: 'alpha' })
    await overlay.run(50)
    const isM1 = ({ mac }: { readonly mac: string }) => mac === M1
    expect(ownerOf(M1)).toBeNull()
    expect(admin.macs().filter(isM1)).toEqual([])
    expect(beta.plane.macs().filter(isM1)).toEqual([])
  })
})

describe('fast paths', () => {
  const add = () => overlay.during(admin.addLink({ a: 'alpha', b: 'beta' }))
  const fastPathsOf = (host: TestHost) => host.daemon.admin.status().fastPaths

  test('the host that cannot listen dials the one that can', async () => {
    expect(await add()).toMatchObject({ state: 'up', reason: 'beta dialled alpha' })
    expect(fastPathsOf(alpha)).toBe(1)
    expect(await add()).toMatchObject({ state: 'up', reason: 'it was up already' })
    expect(admin.hosts()[0]).toMatchObject({ fastPaths: ['beta'] })
    const ping = alpha.daemon.admin.ping({ host: 'beta', sequence: 1 })
    expect(await overlay.during(ping)).toMatchObject({ via: 'direct' })
  })

  test('removal closes it at both ends', async () => {
    await add()
    const removed = await overlay.during(admin.removeLink({ a: 'beta', b: 'alpha' }))
    expect(removed.state).toBe('removed')
    await overlay.until(() => fastPathsOf(alpha) === 0 && fastPathsOf(beta) === 0, 500)
    await expect(admin.removeLink({ a: 'alpha', b: 'beta' })).rejects.toMatchObject({
      code: 'link-unknown',
    })
  })

  test('no way between the hosts is told with its reason within 5 s', async () => {
    overlay.network.setPath(alpha.address, beta.address, { isCut: true })
    const startMs = overlay.clock.monotonicMs()
    const result = await add()
    expect(result).toMatchObject({ state: 'failed' })
    expect(result.reason).toContain('beta to alpha')
    expect(overlay.clock.monotonicMs() - startMs).toBeLessThan(5_000)
    overlay.network.setPath(alpha.address, beta.address, { isCut: false })
    await overlay.run(5_000)
    expect(fastPathsOf(beta)).toBe(0) // nothing is left of the failed order
  })

  test('nobody listens; a host is away', async () => {
    const gamma = await overlay.startHost('gamma')
    await overlay.until(() => isUp('gamma'))
    const result = await overlay.during(admin.addLink({ a: 'beta', b: 'gamma' }))
    expect(result).toMatchObject({ state: 'failed' })
    expect(result.reason).toContain('neither')
    await gamma.daemon.stop()
    await overlay.until(() => !isUp('gamma'))
    await expect(admin.addLink({ a: 'alpha', b: 'gamma' })).rejects.toMatchObject({
      code: 'host-down',
    })
  })

  test('a lost link comes back by itself; its rule falls back to the star meanwhile', async () => {
    await add()
    await overlay.during(admin.setRule({ destination: M1, target: 'host:alpha' }, 'beta'))
    alpha.send({ from: M1, to: M2 })
    await overlay.run(100)
    const sendDirect = async () => {
      alpha.frames.length = 0
      beta.send({ from: M2, to: M1 })
      await overlay.run(100)
      return alpha.frames.length
    }
    const rule = () => beta.daemon.admin.rules()[0]
    expect(await sendDirect()).toBe(1)
    expect(rule()).toMatchObject({ target: 'host alpha', frames: 1 })
    overlay.network.setPath(alpha.address, beta.address, { isCut: true })
    await overlay.until(() => fastPathsOf(beta) === 0, 4_000)
    expect(rule()?.target).toContain('down')
    expect(await sendDirect()).toBe(1) // by the star
    overlay.network.setPath(alpha.address, beta.address, { isCut: false })
    await overlay.until(() => fastPathsOf(beta) === 1 && fastPathsOf(alpha) === 1, 6_000)
    expect(rule()?.target).toBe('host alpha')
    expect(await sendDirect()).toBe(1)
  })

  test('carries a pinned MAC from the host that it is pinned to, as the star does', async () => {
    await add()
    await overlay.during(admin.setRule({ destination: M1, target: 'host:alpha' }, 'beta'))
    alpha.send({ from: M1, to: M2 })
    admin.setPin({ mac: M2, host: 'beta' })
    await overlay.run(100)
    const arrived = async () => {
      alpha.frames.length = 0
      beta.send({ from: M2, to: M1 })
      await overlay.run(100)
      return alpha.frames.length
    }
    expect(await arrived()).toBe(1)
    expect(beta.daemon.admin.rules()[0]).toMatchObject({ frames: 1 })
    overlay.network.setPath(alpha.address, beta.address, { isCut: true })
    await overlay.until(() => fastPathsOf(beta) === 0 && fastPathsOf(alpha) === 0, 4_000)
    expect(await arrived()).toBe(1) // by the star
    overlay.network.setPath(alpha.address, beta.address, { isCut: false })
    await overlay.until(() => fastPathsOf(beta) === 1 && fastPathsOf(alpha) === 1, 6_000)
    expect(await arrived()).toBe(1)
    expect(alpha.plane.drops().spoofed).toBe(0)
  })

  test('survives the proxy, which knows it again after its restart', async () => {
    await add()
    await overlay.during(admin.setRule({ destination: M1, target: 'host:alpha' }, 'beta'))
    alpha.send({ from: M1, to: M2 })
    await overlay.run(100)
    await overlay.stopProxy()
    await overlay.run(3_000)
    expect([starOf(alpha), fastPathsOf(alpha), fastPathsOf(beta)]).toEqual(['down', 1, 1])
    alpha.frames.length = 0
    beta.send({ from: M2, to: M1 })
    await overlay.run(50)
    expect(alpha.frames).toHaveLength(1) // fail static
    admin = (await overlay.startProxy()).admin
    await overlay.until(() => admin.status().fastPaths === 1, 5_000)
    expect(fastPathsOf(alpha)).toBe(1)
    expect(ownerOf(M1)).toBe('alpha')
  })

  test('is ordered again when a host was restarted, with its rules', async () => {
    await add()
    await overlay.during(admin.setRule({ destination: M1, target: 'host:alpha' }, 'beta'))
    await beta.daemon.stop()
    await overlay.until(() => !isUp('beta'))
    beta = await overlay.startHost('beta')
    await overlay.until(() => fastPathsOf(beta) === 1 && fastPathsOf(alpha) === 1)
    expect(beta.daemon.admin.rules()).toMatchObject([{ destination: M1, target: 'host alpha' }])
    await overlay.during(admin.removeRule({ destination: M1 }, 'beta'))
    expect(beta.daemon.admin.rules()).toEqual([])
  })

  test('a link that the proxy forgot is taken down', async () => {
    const { orderId } = await add()
    overlay.proxy.parts.options.store.removeFastPath(orderId)
    await overlay.stopProxy()
    admin = (await overlay.startProxy()).admin
    await overlay.until(() => isUp('alpha') && isUp('beta'))
    await overlay.until(() => fastPathsOf(alpha) === 0 && fastPathsOf(beta) === 0)
  })

  test('rules name what is wrong with them', async () => {
    const set = (target: string, host: string) =>
      overlay.during(admin.setRule({ destination: M1, target }, host))
    await expect(set('port:nope', 'beta')).rejects.toMatchObject({ code: 'port-unknown' })
    await expect(set('what', 'beta')).rejects.toMatchObject({ code: 'rule-target-invalid' })
    await expect(set('host:alpha', 'nobody')).rejects.toMatchObject({ code: 'host-unknown' })
    await expect(beta.daemon.admin.addLink({ a: 'a', b: 'b' })).rejects.toMatchObject({
      code: 'only-at-proxy',
    })
  })
})

describe('revocation', () => {
  test('cuts star and fast path within 1 s, for good', async () => {
    await overlay.during(admin.addLink({ a: 'alpha', b: 'beta' }))
    admin.revoke('beta')
    const tookMs = await overlay.until(
      () => !isUp('beta') && alpha.daemon.admin.status().fastPaths === 0,
    )
    expect(tookMs).toBeLessThan(1_000)
    expect(alpha.daemon.parts.peers.all().map((peer) => peer.name)).toEqual(['hub'])
    await overlay.run(60_000)
    expect(isUp('beta')).toBe(false)
    expect(beta.log.recent(100).join('\n')).toContain('is revoked')
    expect(admin.hosts()[1]).toMatchObject({ name: 'beta', state: 'revoked' })
    expect(admin.audit(10).map((row) => row.action)).toContain('host-revoked')
    expect(alpha.daemon.admin.status().star).toBe('up')
    expect(alpha.daemon.parts.revocations.size).toBe(1)
  })
})

describe('50 hosts', () => {
  test('are all back within 5 s of a proxy restart, with few messages', async () => {
    for (let index = 0; index < 48; index++) await overlay.startHost(`h${index}`)
    await overlay.until(() => admin.status().hostsUp === 50)
    await overlay.stopProxy()
    await overlay.run(2_000)
    admin = (await overlay.startProxy()).admin
    const sent = countSent()
    expect(await overlay.until(() => admin.status().hostsUp === 50)).toBeLessThan(5_000)
    await overlay.run(1_000)
    expect(sent() / 50).toBeLessThan(10)
  })

  /** Control messages that the proxy sends from now on. */
  function countSent(): () => number {
    const { plane } = overlay.proxy.parts
    const send = plane.sendControl.bind(plane)
    let count = 0
    plane.sendControl = (link, message) => {
      count += 1
      return send(link, message)
    }
    return () => count
  }
})
