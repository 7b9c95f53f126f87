// What a lab leaves on this machine while it is up: a folder with its topology, processes, sockets,
// configurations and logs. It is enough for any later command, and for clearing up after a crash.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { VnetError } from '../base/errors.ts'
import { isAlive, markProcess, type ProcessMark } from './run.ts'
import { parseTopology, type Topology } from './topology.ts'

/** Folder of all labs of this machine. */
export const LABS_FOLDER = process.env.VNET_LAB_DIR ?? '/run/vnet-lab'

export interface LabState {
  readonly name: string
  /** Text of the topology file as it was when the lab came up. */
  readonly topologyText: string
  readonly topologyPath: string
  readonly startedAtMs: number
  /** Daemon, or `emulator`, and its process. */
  readonly processes: Readonly<Record<string, ProcessMark>>
  /** True once everything was up. */
  readonly isComplete: boolean
  readonly isNetworkOnly: boolean
}

/** Where the files of a lab are. */
export function labFiles(name: string) {
  const folder = join(LABS_FOLDER, name)
  return {
    folder,
    state: join(folder, 'lab.json'),
    emulatorSocket: join(folder, 'wan.sock'),
    emulatorLog: join(folder, 'wan.log'),
    daemon: (daemon: string) => ({
      config: join(folder, `${daemon}.yaml`),
      state: join(folder, 'state', daemon),
      socket: join(folder, `${daemon}.sock`),
      log: join(folder, `${daemon}.log`),
    }),
  }
}

/**
 * Keeps other commands from building the same lab at the same time; the result ends that. The lock
 * of a command that died does not count.
 * @throws VnetError `lab-busy`.
 */
export function lockLab(name: string): () => void {
  mkdirSync(LABS_FOLDER, { recursive: true, mode: 0o700 })
  const file = `${join(LABS_FOLDER, name)}.lock`
  const mine = markProcess(process.pid)
  for (;;) {
    try {
      writeFileSync(file, JSON.stringify(mine), { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch {
      const holder = JSON.parse(readFileSync(file, 'utf8')) as ProcessMark
      if (isAlive(holder)) {
        throw new VnetError('lab-busy', `process ${holder.pid} is building lab '${name}'`, {
          hint: 'wait for it, or stop it',
        })
      }
      rmSync(file, { force: true })
    }
  }
}

/** Names of the labs that have a folder, whole or not. */
export function listLabs(): string[] {
  return existsSync(LABS_FOLDER)
    ? readdirSync(LABS_FOLDER)
        .filter((entry) => !entry.endsWith('.lock'))
        .sort()
    : []
}

/** The state of a lab; null if there is none or it was cut off while being written. */
export function readState(name: string): LabState | null {
  try {
    return JSON.parse(readFileSync(labFiles(name).state, 'utf8')) as LabState
  } catch {
    return null // no lab, or one that died at birth: `down` clears both
  }
}

/** Writes the state in one step. */
export function writeState(state: LabState): void {
  const files = labFiles(state.name)
  mkdirSync(files.folder, { recursive: true, mode: 0o700 })
  writeFileSync(`${files.state}.new`, JSON.stringify(state, null, 2))
  renameSync(`${files.state}.new`, files.state)
}

/** The topology of a running lab. @throws VnetError `lab-unknown`. */
export function runningTopology(name: string): Topology {
  const state = readState(name)
  if (state !== null) return parseTopology(state.topologyText, state.topologyPath)
  const labs = listLabs()
  throw new VnetError('lab-unknown', `there is no lab '${name}' on this machine`, {
    hint: labs.length === 0 ? 'bring one up with `vnet lab up FILE`' : `up: ${labs.join(', ')}`,
  })
}
