// A lab on this machine: up, down, and a handle to work with it. `up` carries out the plan step by
// step and takes everything away again if a step fails or it is interrupted.

import { existsSync, readFileSync, rmSync } from 'node:fs'
import { VnetError } from '../base/errors.ts'
import { joinHost, startDaemon, waitUntilUp } from './daemons.ts'
import { connectEmulator, startEmulator } from './emulator.ts'
import { type LabPlan, NAMESPACE_PREFIX, namespaceOf, planLab } from './plan.ts'
import {
  isAlive,
  markProcess,
  type ProcessMark,
  runCommand,
  runProgram,
  signalProcess,
} from './run.ts'
import { LABS_FOLDER, labFiles, listLabs, lockLab, readState, writeState } from './state.ts'
import { parseTopology, type Topology } from './topology.ts'
import { sleep } from './wait.ts'

/** After SIGTERM; then SIGKILL. */
const STOP_TIMEOUT_MS = 3_000

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
 * @throws VnetError; then nothing is left of it. `lab-busy` while another command builds it.
 */
export async function labUp(path: string, options: LabUpOptions = {}): Promise<Topology> {
  const text = readTopologyText(path)
  const topology = parseTopology(text, path)
  requireRoot()
  const release = lockLab(topology.name)
  try {
    if (!(await mend(topology.name, text, options))) await buildAnew(topology, text, path, options)
    return topology
  } finally {
    release()
  }
}

async function buildAnew(
  topology: Topology,
  text: string,
  path: string,
  options: LabUpOptions,
): Promise<void> {
  await labDown(topology.name)
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
    await build(planLab(topology), processes, options, () => save(false))
    save(true)
  } catch (error) {
    options.progress?.('taking away what was made so far')
    await labDown(topology.name)
    throw error
  }
}

/** True if the lab was there as asked for and is whole now. */
async function mend(name: string, text: string, options: LabUpOptions): Promise<boolean> {
  const state = readState(name)
  const isSame = state?.topologyText === text
  const wantsDaemons = !options.isNetworkOnly
  if (!state?.isComplete || !isSame || state.isNetworkOnly === wantsDaemons) return false
  const dead = Object.entries(state.processes).filter(([, mark]) => !isAlive(mark))
  if (dead.some(([process]) => process === 'emulator')) return false
  if (dead.length === 0) options.progress?.(`${name} is up already`)
  for (const [daemon] of dead) {
    options.progress?.(`${daemon}: starting again`)
    await restartDaemon(name, daemon)
  }
  return true
}

function readTopologyText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new VnetError('topology-unreadable', `cannot read ${path}`, {
      hint: 'the files that come with VNET are in topologies/',
      cause,
    })
  }
}

function requireRoot(): void {
  if (process.getuid?.() === 0) return
  throw new VnetError('lab-privileges', 'a lab makes network namespaces, which needs root', {
    hint: 'sudo vnet lab up ..., or inside `unshare --user --map-root-user --net --mount`',
  })
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
    await runCommand({ argv: ['ip', 'netns', 'add', namespace] })
  }
  for (const command of plan.before) await runCommand(command)
  if (plan.links.length > 0) {
    const files = labFiles(plan.name)
    processes.emulator = await startEmulator({
      namespace: namespaceOf(plan.name, 'internet'),
      socket: files.emulatorSocket,
      logFile: files.emulatorLog,
    })
    save()
    const emulator = await connectEmulator(files.emulatorSocket)
    for (const link of plan.links) await emulator.add(link)
    emulator.close()
  }
  for (const command of plan.after) await runCommand(command)
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
  await eachOf(hosts, 2, (host) => joinHost(plan.name, host, proxy.address))
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
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await act(item)
  }
  await Promise.all(Array.from({ length: width }, lane))
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
export async function restartDaemon(name: string, daemonName: string): Promise<void> {
  const { plan, state } = runningPlan(name)
  const daemon = plan.daemons.find((one) => one.name === daemonName)
  const proxy = plan.daemons[0]
  if (daemon === undefined || proxy === undefined) {
    throw new VnetError('lab-node', `there is no daemon '${daemonName}' in ${name}`)
  }
  const mark = startDaemon(name, daemon, proxy.address)
  writeState({ ...state, processes: { ...state.processes, [daemonName]: mark } })
  await waitUntilUp(name, daemon, mark, undefined)
}

/** The plan and state of a running lab. @throws VnetError `lab-unknown` */
export function runningPlan(name: string) {
  const state = readState(name)
  if (state === null) {
    throw new VnetError('lab-unknown', `there is no lab '${name}' on this machine`, {
      hint: 'bring one up with `vnet lab up FILE`; `vnet lab status` lists them',
    })
  }
  const topology = parseTopology(state.topologyText, state.topologyPath)
  return { state, topology, plan: planLab(topology) }
}

/**
 * Takes a lab away: processes, namespaces, files, also what a crash left of it. True if there was
 * anything.
 */
export async function labDown(name: string): Promise<boolean> {
  const marks = Object.values(readState(name)?.processes ?? {})
  const namespaces = await namespacesOf(name)
  await stopProcesses(marks, 'SIGTERM')
  const strays = await processesIn(namespaces)
  await stopProcesses(strays, 'SIGKILL')
  for (const namespace of namespaces) {
    await runCommand({ argv: ['ip', 'netns', 'del', namespace] })
  }
  const { folder } = labFiles(name)
  const wasThere = existsSync(folder) || namespaces.length > 0
  rmSync(folder, { recursive: true, force: true })
  return wasThere
}

/** Takes all labs of this machine away; returns their names. */
export async function labDownAll(): Promise<string[]> {
  const fromNamespaces = (await namespacesOf(null)).map(
    (namespace) => /^vnlab-(.*?)-(?:internet|proxy|lan|gw-.*)$/.exec(namespace)?.[1],
  )
  const names = new Set([...listLabs(), ...fromNamespaces.filter((name) => name !== undefined)])
  for (const name of names) await labDown(name)
  rmSync(LABS_FOLDER, { recursive: true, force: true })
  return [...names]
}

async function namespacesOf(lab: string | null): Promise<string[]> {
  const { stdout } = await runProgram(['ip', 'netns', 'list'])
  const prefix = lab === null ? `${NAMESPACE_PREFIX}-` : `${namespaceOf(lab, '')}`
  const names = stdout.split('\n').map((line) => line.split(' ')[0] ?? '')
  return names.filter((name) => name.startsWith(prefix) && !isOfLongerName(name, lab))
}

/** `demo` and `demo-two` may both be up: the namespaces of the second are not of the first. */
function isOfLongerName(namespace: string, lab: string | null): boolean {
  if (lab === null) return false
  return listLabs().some(
    (other) =>
      other !== lab && other.startsWith(`${lab}-`) && namespace.startsWith(namespaceOf(other, '')),
  )
}

async function processesIn(namespaces: readonly string[]): Promise<ProcessMark[]> {
  const pids = await Promise.all(
    namespaces.map((namespace) => runProgram(['ip', 'netns', 'pids', namespace])),
  )
  return pids.flatMap(({ stdout }) =>
    stdout.split('\n').filter(Boolean).map(Number).map(markProcess),
  )
}

async function stopProcesses(
  marks: readonly ProcessMark[],
  signal: 'SIGTERM' | 'SIGKILL',
): Promise<void> {
  for (const mark of marks) signalProcess(mark, signal)
  const deadline = Date.now() + STOP_TIMEOUT_MS
  while (marks.some(isAlive) && Date.now() < deadline) await sleep(20)
  for (const mark of marks) signalProcess(mark, 'SIGKILL')
}
