// What a lab leaves on this machine while it is up: a folder with its topology, processes, sockets,
// configurations and logs. It is enough for any later command, and for clearing up after a crash.

import { createHash } from 'node:crypto'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import { VnetError } from '../base/errors.ts'
import { NAMESPACE_PREFIX } from './plan.ts'
import type { ProcessMark } from './run.ts'
import { isLabName } from './topology-schema.ts'

const DEFAULT_FOLDER = '/run/vnet-lab'
const STATE_FILE = 'lab.json'
/** sun_path of unix(7), less what stands behind the folder: two names of 22 and `//.sock`. */
const FOLDER_BYTES_MAX = 107 - 51

/** Folder of all labs: $VNET_LAB_DIR, or the machine's, or that of an ordinary user. */
export function labsFolder(): string {
  const { VNET_LAB_DIR, XDG_RUNTIME_DIR } = process.env
  if (VNET_LAB_DIR)
    return existsSync(VNET_LAB_DIR) ? realpathSync(VNET_LAB_DIR) : resolve(VNET_LAB_DIR)
  const user = process.getuid?.() ?? 0
  if (user === 0) return DEFAULT_FOLDER
  return XDG_RUNTIME_DIR ? join(XDG_RUNTIME_DIR, 'vnet-lab') : `/tmp/vnet-lab-${user}`
}

/**
 * Makes the folder of all labs.
 * @throws VnetError `lab-folder` if sockets would not fit in it, or it is not this user's alone.
 */
export function makeLabsFolder(): void {
  const folder = labsFolder()
  if (Buffer.byteLength(folder) > FOLDER_BYTES_MAX) {
    throw new VnetError('lab-folder', `${folder} is too long a path for unix sockets below it`, {
      hint: `set VNET_LAB_DIR to a path of at most ${FOLDER_BYTES_MAX} bytes`,
    })
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const found = lstatSync(folder)
  if (found.uid === process.getuid?.() && (found.mode & 0o022) === 0) return
  throw new VnetError('lab-folder', `${folder} is not yours alone`, {
    hint: 'remove it, or set VNET_LAB_DIR to a folder that only you can write to',
  })
}

/**
 * What the namespaces of these labs begin with. Labs of another folder have another prefix: neither
 * can take the other's away.
 */
export function namespacePrefix(): string {
  const folder = labsFolder()
  if (folder === DEFAULT_FOLDER) return NAMESPACE_PREFIX
  const digest = createHash('sha256').update(folder).digest('hex')
  return `${NAMESPACE_PREFIX}-${digest.slice(0, 8)}`
}

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

/** Where the files of a lab are. @throws VnetError `lab-unknown` if that can be no lab's name. */
export function labFiles(name: string) {
  // It becomes a path that is removed with all below it.
  if (!isLabName(name)) throw unknownLab(name)
  const folder = join(labsFolder(), name)
  return {
    folder,
    state: join(folder, STATE_FILE),
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

/** There is none of this name. */
export function unknownLab(name: string): VnetError {
  const labs = listLabs()
  const hint = labs.length === 0 ? 'bring one up with `vnet lab up FILE`' : `up: ${labs.join(', ')}`
  return new VnetError('lab-unknown', `there is no lab '${name}' on this machine`, { hint })
}

/** Names of the labs that have a folder, whole or not. */
export function listLabs(): string[] {
  const folder = labsFolder()
  if (!existsSync(folder)) return []
  return readdirSync(folder).filter(isLabFolder).sort()
}

/** True if the folder of that name was made by a lab, and so is ours to remove. */
function isLabFolder(name: string): boolean {
  if (!isLabName(name)) return false
  const { state } = labFiles(name)
  return existsSync(state) || existsSync(`${state}.new`)
}

/** The state of a lab; null if there is none or it was cut off while being written. */
export function readState(name: string): LabState | null {
  if (!isLabName(name)) return null
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

/** Removes the files of a lab; true if there were any. */
export function removeLabFiles(name: string): boolean {
  if (!isLabFolder(name)) return false
  rmSync(labFiles(name).folder, { recursive: true, force: true })
  return true
}

/** Removes the folder of all labs if nothing is in it. */
export function removeLabsFolder(): void {
  try {
    rmdirSync(labsFolder())
  } catch {
    // never made, or something else is in it: not ours to remove
  }
}
