// What fails comes back, in the times of design section 3: a host daemon and the proxy killed, a
// WAN link cut. Meanwhile guests keep their interfaces and connections, and what needs no proxy
// works without one.
//
//   vm1 -- alpha [east] --+
//                         +-- internet -- [home] proxy
//   vm2 -- beta  [west] --+

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { HostRow } from '../../src/control/api.ts'
import { type Lab, openLab } from '../../src/lab/handle.ts'
import type { Place } from '../support/frames.ts'
import { type Guest, startGuest } from '../support/guest.ts'
import { until } from '../support/netns.ts'
import { startPings } from '../support/pings.ts'

const RECOVERY_MS_MAX = 5_000
const FIRST_DIAL_MS_MAX = 1_000
const NOTICE_MS_MAX = 3_000
const CUT_MS = 10_000
/** One ping after the other at this distance: shows a gap to this precision. */
const PING_INTERVAL_MS = 20

const folder = mkdtempSync(join(tmpdir(), 'vnet-recovery-'))
let lab: Lab
const vm1: Place = {
  spawn: (command, args, options = {}) => lab.spawn('vm1', [command, ...args], options),
}
const guests = new Map<string, Guest>()

beforeAll(async () => {
  const topology = join(folder, 'topology.yaml')
  writeFileSync(
    topology,
    `name: rec-${process.pid}
sites:
  home: { wan: { rate: 1gbit, delay: 2ms } }
  east: { wan: { rate: 1gbit, delay: 2ms } }
  west: { wan: { rate: 1gbit, delay: 2ms } }
proxy: { site: home }
hosts: { alpha: { site: east }, beta: { site: west } }
guests:
  vm1: { host: alpha, ip: 10.77.0.11 }
  vm2: { host: beta, ip: 10.77.0.12 }
`,
  )
  lab = await openLab(topology)
  for (const name of ['vm1', 'vm2']) {
    const spawn = (command: string, args: readonly string[], options = {}) =>
      lab.spawn(name, [command, ...args], options)
    guests.set(name, await startGuest(name, { spawn }))
  }
})
afterAll(async () => {
  for (const guest of guests.values()) guest.close()
  await lab?.down()
  rmSync(folder, { recursive: true })
})
beforeEach(async () => {
  await lab.run('vm1', ['ping', '-c', '3', '-i', '0.1', '-W', '2', '10.77.0.12'])
})

test('a killed host daemon is back within 5 s; its guest kept its interface', async () => {
  const before = await interfaceOf('vm1')
  await lab.kill('alpha', 'SIGKILL')
  await until(async () => (await hostRow('alpha')).state === 'down', {
    what: 'the end at the proxy',
  })
  expect(await interfaceOf('vm1')).toEqual(before)
  const pings = startPings(vm1, '10.77.0.12', PING_INTERVAL_MS)
  const startMs = Date.now()
  await lab.restart('alpha')
  const answeredMs = await pings.answeredAfter(startMs)
  await pings.stop()
  expect(answeredMs - startMs).toBeLessThan(RECOVERY_MS_MAX)
  expect(logTime('alpha', 'link up') - logTime('alpha', 'vnet host starts')).toBeLessThan(
    FIRST_DIAL_MS_MAX,
  )
  expect(await interfaceOf('vm1')).toEqual(before)
})

test('without the proxy a fast path carries on, and the next proxy knows it', async () => {
  const { orderId, state } = await lab.admin('proxy').addLink({ a: 'alpha', b: 'beta' })
  expect(state).toBe('up')
  await setRules()
  const before = await fastPathOf('alpha')
  const pings = startPings(vm1, '10.77.0.12', PING_INTERVAL_MS)
  const killedMs = Date.now()
  await lab.kill('proxy', 'SIGKILL')
  for (const host of ['alpha', 'beta']) await untilStar(host, 'down')
  const firstRetriesMs = ['alpha', 'beta'].map((host) => retryAfter(host, killedMs))
  await pings.answeredAfter(Date.now() + 2_000)
  const startMs = Date.now()
  await lab.restart('proxy')
  await until(async () => (await lab.admin('proxy').status()).hostsUp === 2, {
    what: 'the star',
    intervalMs: 10,
    timeoutMs: 10_000,
  })
  const starMs = Date.now() - startMs
  for (const host of ['alpha', 'beta']) await untilStar(host, 'up')
  await until(async () => (await hostRow('alpha')).fastPaths.includes('beta'), {
    what: 'known',
    timeoutMs: 1_000,
  })
  const summary = await pings.stop()
  expect(Math.max(...firstRetriesMs)).toBeLessThanOrEqual(FIRST_DIAL_MS_MAX)
  expect(starMs).toBeLessThan(RECOVERY_MS_MAX)
  expect(summary.lost).toBe(0)
  expect(await fastPathOf('alpha')).toEqual(before)
  expect((await lab.admin('proxy').removeLink({ a: 'alpha', b: 'beta' })).orderId).toBe(orderId)
})

test('a link cut for 10 s is noticed and mended; a TCP connection lives through it', async () => {
  const stream = guest('vm1').sendTcp('10.77.0.12', 16_000_000, { rateBytesPerSecond: 1_000_000 })
  await until(async () => (await sentBytes('vm1')) > 1_000_000, { what: 'traffic' })
  const cutMs = Date.now()
  await lab.cutWan('west')
  await Promise.all([
    untilStar('beta', 'down'),
    until(async () => (await hostRow('beta')).state === 'down', {
      what: 'the end at the proxy',
      intervalMs: 10,
    }),
  ])
  const noticedMs = Date.now() - cutMs
  await until(() => Date.now() >= cutMs + CUT_MS, {
    what: 'the end of the cut',
    timeoutMs: 2 * CUT_MS,
  })
  const joinMs = Date.now()
  await lab.joinWan('west')
  await untilStar('beta', 'up')
  const recoveredMs = Date.now() - joinMs
  const { sha256Received, sha256Sent } = await stream
  expect(noticedMs).toBeLessThan(NOTICE_MS_MAX)
  expect(recoveredMs).toBeLessThan(RECOVERY_MS_MAX)
  expect(sha256Received).toBe(sha256Sent)
})

function guest(name: string): Guest {
  const found = guests.get(name)
  if (found === undefined) throw new Error(`there is no guest ${name}`)
  return found
}

/** What a guest would miss of its interface: that it is the same one, its MAC and addresses. */
async function interfaceOf(node: string) {
  const [device] = JSON.parse(await lab.run(node, ['ip', '-j', 'address', 'show', 'dev', 'eth0']))
  const { ifindex, address, mtu, addr_info: addresses } = device
  return { ifindex, address, mtu, addresses }
}

async function sentBytes(node: string): Promise<number> {
  return Number(await lab.run(node, ['cat', '/sys/class/net/eth0/statistics/tx_bytes']))
}

async function hostRow(name: string): Promise<HostRow> {
  const row = (await lab.admin('proxy').hosts()).find((host) => host.name === name)
  if (row === undefined) throw new Error(`the proxy does not know ${name}`)
  return row
}

async function untilStar(host: string, state: 'up' | 'down'): Promise<void> {
  const isSo = async () => (await lab.admin(host).status()).star === state
  await until(isSo, { what: `${host} with its star ${state}`, intervalMs: 10, timeoutMs: 10_000 })
}

/** Both guests' frames go over the fast path, by rules that the proxy remembers. */
async function setRules(): Promise<void> {
  const macOf = (name: string) => {
    const found = lab.plan.guests.find((one) => one.name === name)
    if (found === undefined) throw new Error(`there is no guest ${name}`)
    return found.mac
  }
  const proxy = lab.admin('proxy')
  await proxy.setRule({ destination: macOf('vm2'), target: 'host:beta' }, 'alpha')
  await proxy.setRule({ destination: macOf('vm1'), target: 'host:alpha' }, 'beta')
}

async function fastPathOf(host: string) {
  const links = await lab.admin(host).links()
  return links
    .filter(({ role }) => role === 'fast-path')
    .map(({ id, state, peer }) => ({ id, state, peer }))
}

interface LogRecord {
  readonly time: number
  readonly msg: string
  readonly retryMs?: number
}

function logOf(daemon: string): LogRecord[] {
  const lines = readFileSync(lab.logFile(daemon), 'utf8').split('\n')
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
}

/** When a daemon said something last. */
function logTime(daemon: string, message: string): number {
  const record = logOf(daemon).findLast(({ msg }) => msg === message)
  if (record === undefined) throw new Error(`${daemon} never said '${message}'`)
  return record.time
}

/** How long a host waits before it dials for the first time after a loss. */
function retryAfter(host: string, timeMs: number): number {
  const record = logOf(host).find(({ time, retryMs }) => time >= timeMs && retryMs !== undefined)
  if (record?.retryMs === undefined) throw new Error(`${host} does not say when it dials again`)
  return record.retryMs
}
