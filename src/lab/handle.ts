// A handle to a lab that is up, for programs: run things in its nodes, talk to its daemons, change
// its WAN links, kill and restart. Tests, benchmarks and the demonstration are written on it.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { VnetError } from '../base/errors.ts'
import { nearest } from '../config/nearest.ts'
import { AdminClient } from '../control/client.ts'
import { connectEmulator, type Emulator, type LinkChange } from './emulator.ts'
import { type LabUpOptions, labUp, restartDaemon, runningPlan } from './lab.ts'
import type { LabPlan } from './plan.ts'
import { isAlive, type Output, type ProcessMark, runProgram, signalProcess } from './run.ts'
import { labFiles } from './state.ts'
import { labDown } from './teardown.ts'
import type { Topology } from './topology.ts'
import { waitFor } from './wait.ts'

export interface Lab {
  readonly name: string
  readonly topology: Topology
  readonly plan: LabPlan
  /** Namespace of a node (a guest, host, machine of the LAN, `proxy`, `internet`, `gw-SITE`). */
  namespace(node: string): string
  /** Runs a program in a node to its end, whatever its exit status. */
  exec(node: string, argv: readonly string[], timeoutMs?: number): Promise<Output>
  /** The same, but a status other than 0 is an error; returns standard output. */
  run(node: string, argv: readonly string[], timeoutMs?: number): Promise<string>
  spawn(node: string, argv: readonly string[], options?: SpawnOptions): ChildProcess
  admin(daemon: string): AdminClient
  /** Process of a daemon as recorded last. */
  process(daemon: string): ProcessMark
  logFile(daemon: string): string
  /** Changes the WAN link of a site. */
  setWan(site: string, change: LinkChange): Promise<void>
  /** Cuts the WAN link of a site, or joins it again. */
  cutWan(site: string): Promise<void>
  joinWan(site: string): Promise<void>
  /** Sends a signal to a daemon and, if it ends one, waits for the end. */
  kill(daemon: string, signal: NodeJS.Signals): Promise<void>
  restart(daemon: string): Promise<void>
  down(): Promise<void>
}

const ENDING_SIGNALS: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGINT']

/** Brings a lab up and returns the handle. */
export async function openLab(path: string, options: LabUpOptions = {}): Promise<Lab> {
  const topology = await labUp(path, options)
  return attachLab(topology.name)
}

/** The handle of a lab that is up. @throws VnetError `lab-unknown` */
export function attachLab(name: string): Lab {
  const { topology, plan } = runningPlan(name)
  const namespace = (node: string) => {
    const found = plan.nodes[node]
    if (found !== undefined) return found
    throw unknownNode(node, Object.keys(plan.nodes))
  }
  const inside = (node: string, argv: readonly string[]) => [
    'ip',
    'netns',
    'exec',
    namespace(node),
    ...argv,
  ]
  const exec = (node: string, argv: readonly string[], timeoutMs = 60_000) =>
    runProgram(inside(node, argv), { timeoutMs })
  const process = (daemon: string) => {
    const mark = runningPlan(name).state.processes[daemon]
    if (mark === undefined)
      throw unknownNode(
        daemon,
        plan.daemons.map((one) => one.name),
      )
    return mark
  }
  return {
    name,
    topology,
    plan,
    namespace,
    exec,
    run: async (node, argv, timeoutMs) => {
      const output = await exec(node, argv, timeoutMs)
      if (output.status === 0) return output.stdout
      const text = `${output.stderr}${output.stdout}`.trim()
      throw new VnetError('lab-run', `${node}: ${argv.join(' ')}: status ${output.status}: ${text}`)
    },
    spawn: (node, argv, options = {}) => {
      const [program = '', ...rest] = inside(node, argv)
      return spawn(program, rest, options)
    },
    admin: (daemon) => new AdminClient(labFiles(name).daemon(daemon).socket),
    process,
    logFile: (daemon) => labFiles(name).daemon(daemon).log,
    setWan: (site, change) => withEmulator(name, (wan) => wan.set(`wan-${site}`, change)),
    cutWan: (site) => withEmulator(name, (wan) => wan.down(`wan-${site}`)),
    joinWan: (site) => withEmulator(name, (wan) => wan.up(`wan-${site}`)),
    kill: async (daemon, signal) => {
      const mark = process(daemon)
      signalProcess(mark, signal)
      if (!ENDING_SIGNALS.includes(signal)) return
      const hasEnded = () => (isAlive(mark) ? undefined : true)
      await waitFor(`the end of ${daemon}`, hasEnded, { timeoutMs: 10_000 })
    },
    restart: (daemon) => restartDaemon(name, daemon),
    down: async () => {
      await labDown(name)
    },
  }
}

function unknownNode(node: string, known: readonly string[]): VnetError {
  const near = nearest(node, known)
  const hint = near === null ? `known: ${known.join(', ')}` : `did you mean '${near}'?`
  return new VnetError('lab-node', `there is no node '${node}' in this lab`, { hint })
}

async function withEmulator(name: string, act: (emulator: Emulator) => Promise<void>) {
  const emulator = await connectEmulator(labFiles(name).emulatorSocket)
  try {
    await act(emulator)
  } finally {
    emulator.close()
  }
}
