// A small real network whose health is watched: a proxy and two hosts on loopback, one guest on
// each, and a ping between the guests that never stops. What a test does to a daemon must disturb
// none of it: same process, descriptors given back, memory in bounds, links kept, no ping lost.
//
//   one -- alpha --+-- proxy --+-- beta -- two        (daemons on 127.0.0.1, guests in namespaces)

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { expect } from 'vitest'
import { type Daemon, type Network, startNetwork } from '../../bench/daemons.ts'
import { systemClock } from '../../src/base/clock.ts'
import { type MacAddress, parseMac } from '../../src/base/mac.ts'
import { createAuthority } from '../../src/trust/ca.ts'
import { type IdentityFiles, type LoadedIdentity, storeIdentity } from '../../src/trust/identity.ts'
import { join as joinNetwork } from '../../src/trust/join-client.ts'
import { openStore } from '../../src/trust/store.ts'
import { CA_AGE_MS, makeTestNetwork, type TestNetwork } from './identities.ts'
import { createSandbox, type Namespace, type Sandbox, until } from './netns.ts'

const NETWORK = 'watched'
const PING_INTERVAL_S = 0.05
/** Ten times the daemons' own noise between two looks; a leak of a connection's buffers shows. */
const RSS_GROWTH_BYTES_MAX = 30 * 1_048_576

/** A line of a daemon's log. */
export interface LogLine {
  readonly level: number
  readonly msg: string
  readonly code?: string
  readonly [key: string]: unknown
}

export interface WatchedGuest {
  readonly name: string
  readonly mac: MacAddress
  readonly ip: string
  readonly namespace: Namespace
}

export interface WatchedNetwork {
  readonly sandbox: Sandbox
  readonly network: Network
  readonly proxy: Daemon
  readonly alpha: Daemon
  readonly beta: Daemon
  readonly one: WatchedGuest
  readonly two: WatchedGuest
  /** The proxy's TCP port on 127.0.0.1. */
  readonly port: number
  /** Certificates signed with the network's real CA key, and bad ones. */
  readonly trust: TestNetwork
  /** The log lines of a daemon so far. */
  log(daemon: string): readonly LogLine[]
  /** Waits for a new line of the log while or after `act`; gives it with the result of `act`. */
  logged<T>(
    daemon: string,
    text: RegExp,
    act: () => Promise<T>,
  ): Promise<{ readonly line: LogLine; readonly result: T }>
  /** Waits until the guests have answered each other again, now. */
  pingAnswers(): Promise<void>
  /** Joins and starts a further host on loopback. */
  addHost(name: string, settings?: Readonly<Record<string, unknown>>): Promise<Daemon>
  /** Starts a host on loopback with the given identity; does not wait for its star link. */
  startHost(
    name: string,
    files: IdentityFiles,
    settings?: Readonly<Record<string, unknown>>,
  ): Promise<Daemon>
  /** Joins as a host that no daemon runs for: the test is that host. */
  joinAs(name: string): Promise<LoadedIdentity>
  /** Fails unless all of the network is after `act` as it was before. */
  undisturbed<T>(act: () => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface WatchedOptions {
  /** Life of the certificate that the proxy starts with. Default: it makes its own. */
  readonly proxyLifetimeMs?: number
}

/** Brings it up; the ping between the guests gets answers when this resolves. */
export async function startWatchedNetwork(options: WatchedOptions = {}): Promise<WatchedNetwork> {
  const sandbox = createSandbox('w')
  try {
    return await build(sandbox, options)
  } catch (error) {
    await sandbox.close()
    throw error
  }
}

async function build(sandbox: Sandbox, options: WatchedOptions): Promise<WatchedNetwork> {
  const { folder } = sandbox
  const trust = await makeAuthority(join(folder, 'proxy'))
  if (options.proxyLifetimeMs !== undefined) {
    const proxy = { name: 'proxy', role: 'proxy' } as const
    const { files } = await trust.issueFor(options.proxyLifetimeMs, proxy)
    storeIdentity(join(folder, 'proxy'), files)
  }
  const port = await freePort()
  const here = sandbox.here()
  const address = '127.0.0.1'
  const logTo = (name: string) => ({
    log: { level: 'info', format: 'json', file: join(folder, `${name}.log`) },
  })
  const network = await startNetwork({
    ...{ folder, namespace: here, address, port },
    settings: { network: NETWORK, listen: { address, port }, ...logTo('proxy') },
  })
  const addHost: WatchedNetwork['addHost'] = (name, settings = {}) =>
    network.addHost(here, name, { ...logTo(name), ...settings })
  const one = await makeGuest(sandbox, 1)
  const two = await makeGuest(sandbox, 2)
  const listen = { address, port: 0 }
  const alpha = await addHost('alpha', { listen, ports: [portOf(one)] })
  const beta = await addHost('beta', { listen, ports: [portOf(two)] })
  for (const { namespace, ip } of [one, two]) {
    await namespace.ip(`addr add ${ip}/24 dev eth0`)
    await namespace.ip('link set eth0 up')
  }
  const ping = startPing(one.namespace, two.ip)
  await until(() => ping.replies() > 3, { what: 'answers between the guests' })
  const log = (daemon: string) => readLog(join(folder, `${daemon}.log`))
  const daemons = { proxy: network.proxy, alpha, beta }
  return {
    ...{ sandbox, network, ...daemons, one, two, port, trust, log, addHost },
    logged: async (daemon, text, act) => {
      const before = log(daemon).length
      const result = await act()
      const find = () =>
        log(daemon)
          .slice(before)
          .find((line) => text.test(line.msg))
      const line = await until(find, { what: `${text} in the log of ${daemon}`, intervalMs: 10 })
      return { line, result }
    },
    startHost: (name, files, settings = {}) => {
      storeIdentity(join(folder, name), files)
      return network.startHost(here, name, { ...logTo(name), ...settings })
    },
    joinAs: async (name) => {
      const { token } = await network.proxy.admin.createToken({ name })
      const stateDir = join(folder, name)
      const clock = systemClock()
      const joined = await joinNetwork({ address, port, token, name, stateDir, clock })
      return joined.identity
    },
    pingAnswers: () => pingAnswers(ping),
    undisturbed: (act) => undisturbed(Object.values(daemons), ping, act),
    close: async () => {
      ping.stop()
      await network.close()
      await sandbox.close()
    },
  }
}

/** One that was free a moment ago: hosts must be told the proxy's port before it runs. */
async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The proxy's CA, made before the proxy starts, which then has it to itself. */
async function makeAuthority(stateDir: string): Promise<TestNetwork> {
  const createdAtMs = Date.now() - CA_AGE_MS
  const authority = await createAuthority({ network: NETWORK, nowMs: createdAtMs })
  const store = openStore(stateDir)
  store.createNetwork({ name: NETWORK, authority, createdAtMs })
  store.close()
  return makeTestNetwork({ network: NETWORK, authority })
}

async function makeGuest(sandbox: Sandbox, number: number): Promise<WatchedGuest> {
  const name = `guest${number}`
  const namespace = await sandbox.addNamespace(name)
  return { name, mac: parseMac(`02:00:00:00:00:0${number}`), ip: `10.77.0.${number}`, namespace }
}

function portOf({ name, mac, namespace }: WatchedGuest) {
  return { name, kind: 'tap', device: 'eth0', netns: namespace.path, mac }
}

function readLog(path: string): LogLine[] {
  const lines = readFileSync(path, 'utf8').split('\n')
  lines.pop() // empty, or not yet whole
  return lines.map((line) => JSON.parse(line) as LogLine)
}

interface Ping {
  /** Highest sequence number answered so far. */
  replies(): number
  /** Sequence numbers after `since` and below that which were not. */
  lost(since: number): readonly number[]
  stop(): void
}

function startPing(from: Namespace, address: string): Ping {
  const args = ['-n', '-i', String(PING_INTERVAL_S), address]
  const child: ChildProcess = from.spawn('ping', args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const answered = new Set<number>()
  let highest = 0
  let rest = ''
  child.stdout?.on('data', (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const sequence = Number(/bytes from .* icmp_seq=(\d+)/.exec(line)?.[1] ?? 0)
      if (sequence > 0) answered.add(sequence)
      highest = Math.max(highest, sequence)
    }
  })
  return {
    replies: () => highest,
    lost: (since) =>
      Array.from({ length: highest - since }, (_, index) => since + index + 1).filter(
        (sequence) => !answered.has(sequence),
      ),
    stop: () => child.kill('SIGINT'),
  }
}

interface VitalSigns {
  readonly pid: number
  readonly descriptors: number
  readonly threads: number
  readonly rssBytes: number
  /** Name of the peer and number of the link: another number is another link. */
  readonly links: readonly string[]
}

const WATCHED = new Set(['proxy', 'alpha', 'beta'])

async function vitalSigns({ admin }: Daemon): Promise<VitalSigns> {
  const { pid, rssBytes } = await admin.status()
  const links = await admin.links()
  return {
    pid,
    rssBytes,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
    links: links
      .filter((link) => link.peer !== null && WATCHED.has(link.peer))
      .map((link) => `${link.peer} ${link.role} ${link.id} ${link.state}`)
      .sort(),
  }
}

async function undisturbed<T>(
  daemons: readonly Daemon[],
  ping: Ping,
  act: () => Promise<T>,
): Promise<T> {
  const before = await Promise.all(daemons.map(vitalSigns))
  const sinceReply = ping.replies()
  const result = await act()
  const after = await settled(daemons, before)
  for (const [index, { name }] of daemons.entries()) {
    const [was, is] = [before[index], after[index]]
    expect({ name, pid: is?.pid, links: is?.links, descriptors: is?.descriptors }).toEqual({
      ...{ name, pid: was?.pid, links: was?.links, descriptors: was?.descriptors },
    })
    expect((is?.rssBytes ?? 0) - (was?.rssBytes ?? 0), name).toBeLessThan(RSS_GROWTH_BYTES_MAX)
  }
  await pingAnswers(ping)
  expect(ping.lost(sinceReply)).toEqual([])
  return result
}

async function pingAnswers(ping: Ping): Promise<void> {
  const answered = ping.replies()
  const what = 'further answers between the guests'
  await until(() => ping.replies() > answered + 1, { what, intervalMs: 10 })
}

/** Descriptors are given back soon, but not at once. */
async function settled(daemons: readonly Daemon[], before: readonly VitalSigns[]) {
  const look = async () => {
    const now = await Promise.all(daemons.map(vitalSigns))
    const isSame = now.every(({ descriptors }, i) => descriptors === before[i]?.descriptors)
    return { now, isSame }
  }
  const deadlineMs = performance.now() + 8_000
  for (;;) {
    const { now, isSame } = await look()
    if (isSame || performance.now() > deadlineMs) return now
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
