// The place where one start of a peer happens: keeps what it started, what it said and what must be
// undone, and ends all of it.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { processRssMB } from '../machine.ts'
import type { Sandbox } from '../netns.ts'
import type { Underlay } from '../overlay.ts'
import { type Path, waitForPath } from '../traffic.ts'
import { until } from '../wait.ts'
import { type Devices, PEER_ADDRESS, type Peer, type Site } from './peer.ts'

const START_TIMEOUT_MS = 30_000
/** A program that does not end on SIGTERM within this time is killed. */
const END_TIMEOUT_MS = 3_000

/** A peer that passes pings. */
export interface RunningPeer {
  readonly path: Path
  /** Sum of the most that its processes ever held resident, in MB; null without a process. */
  peakRssMB(): Promise<number | null>
  stop(): Promise<void>
}

/**
 * Starts a peer between the two hosts and waits until a ping passes.
 * @throws Error with what the peer's programs said; nothing of it is left then.
 */
export async function startPeer(
  peer: Peer,
  sandbox: Sandbox,
  underlay: Underlay,
): Promise<RunningPeer> {
  const keys = join(sandbox.folder, 'keys')
  await mkdir(keys, { recursive: true })
  const folder = await mkdtemp(join(sandbox.folder, `${peer.name}-`))
  const children: ChildProcess[] = []
  const undo: (() => Promise<unknown>)[] = []
  let log = ''
  const site: Site = {
    hosts: underlay.hosts,
    relay: underlay.proxy,
    folder,
    keys,
    spawn: (namespace, command, args) => {
      const child = namespace.spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
      const keep = (chunk: Buffer) => {
        log = (log + chunk).slice(-4_000)
      }
      child.stdout?.on('data', keep)
      child.stderr?.on('data', keep)
      children.push(child)
    },
    atClose: (action) => undo.push(action),
    log: () => log,
  }
  const stop = async () => {
    await Promise.all(children.splice(0).map(end))
    for (const action of undo.splice(0).reverse()) await action()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await address(underlay, await peer.start(site), peer.mtu)
    const path = {
      client: underlay.hosts.alpha,
      server: underlay.hosts.beta,
      address: PEER_ADDRESS.beta,
    }
    await waitForPath(path, START_TIMEOUT_MS)
    return { path, peakRssMB: () => peakRssMB(children), stop }
  } catch (cause) {
    await stop()
    throw new Error(`${peer.name} does not start; it said:\n${log}`, { cause })
  }
}

/** Gives the devices their addresses once they are there. */
async function address(underlay: Underlay, devices: Devices, mtu: number): Promise<void> {
  for (const name of ['alpha', 'beta'] as const) {
    const host = underlay.hosts[name]
    await until(() => host.ip(`link show ${devices[name]}`), {
      what: `device ${devices[name]} of ${name}`,
      timeoutMs: START_TIMEOUT_MS,
    })
    await host.ip(`link set ${devices[name]} mtu ${mtu} up`)
    // Once the path is up it is found soon, not a second later.
    await host.exec('sysctl', '-qw', `net.ipv4.neigh.${devices[name]}.retrans_time_ms=100`)
    await host.ip(`addr replace ${PEER_ADDRESS[name]}/24 dev ${devices[name]}`)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const isOver = once(child, 'exit')
  for (const pid of await familyOf(child.pid)) kill(pid, 'SIGTERM')
  const killer = setTimeout(() => child.kill('SIGKILL'), END_TIMEOUT_MS)
  await isOver
  clearTimeout(killer)
}

async function peakRssMB(children: readonly ChildProcess[]): Promise<number | null> {
  if (children.length === 0) return null
  let sum = 0
  for (const { pid } of children) {
    for (const one of await familyOf(pid)) sum += await processRssMB(one, 'peak')
  }
  return sum
}

/** A process and all below it: some programs work in a child of their own. */
async function familyOf(pid: number | undefined): Promise<number[]> {
  if (pid === undefined) return []
  const file = `/proc/${pid}/task/${pid}/children`
  const children = (await readFile(file, 'utf8').catch(() => '')).split(' ').filter(Boolean)
  return [pid, ...(await Promise.all(children.map((one) => familyOf(Number(one))))).flat()]
}

/** It may have ended meanwhile. */
function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
