// The network adapts itself, with real daemons: eight guests on four hosts talk by UDP, fast paths
// come and their frames leave the star. h1 and h2 listen, h3 and h4 do not, as behind NAT.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type GuestNetwork, startGuestNetwork, type TalkingGuest } from '../../bench/guests.ts'
import { createSandbox, type Sandbox } from '../../bench/netns.ts'
import { until } from '../../bench/wait.ts'
import type { AdaptRecord } from '../../src/adapt/types.ts'

const RATE = 300_000
const LISTENING = new Set(['h1', 'h2'])

let sandbox: Sandbox
let net: GuestNetwork

beforeAll(async () => {
  sandbox = createSandbox('a')
  const listen = { listen: { address: '0.0.0.0', port: 7707 } }
  net = await startGuestNetwork(sandbox, 4, {
    proxy: { adaptation: { level: 'auto' } },
    host: (name) => (LISTENING.has(name) ? listen : {}),
  })
  await admin().setParameter('idleHoldMs', 2_000)
  await admin().setParameter('dwellMs', 2_000)
  return async () => {
    await net.close()
    await sandbox.close()
  }
})
afterAll(() => sandbox.close())

const admin = () => net.network.proxy.admin
/** The first guest of a host. */
const guestOf = (host: number): TalkingGuest => {
  const guest = net.guests[(host - 1) * 2]
  if (guest === undefined) throw new Error(`h${host} has no guest`)
  return guest
}

/** These pairs of hosts talk from now on, both ways, and nobody else. Returns when. */
function talk(pairs: readonly (readonly [number, number])[]): number {
  const atMs = Date.now() + 50
  for (const host of [1, 2, 3, 4]) {
    const to = pairs
      .filter((pair) => pair.includes(host))
      .map(([a, b]) => guestOf(a === host ? b : a))
    guestOf(host).schedule(atMs, RATE, to)
  }
  return atMs
}

async function events(...actions: readonly AdaptRecord['action'][]): Promise<AdaptRecord[]> {
  const stream = await admin().events({ lines: 2_000 })
  let text = ''
  for await (const chunk of stream) text += chunk
  const records = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): AdaptRecord => JSON.parse(line))
  return records.filter(({ action }) => actions.includes(action))
}

const linksUp = async () => {
  const { links } = await admin().adaptation()
  return links.filter(({ isConnected }) => isConnected).map(({ a, b }) => `${a} ${b}`)
}

const isNow = (links: readonly string[], timeoutMs = 15_000) =>
  until(
    async () => {
      const up = await linksUp()
      if (up.join() !== links.join()) throw new Error(`up: ${up.join(', ')}`)
      return Date.now()
    },
    { what: `links ${links.join(', ')}`, timeoutMs, intervalMs: 50 },
  )

const rulesOf = async (host: number) => {
  const rules = (await net.hosts[host - 1]?.daemon.admin.rules()) ?? []
  return rules.filter(({ origin }) => origin === 'adapt')
}

test('a pair that talks has a direct link within 3 s, and its frames use it', async () => {
  const startMs = talk([[1, 2]])
  const upMs = await isNow(['h1 h2'])
  expect(upMs - startMs).toBeLessThan(3_000)
  await until(
    async () => {
      const rules = [...(await rulesOf(1)), ...(await rulesOf(2))]
      const used = rules.filter(({ frames }) => frames > 50)
      if (used.length < 2) throw new Error(`${used.length} of ${rules.length} rules are used`)
      return true
    },
    { what: 'frames on the fast path', timeoutMs: 5_000, intervalMs: 100 },
  )
  expect((await rulesOf(1)).map(({ target }) => target)).toEqual(['host h2'])
  const audited = await admin().audit(50)
  expect(audited.filter(({ actor }) => actor === 'adaptation').length).toBeGreaterThan(1)
})

test('it goes when the traffic ends, after its dwell time', async () => {
  talk([])
  await isNow([], 30_000)
  expect((await events('link-withdrawn')).length).toBeGreaterThan(0)
  expect(await rulesOf(1)).toEqual([])
})

test('two hosts that cannot be dialled stay on the star, and it is said why', async () => {
  talk([[3, 4]])
  const plan = await until(
    async () => {
      const { plan } = await admin().adaptation()
      const { topology } = await admin().topology()
      if (plan === null || topology.edges.length === 0) throw new Error('nothing was planned yet')
      return plan
    },
    { what: 'a plan', timeoutMs: 10_000, intervalMs: 100 },
  )
  expect(plan.links).toEqual([])
  expect(await linksUp()).toEqual([])
  const before = await guestOf(4).receivedBytes()
  await until(
    async () => {
      const bytes = (await guestOf(4).receivedBytes()) - before
      if (bytes < RATE) throw new Error(`${bytes} bytes came`)
      return true
    },
    { what: 'traffic over the star', timeoutMs: 10_000, intervalMs: 100 },
  )
  const tried = await events('link-ordered')
  expect(tried.filter(({ pair }) => pair?.a === 'h3' && pair.b === 'h4')).toEqual([])
})
