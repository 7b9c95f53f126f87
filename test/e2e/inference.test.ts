// The inference over the real overlay: eight guests on four hosts talk by UDP in patterns, and the
// proxy says which; also while a daemon restarts, and while a star link is cut.

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GuestNetwork, startGuestNetwork } from '../../bench/guests.ts'
import { createSandbox, type Sandbox } from '../../bench/netns.ts'
import { until } from '../../bench/wait.ts'
import type { TopologyView } from '../../src/control/api.ts'
import { type NamedPattern, patternEdges } from '../../src/infer/patterns.ts'

const RATE = 300_000
/** g1 to g8 in an order of no meaning. */
const ORDER = [3, 0, 6, 5, 1, 7, 2, 4]

let sandbox: Sandbox
let net: GuestNetwork

beforeAll(async () => {
  sandbox = createSandbox('i')
  net = await startGuestNetwork(sandbox)
  return async () => {
    await net.close()
    await sandbox.close()
  }
})
afterAll(() => sandbox.close())

const admin = () => net.network.proxy.admin
const guestAt = (index: number) => {
  const guest = net.guests[ORDER[index] ?? index]
  if (guest === undefined) throw new Error(`there are fewer than ${index} guests`)
  return guest
}

/** Lets the guests talk so from now on; gives the edges as text. */
function talk(name: NamedPattern): string[] {
  const edges = patternEdges(name, 8)
  const atMs = Date.now() + 50
  for (let index = 0; index < 8; index++) {
    const to = edges.filter(([source]) => source === index).map(([, target]) => guestAt(target))
    guestAt(index).schedule(atMs, RATE, to)
  }
  return edges.map(([from, to]) => `${guestAt(from).mac} ${guestAt(to).mac}`).sort()
}

const keysOf = ({ topology }: TopologyView) =>
  topology.edges.map(({ source, destination }) => `${source} ${destination}`).sort()

/** The view once these are the edges. */
function seen(edges: readonly string[], name: string): Promise<TopologyView> {
  return until(
    async () => {
      const view = await admin().topology()
      const isAll = keysOf(view).join() === [...edges].join()
      if (isAll && view.patterns[0]?.name === name) return view
      throw new Error(`${view.patterns[0]?.name} with ${view.topology.edges.length} edges`)
    },
    { what: `the topology ${name}`, timeoutMs: 15_000, intervalMs: 100 },
  )
}

const PATTERNS = ['all-to-all', 'ring', 'hypercube', 'bus'] as const
test.for(PATTERNS)('shows a pattern: %s', async (name) => {
  const edges = talk(name)
  await seen(edges, name)
  await sleep(1_200) // the smoothing interval is full
  const view = await seen(edges, name)
  expect(view.patterns).toHaveLength(1)
  expect(view.names[guestAt(0).mac]).toBe(guestAt(0).name)
  expect(view.hosts.map((host) => host.state)).toEqual(Array(5).fill('fresh'))
  for (const edge of view.topology.edges) {
    expect(edge.bytesPerSecond / RATE).toBeGreaterThan(0.8)
    expect(edge.bytesPerSecond / RATE).toBeLessThan(1.3)
  }
})

test('keeps the topology while a star link is cut, and after it came back', async () => {
  const ring = talk('ring')
  await seen(ring, 'ring')
  const before = (await admin().history({ limit: 1 }))[0]?.id
  const [first] = net.hosts
  await first?.namespace.ip('link set eth0 down')
  await sleep(1_500)
  const meanwhile = keysOf(await admin().topology())
  await first?.namespace.ip('link set eth0 up')
  expect(meanwhile).toEqual(ring)
  await until(async () => (await first?.daemon.admin.status())?.star === 'up', {
    timeoutMs: 20_000,
  })
  await sleep(2_500)
  expect(keysOf(await admin().topology())).toEqual(ring)
  expect((await admin().history({ limit: 1 }))[0]?.id).toBe(before)
}, 60_000)

test('a host that was restarted reports again', async () => {
  const [first] = net.hosts
  if (first === undefined) throw new Error('there is a host')
  const { name } = first.daemon
  await first.daemon.stop()
  const own = net.guests.slice(0, 2)
  const ports = own.map(({ name: port, mac, namespace: { path } }) => ({
    ...{ name: port, kind: 'tap', device: 'eth0', netns: path, mac },
  }))
  await net.network.startHost(first.namespace, name, { ports })
  for (const { namespace, address } of own) {
    await namespace.ip(`addr replace ${address}/24 dev eth0`)
    await namespace.ip('link set eth0 up')
    for (const other of net.guests) {
      const entry = `${other.address} lladdr ${other.mac} dev eth0 nud permanent`
      await namespace.ip(`neigh replace ${entry}`)
    }
  }
  await seen(talk('all-to-all'), 'all-to-all')
}, 60_000)

test('a proxy that was restarted knows the topology and the names soon again', async () => {
  const ring = talk('ring')
  const { atMs } = await seen(ring, 'ring')
  const named = guestAt(1).mac
  await admin().nameGuest({ mac: named, name: 'database' })
  const last = (await admin().history({ limit: 1 }))[0]?.id ?? 0
  await net.network.proxy.stop()
  await net.network.restartProxy()
  const view = await seen(ring, 'ring')
  expect(view.atMs).toBeGreaterThan(atMs)
  expect(view.names[named]).toBe('database')
  const areNamed = async () => {
    const { names } = await admin().topology()
    return net.guests.every(({ mac, name }) => names[mac] === (mac === named ? 'database' : name))
  }
  await until(areNamed, { what: 'the names of ports', timeoutMs: 10_000 })
  // Hosts come one by one: the topology grows, and nothing is told to have ended.
  const since = (await admin().history({ limit: 100 })).filter(({ id }) => id > last)
  expect(since[0]?.change.after).toMatchObject([{ name: 'ring' }])
  expect(since.every(({ change }) => change.removed.length === 0)).toBe(true)
}, 60_000)

test('nothing is inferred while it is switched off', async () => {
  await admin().setParameter('inference', 0)
  const { tick } = await admin().topology()
  await sleep(500)
  expect((await admin().topology()).tick).toBe(tick)
  await admin().setParameter('inference', 1)
  await until(async () => (await admin().topology()).tick > tick)
})
