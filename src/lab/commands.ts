// What `vnet lab` does, as typed functions; the command line adds only arguments and tables.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { VnetError } from '../base/errors.ts'
import { drawDot, drawMermaid, drawTree } from './graph.ts'
import { attachLab } from './handle.ts'
import { type LabUpOptions, labUp, runningPlan } from './lab.ts'
import { isAlive } from './run.ts'
import { listLabs, readState } from './state.ts'
import { labDown, labDownAll } from './teardown.ts'
import { loadTopology, type Topology } from './topology.ts'

const COMMAND_FOLDER = fileURLToPath(new URL('../../bin', import.meta.url))
const SHIPPED = fileURLToPath(new URL('../../topologies', import.meta.url))

export interface LabNode {
  readonly name: string
  readonly kind: 'proxy' | 'host' | 'guest' | 'lan'
  readonly site: string | null
  readonly address: string | null
  readonly namespace: string
  /** Of a daemon. */
  readonly pid: number | null
  readonly state: 'up' | 'down'
}

export interface LabStatus {
  readonly name: string
  readonly startedAtMs: number
  readonly isComplete: boolean
  readonly nodes: readonly LabNode[]
}

/** A path, or the name of a topology that comes with VNET, such as `demo`. */
export function findTopology(nameOrPath: string): string {
  const shipped = join(SHIPPED, `${nameOrPath}.yaml`)
  return !existsSync(nameOrPath) && existsSync(shipped) ? shipped : nameOrPath
}

/** Name of a lab from what the user typed: its name, or its topology file. */
function labName(nameOrPath: string): string {
  if (readState(nameOrPath) !== null || listLabs().includes(nameOrPath)) return nameOrPath
  const path = findTopology(nameOrPath)
  return existsSync(path) ? loadTopology(path).name : nameOrPath
}

/** Brings a lab up. */
export async function up(nameOrPath: string, options: LabUpOptions): Promise<LabStatus> {
  const topology = await labUp(findTopology(nameOrPath), options)
  return statusOf(topology.name)
}

/** Takes a lab away, or all with null; returns the names of those that were there. */
export async function down(nameOrPath: string | null): Promise<string[]> {
  if (nameOrPath === null) return labDownAll()
  const name = labName(nameOrPath)
  return (await labDown(name)) ? [name] : []
}

/** All labs of this machine, or the one that was asked for. */
export function status(nameOrPath: string | null): LabStatus[] {
  const names = nameOrPath === null ? listLabs() : [labName(nameOrPath)]
  return names.filter((name) => nameOrPath !== null || readState(name) !== null).map(statusOf)
}

function statusOf(name: string): LabStatus {
  const { state, topology, plan } = runningPlan(name)
  const daemons = plan.daemons.map((daemon): LabNode => {
    const mark = state.processes[daemon.name]
    const isUp = mark !== undefined && isAlive(mark)
    return {
      name: daemon.name,
      kind: daemon.role,
      site:
        daemon.role === 'proxy' ? topology.proxy.site : (topology.hosts[daemon.name]?.site ?? null),
      address: daemon.address,
      namespace: daemon.namespace,
      pid: isUp ? mark.pid : null,
      state: isUp ? 'up' : 'down',
    }
  })
  const guests = plan.guests.map((guest): LabNode => {
    const host = daemons.find((daemon) => daemon.name === guest.host)
    const { name: guestName, namespace, ip } = guest
    const place = { site: host?.site ?? null, state: host?.state ?? 'down' }
    return { name: guestName, kind: 'guest', address: ip, namespace, pid: null, ...place }
  })
  const lan = Object.entries(topology.lan).map(([machine, { ip }]): LabNode => {
    const namespace = plan.nodes[machine] ?? ''
    const { site } = topology.proxy
    return { name: machine, kind: 'lan', site, address: ip, namespace, pid: null, state: 'up' }
  })
  const { startedAtMs, isComplete } = state
  return { name, startedAtMs, isComplete, nodes: [...daemons, ...guests, ...lan] }
}

/** Runs a program in a node on this terminal; its exit status. */
export async function exec(
  nameOrPath: string,
  node: string,
  argv: readonly string[],
): Promise<number> {
  const lab = attachLab(labName(nameOrPath))
  if (argv.length === 0) {
    throw new VnetError('lab-exec', 'no program was given', {
      hint: `vnet lab exec ${nameOrPath} ${node} ip addr`,
    })
  }
  const isDaemon = lab.plan.daemons.some((daemon) => daemon.name === node)
  const socket = isDaemon ? { VNET_SOCKET: lab.admin(node).socket } : {}
  const path = `${COMMAND_FOLDER}:${process.env.PATH ?? ''}` // `vnet` in there is this one
  const child = spawn('ip', ['netns', 'exec', lab.namespace(node), ...argv], {
    stdio: 'inherit',
    env: { ...process.env, ...socket, PATH: path },
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)))
  })
}

/** Draws a topology, up or not. */
export function graph(nameOrPath: string, format: 'text' | 'dot' | 'mermaid'): string {
  const state = readState(nameOrPath)
  const topology: Topology =
    state === null ? loadTopology(findTopology(nameOrPath)) : runningPlan(nameOrPath).topology
  if (format === 'dot') return drawDot(topology)
  return format === 'mermaid' ? drawMermaid(topology) : drawTree(topology)
}
