// What tcpdump in the guests of a real overlay captures, and what the proxy was told meanwhile:
// both give the same topology. Then the pages that people see, from the real proxy.

import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { type GuestNetwork, startGuestNetwork, type TalkingGuest } from '../../bench/guests.ts'
import { createSandbox, type Sandbox } from '../../bench/netns.ts'
import { loadTcp } from '../../bench/traffic.ts'
import { until } from '../../bench/wait.ts'
import type { InferResult } from '../../src/cli/captures/result.ts'
import { type NamedPattern, patternEdges } from '../../src/infer/patterns.ts'
import { vnet } from '../support/cli.ts'

const RATE = 400_000
/** Of a datagram of 1,400 bytes on the wire: Ethernet, IP and UDP headers. */
const WIRE_SHARE = 1_442 / 1_400
/** Of a guest in a ring: some three seconds, at 128 bytes a frame and as many of each record. */
const CAPTURED_BYTES = 500_000
/** g1 to g8 in an order of no meaning. */
const ORDER = [5, 2, 7, 0, 3, 6, 1, 4]

let sandbox: Sandbox
let net: GuestNetwork

beforeAll(async () => {
  sandbox = createSandbox('c')
  net = await startGuestNetwork(sandbox)
  return async () => {
    await net.close()
    await sandbox.close()
  }
})

function guestAt(index: number): TalkingGuest {
  const guest = net.guests[ORDER[index] ?? index]
  if (guest === undefined) throw new Error(`there is no guest ${index}`)
  return guest
}

/** Lets the guests talk so from now on; nobody without a pattern. */
function talk(name: NamedPattern | null): readonly string[] {
  const edges = name === null ? [] : patternEdges(name, 8)
  const atMs = Date.now() + 50
  for (const index of ORDER.keys()) {
    const to = edges.filter(([source]) => source === index).map(([, target]) => guestAt(target))
    guestAt(index).schedule(atMs, RATE, to)
  }
  return edges.map(([from, to]) => `${guestAt(from).mac} ${guestAt(to).mac}`).sort()
}

/** Captures in all guests while `act` runs, with a snap length; the files, one a guest. */
async function capture(
  name: string,
  act: (files: readonly string[]) => Promise<void>,
): Promise<readonly string[]> {
  const running = await Promise.all(
    net.guests.map(async (guest) => {
      const file = join(sandbox.folder, `${name}-${guest.name}.pcap`)
      const words = ['-i', 'eth0', '-s', '128', '-U', '-w', file]
      const child = guest.namespace.spawn('tcpdump', words, { stdio: ['ignore', 'ignore', 'pipe'] })
      await until(() => existsSync(file) && statSync(file).size >= 24, { what: file })
      return { child, file }
    }),
  )
  await act(running.map(({ file }) => file))
  for (const { child } of running) {
    const end = once(child, 'close')
    child.kill('SIGINT')
    await end
  }
  return running.map(({ file }) => file)
}

async function infer(...words: readonly string[]): Promise<InferResult> {
  const { status, stdout, stderr } = await vnet(['infer', '--json', ...words])
  expect(status, stderr).toBe(0)
  return JSON.parse(stdout)
}

const edgesOf = (result: InferResult, phase: number) =>
  result.phases[phase]?.topology.edges.map((one) => `${one.source} ${one.destination}`).sort()

/** The proxy says so, on the page that people see. */
function shown(text: string) {
  return until(
    async () => {
      const page = await run(['topology'])
      if (page.includes(text)) return page
      throw new Error(page)
    },
    { what: text, timeoutMs: 15_000, intervalMs: 100 },
  )
}

async function run(words: readonly string[]): Promise<string> {
  const env = { VNET_SOCKET: net.network.proxy.admin.socket }
  const { status, stdout, stderr } = await vnet(words, { env })
  expect(status, stderr).toBe(0)
  return stdout
}

test('captures of eight guests give the pattern that the proxy sees, and the rates', async () => {
  let ring: readonly string[] = []
  const files = await capture('ring', async ([first = '']) => {
    ring = talk('ring')
    await shown('ring of 8')
    await until(() => statSync(first).size > CAPTURED_BYTES, { timeoutMs: 20_000 })
    talk(null)
  })
  const result = await infer(...files)
  expect(result.problems).toEqual([])
  const last = result.phases.length - 1
  expect(result.phases[last]?.patterns).toMatchObject([{ name: 'ring', confidence: 1 }])
  expect(edgesOf(result, last)).toEqual(ring)
  for (const { bytesPerSecond } of result.phases[last]?.topology.edges ?? []) {
    // Guests on a busy machine send less than they should, never more.
    expect(bytesPerSecond / (RATE * WIRE_SHARE)).toBeGreaterThan(0.4)
    expect(bytesPerSecond / (RATE * WIRE_SHARE)).toBeLessThan(1.15)
  }
  // One machine, one clock: the way through the overlay is not taken for a difference of clocks.
  for (const { clockOffsetMs } of result.captures) expect(Math.abs(clockOffsetMs)).toBeLessThan(5)
}, 60_000)

test('bulk TCP counts as on the wire, though guests hand over super-frames', async () => {
  const [client, server] = [guestAt(0), guestAt(1)]
  let gbit = 0
  const files = await capture('bulk', async () => {
    const path = { client: client.namespace, server: server.namespace, address: server.address }
    gbit = (await loadTcp(path, { streams: 1, seconds: 3 })).gbitPerSecond
  })
  const result = await infer(...files)
  const { topology, patterns } = result.phases.at(-1) ?? { topology: { edges: [] }, patterns: [] }
  expect(patterns).toMatchObject([{ name: 'pair', direction: 'one-way' }])
  expect(topology.edges).toMatchObject([{ source: client.mac, destination: server.mac }])
  // 1448 of 1514 bytes are payload. The first and the last interval are not full.
  const payload = ((topology.edges[0]?.bytesPerSecond ?? 0) * 8 * (1_448 / 1_514)) / 1e9
  expect(payload / gbit).toBeGreaterThan(0.8)
  expect(payload / gbit).toBeLessThan(1.2)
}, 60_000)

test('matrix, topology, history and guests of the real proxy', async () => {
  talk('all-to-all')
  const page = await shown('all-to-all of 8')
  expect(page).toContain('g1, g2, g3')
  expect(await run(['matrix'])).toContain('56 edges')
  expect(await run(['matrix', '--pairs', '-n', '3'])).toContain('and 53 more pairs')
  expect(await run(['history', '-n', '1'])).toContain('all-to-all of 8, both ways')
  const [first] = net.guests
  await run(['guest', 'name', first?.mac ?? '', 'head node'])
  await until(async () => (await run(['topology'])).includes('head node'))
  await run(['set', 'smoothingIntervalMs', '2000'])
  expect(await run(['get', 'smoothingIntervalMs'])).toBe('2000\n')
  await run(['set', 'smoothingIntervalMs', 'default'])
}, 60_000)
