// Bringing a lab up: carries out the plan step by step, and takes everything away again
// (teardown.ts) if a step fails or it is interrupted. What is up already is mended.

import { closeSync, openSync } from 'node:fs'
import { VnetError } from '../base/errors.ts'
import { joinHost, startDaemon, waitUntilUp } from './daemons.ts'
import { connectEmulator, startEmulator } from './emulator.ts'
import { lockLab } from './lock.ts'
import { type LabPlan, planLab } from './plan.ts'
import { isAlive, type ProcessMark, runCommand } from './run.ts'
import {
  labFiles,
  makeLabsFolder,
  namespacePrefix,
  readState,
  removeLabsFolder,
  unknownLab,
  writeState,
} from './state.ts'
import { clearLab, labNamespaces } from './teardown.ts'
import { parseTopology, readTopologyText, type Topology } from './topology.ts'

export interface LabUpOptions {
  /** One line a step, for people. */
  readonly progress?: (line: string) => void
  readonly signal?: AbortSignal
  /** Only the network: no daemons, no TAPs in the guests. */
  readonly isNetworkOnly?: boolean
}

/**
 * Brings a lab up from a topology file. One that is up already stays as it is; daemons of it that
 * ended are started again.
 * @throws VnetError `lab-busy` while another command builds it; any other, or the signal's reason:
 * then nothing is left of it.
 */
export async function labUp(path: string, options: LabUpOptions = {}): Promise<Topology> {
  const text = readTopologyText(path)
  const topology = parseTopology(text, path)
  requireRoot()
  requireTun()
  const release = await lockLab(topology.name)
  try {
    makeLabsFolder()
    if (!(await mend(topology.name, text, options))) await buildAnew(topology, text, path, options)
    return topology
  } finally {
    release()
    removeLabsFolder()
  }
}

async function buildAnew(
  topology: Topology,
  text: string,
  path: string,
  options: LabUpOptions,
): Promise<void> {
  await clearLab(topology.name)
  const processes: Record<string, ProcessMark> = {}
  const save = (isComplete: boolean) =>
    writeState({
      name: topology.name,
      topologyText: text,
      topologyPath: path,
      startedAtMs: Date.now(),
      processes,
      isComplete,
      isNetworkOnly: options.isNetworkOnly ?? false,
    })
  save(false)
  try {
    await build(planLab(topology, namespacePrefix()), processes, options, () => save(false))
    save(true)
  } catch (error) {
    options.progress?.('taking away what was made so far')
    await clearLab(topology.name)
    throw error
  }
}

/** True if the lab was there as asked for and is whole now. */
async function mend(name: string, text: string, options: LabUpOptions): Promise<boolean> {
  const state = readState(name)
  const isSame = state?.topologyText === text
  const wantsDaemons = !options.isNetworkOnly
  if (!state?.isComplete || !isSame || state.isNetworkOnly === wantsDaemons) return false
  const namespaces = new Set(labNamespaces(name))
  const { plan } = runningPlan(name)
  if (!plan.namespaces.every((namespace) => namespaces.has(namespace))) return false
  const dead = Object.entries(state.processes).filter(([, mark]) => !isAlive(mark))
  if (dead.some(([process]) => process === 'emulator')) return false
  if (dead.length === 0) options.progress?.(`${name} is up already`)
  for (const [daemon] of dead) {
    options.progress?.(`${daemon}: starting again`)
    await restartDaemon(name, daemon, options.signal)
  }
  return true
}

function requireRoot(): void {
  if (process.getuid?.() === 0) return
  throw new VnetError('lab-privileges', 'a lab makes network namespaces, which needs root', {
    hint: 'sudo vnet lab up ...',
  })
}

/** Emulated links and guests are TAP devices. */
function requireTun(): void {
  const device = '/dev/net/tun'
  try {
    closeSync(openSync(device, 'r+'))
  } catch (cause) {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const why = isMissing ? 'does not exist' : 'may not be opened by you on this machine'
    // As udev has it nearly everywhere: who opens it still needs CAP_NET_ADMIN to make a device.
    const hint = isMissing ? 'modprobe tun, as root' : `chmod 0666 ${device}, as root`
    throw new VnetError('lab-tun', `${device} ${why}`, { hint, cause })
  }
}

async function build(
  plan: LabPlan,
  processes: Record<string, ProcessMark>,
  options: LabUpOptions,
  save: () => void,
): Promise<void> {
  const { progress, signal } = options
  const step = (line: string) => {
    signal?.throwIfAborted()
    progress?.(line)
  }
  step(`network: ${plan.namespaces.length} namespaces, ${plan.links.length} emulated links`)
  for (const namespace of plan.namespaces) {
    await runCommand({ argv: ['ip', 'netns', 'add', namespace] }, signal)
  }
  for (const command of plan.before) await runCommand(command, signal)
  if (plan.links.length > 0) {
    const files = labFiles(plan.name)
    processes.emulator = await startEmulator({
      namespace: plan.nodes.internet ?? '',
      socket: files.emulatorSocket,
      logFile: files.emulatorLog,
    })
    save()
    const emulator = await connectEmulator(files.emulatorSocket)
    try {
      for (const link of plan.links) await emulator.add(link)
    } finally {
      emulator.close()
    }
  }
  for (const command of plan.after) await runCommand(command, signal)
  if (options.isNetworkOnly) return
  await startDaemons(plan, processes, step, signal, save)
  step('guests: addresses')
  await addressGuests(plan)
}

async function startDaemons(
  plan: LabPlan,
  processes: Record<string, ProcessMark>,
  step: (line: string) => void,
  signal: AbortSignal | undefined,
  save: () => void,
): Promise<void> {
  const [proxy, ...hosts] = plan.daemons
  if (proxy === undefined) return
  step('proxy: starting')
  processes.proxy = startDaemon(plan.name, proxy, proxy.address)
  save()
  await waitUntilUp(plan.name, proxy, processes.proxy, signal)
  step(`hosts: joining (${hosts.map((host) => host.name).join(', ')})`)
  // Two at a time: each is a program of its own, and a lab runs on small machines.
  await eachOf(hosts, 2, (host) =>
    joinHost(plan.name, host, { proxyAddress: proxy.address, signal }),
  )
  step('hosts: starting')
  for (const host of hosts) processes[host.name] = startDaemon(plan.name, host, proxy.address)
  save()
  for (const host of hosts) {
    const mark = processes[host.name]
    if (mark !== undefined) await waitUntilUp(plan.name, host, mark, signal)
  }
}

async function eachOf<T>(
  items: readonly T[],
  width: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const rest = [...items]
  const lane = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) {
      try {
        await act(item)
      } catch (error) {
        rest.length = 0 // the other lanes end with what they have begun
        throw error
      }
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: width }, lane))
  for (const end of ends) if (end.status === 'rejected') throw end.reason
}

async function addressGuests(plan: LabPlan): Promise<void> {
  for (const guest of plan.guests) {
    const inside = (words: string) =>
      runCommand({ argv: ['ip', '-n', guest.namespace, ...words.split(' ')] })
    await inside('link set eth0 up')
    if (guest.ip === null) continue
    await inside(`addr replace ${guest.ip}/${guest.prefixLength} dev eth0`)
    await inside(`addr replace ${guest.ip6}/64 dev eth0 nodad`)
  }
}

/** Starts a daemon of a running lab again, after it was killed; resolves when it is up. */
export async function restartDaemon(
  name: string,
  daemonName: string,
  signal?: AbortSignal,
): Promise<void> {
  const { plan, state } = runningPlan(name)
  const daemon = plan.daemons.find((one) => one.name === daemonName)
  const proxy = plan.daemons[0]
  if (daemon === undefined || proxy === undefined) {
    throw new VnetError('lab-node', `there is no daemon '${daemonName}' in ${name}`)
  }
  const mark = startDaemon(name, daemon, proxy.address)
  writeState({ ...state, processes: { ...state.processes, [daemonName]: mark } })
  await waitUntilUp(name, daemon, mark, signal)
}

/** The plan and state of a running lab. @throws VnetError `lab-unknown` */
export function runningPlan(name: string) {
  const state = readState(name)
  if (state === null) throw unknownLab(name)
  const topology = parseTopology(state.topologyText, state.topologyPath)
  return { state, topology, plan: planLab(topology, namespacePrefix()) }
}
