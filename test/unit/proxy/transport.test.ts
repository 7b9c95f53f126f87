// The transport of fast paths, from the order at the proxy to both hosts, on the in-memory twin:
// who may say what, what happens where UDP is blocked, what is remembered.

import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { MacAddress } from '../../../src/base/mac.ts'
import type { AdminBackend } from '../../../src/control/backend.ts'
import { render } from '../../../src/control/metrics.ts'
import type { LinkInfo, TransportPolicy } from '../../../src/plane/plane.ts'
import { openNetworkStore } from '../../../src/proxy/network-store.ts'
import { migrate } from '../../../src/trust/schema.ts'
import { Overlay, type TestHost } from '../../support/overlay.ts'

const M1 = '52:54:00:00:00:01' as MacAddress
const M2 = '52:54:00:00:00:02' as MacAddress
const LISTEN = 'listen: { port: 7707 }\n'

let overlay: Overlay
let admin: AdminBackend
let alpha: TestHost
let beta: TestHost

const isUp = (name: string) => overlay.proxy.parts.hosts.has(name)

beforeEach(async () => {
  overlay = new Overlay()
  admin = (await overlay.startProxy()).admin
  alpha = await overlay.startHost('alpha', LISTEN)
  beta = await overlay.startHost('beta', LISTEN)
  // Long enough for UDP.
  overlay.network.setPath(alpha.address, beta.address, { delayMs: 10 })
  await overlay.until(() => isUp('alpha') && isUp('beta'))
})
afterEach(() => overlay.close())

const add = (transport?: TransportPolicy) => {
  const ends = { a: 'alpha', b: 'beta' }
  return overlay.during(admin.addLink(transport === undefined ? ends : { ...ends, transport }))
}
const block = (isUdpBlocked: boolean) =>
  overlay.network.setPath(alpha.address, beta.address, { isUdpBlocked })
const fastPath = (host: TestHost): LinkInfo | undefined =>
  host.plane.links().find((link) => link.role === 'fast-path' && link.state === 'admitted')
const transports = () => [alpha, beta].map((host) => fastPath(host)?.transport)
const areBy = (transport: string) => transports().every((one) => one === transport)
const used = (host: TestHost) => host.daemon.admin.status().fastPaths
const byUdp = (host: TestHost) => host.daemon.admin.status().fastPathsByUdp

test('auto: frames go by UDP, by TLS where it is blocked, and the doctor knows', async () => {
  await add()
  expect(await overlay.until(() => areBy('udp'), 2_000)).toBeLessThan(2_000)
  expect([used(alpha), byUdp(alpha), admin.status().fastPathsByUdp]).toEqual([1, 1, null])
  const text = await render(alpha.daemon.admin, 0)
  expect(text).toContain('vnet_link_udp{peer="beta",role="fast-path"} 1')
  for (const what of ['sent', 'received', 'lost', 'repaired', 'rejected']) {
    const labels = 'peer="beta",role="fast-path"'
    expect(text).toContain(`vnet_link_datagrams_${what}_total{${labels}}`)
  }
  expect(text).not.toContain('vnet_link_udp{peer="hub"')
  block(true)
  expect(await overlay.until(() => areBy('tcp'))).toBeLessThan(1_500)
  expect([used(alpha), byUdp(alpha)]).toEqual([1, 0])
  const log = alpha.log.recent(100).join('\n')
  expect(log).toContain('frames go by udp')
  expect(log).toContain('frames go by tcp')
  const checks = await overlay.during(alpha.daemon.admin.doctor())
  const note = checks.find(({ name }) => name === 'transport to beta')
  expect(note).toMatchObject({ state: 'ok', found: expect.stringContaining('UDP does not pass') })
  expect(note?.advice).toMatch(/UDP through to 10\.\S+ port 7707/)
  block(false)
  await overlay.until(() => areBy('udp'), 6_000)
})

test('tcp, ordered or configured at one host, keeps datagrams away', async () => {
  await add('tcp')
  await overlay.run(3_000)
  expect(transports()).toEqual(['tcp', 'tcp'])
  expect(fastPath(alpha)?.datagram).toBeNull()
  await overlay.during(admin.removeLink({ a: 'alpha', b: 'beta' }))
  await beta.reconfigure(`${LISTEN}transport: tcp\n`)
  await add()
  await overlay.run(3_000)
  expect(transports()).toEqual(['tcp', 'tcp'])
  const refused = await add('udp')
  expect(refused.state).toBe('failed')
  expect(refused.reason).toMatch(/'beta' refuses.*ordered with transport 'udp'.*'tcp'/)
  expect(refused.reason).toContain('it is as it was')
  expect(transports()).toEqual(['tcp', 'tcp'])
})

test('a new transport is ordered of a standing link, and remembered', async () => {
  const first = await add()
  await overlay.until(() => areBy('udp'))
  const second = await add('tcp')
  expect(second).toMatchObject({ state: 'up' })
  expect(second.orderId).not.toBe(first.orderId)
  expect(await add()).toMatchObject({ orderId: second.orderId, reason: 'it was up already' })
  await overlay.run(2_000)
  expect(transports()).toEqual(['tcp', 'tcp'])
  await overlay.stopProxy()
  admin = (await overlay.startProxy()).admin
  await beta.daemon.stop()
  beta = await overlay.startHost('beta', LISTEN)
  // Long enough for UDP.
  overlay.network.setPath(alpha.address, beta.address, { delayMs: 10 })
  await overlay.until(() => isUp('alpha') && isUp('beta'))
  await overlay.until(() => used(alpha) === 1 && used(beta) === 1)
  await overlay.run(3_000)
  expect(transports()).toEqual(['tcp', 'tcp'])
  await add('udp')
  expect(transports()).toEqual(['udp', 'udp'])
})

test('a reload changes the transport of links that stand', async () => {
  await add()
  await overlay.until(() => areBy('udp'))
  expect(await alpha.reconfigure(`${LISTEN}transport: tcp\n`)).toMatchObject({
    changed: ['transport'],
    restartNeeded: [],
  })
  await overlay.until(() => areBy('tcp'))
  await overlay.run(2_000)
  expect([used(alpha), used(beta), ...transports()]).toEqual([1, 1, 'tcp', 'tcp'])
  await alpha.reconfigure(LISTEN)
  await overlay.until(() => areBy('udp'))
})

test('udp: where it is blocked there is no link, and the old one stays', async () => {
  block(true)
  const failed = await add('udp')
  expect(failed).toMatchObject({ state: 'failed' })
  expect(failed.reason).toContain('UDP')
  expect(used(alpha)).toBe(0)
  expect(admin.status().fastPaths).toBe(0)
  await add()
  const again = await add('udp')
  expect(again).toMatchObject({ state: 'failed' })
  expect(again.reason).toContain('it is as it was')
  expect(used(alpha)).toBe(1)
  expect(transports()).toEqual(['tcp', 'tcp'])
})

test('udp: traffic takes the star as soon as UDP stops, and comes back with it', async () => {
  await add('udp')
  await overlay.during(admin.setRule({ destination: M1, target: 'host:alpha' }, 'beta'))
  alpha.send({ from: M1, to: M2 })
  await overlay.run(100)
  const arrive = async () => {
    alpha.frames.length = 0
    beta.send({ from: M2, to: M1 })
    await overlay.run(100)
    return alpha.frames.length
  }
  const rule = () => beta.daemon.admin.rules()[0]?.target
  expect([await arrive(), rule()]).toEqual([1, 'host alpha'])
  block(true)
  expect(await overlay.until(() => used(beta) === 0)).toBeLessThan(1_500)
  expect([await arrive(), rule()]).toEqual([1, expect.stringContaining('down')])
  await overlay.until(() => alpha.log.recent(100).join('\n').includes('only UDP is allowed'))
  await overlay.run(20_000)
  expect([used(alpha), used(beta), await arrive()]).toEqual([0, 0, 1])
  block(false)
  await overlay.until(() => used(alpha) === 1 && used(beta) === 1, 8_000)
  expect([await arrive(), rule()]).toEqual([1, 'host alpha'])
  block(true) // for a moment only
  await overlay.until(() => used(beta) === 0)
  const link = beta.plane.links().find(({ role }) => role === 'fast-path')
  block(false)
  await overlay.until(() => used(beta) === 1)
  expect(fastPath(beta)?.id).toBe(link?.id)
})

test('an order in a database of before keeps its link', () => {
  const store = openNetworkStore(overlay.folder)
  store.close()
  const database = new DatabaseSync(`${overlay.folder}/network.db`)
  const tables = ['fast_path', 'host_rule', 'setting', 'path_pin']
  for (const table of tables) database.exec(`DROP TABLE ${table}`)
  database.exec('PRAGMA user_version = 0')
  migrate(database, [
    `CREATE TABLE fast_path (order_id TEXT PRIMARY KEY, dialler TEXT NOT NULL,
     acceptor TEXT NOT NULL, created_at_ms INTEGER NOT NULL, UNIQUE (dialler, acceptor)) STRICT`,
  ])
  database.exec(`INSERT INTO fast_path VALUES ('o1', 'a', 'b', 5)`)
  database.close()
  const opened = openNetworkStore(overlay.folder)
  expect(opened.fastPaths()).toEqual([
    { orderId: 'o1', dialler: 'a', acceptor: 'b', transport: 'auto', origin: 'manual' },
  ])
  opened.close()
})
