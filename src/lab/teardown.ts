// Taking labs away: processes, namespaces, files, also what a crash left of them. It finds them by
// their names and by the record in their folder; either is enough.

import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { lockLab } from './lock.ts'
import { namespaceOf } from './plan.ts'
import { isAlive, markProcess, type ProcessMark, runCommand, signalProcess } from './run.ts'
import { listLabs, namespacePrefix, readState, removeLabFiles, removeLabsFolder } from './state.ts'
import { waitFor } from './wait.ts'

/** After SIGTERM; then SIGKILL. */
const STOP_TIMEOUT_MS = 3_000
const KILL_TIMEOUT_MS = 2_000
/** Where ip-netns(8) keeps namespaces that have a name. */
const NETNS_FOLDER = '/run/netns'

/** Takes a lab away. True if there was anything. @throws VnetError `lab-busy`. */
export async function labDown(name: string): Promise<boolean> {
  const release = await lockLab(name)
  try {
    return await clearLab(name)
  } finally {
    release()
    removeLabsFolder()
  }
}

/**
 * Takes all labs of this folder away; returns their names.
 * @throws VnetError `lab-busy` when the others are gone.
 */
export async function labDownAll(): Promise<string[]> {
  const fromNamespaces = labNamespaces(null).map((namespace) => namespace.split('.')[1] ?? '')
  const gone: string[] = []
  const errors: unknown[] = []
  for (const name of new Set([...listLabs(), ...fromNamespaces])) {
    try {
      await labDown(name)
      gone.push(name)
    } catch (error) {
      errors.push(error)
    }
  }
  const [first] = errors
  if (first !== undefined) throw first
  return gone
}

/** The same as labDown, for the one who has the lock. */
export async function clearLab(name: string): Promise<boolean> {
  const recorded = Object.values(readState(name)?.processes ?? {})
  const namespaces = labNamespaces(name)
  await stopProcesses(recorded)
  await killStrays(namespaces)
  for (const namespace of namespaces) {
    await runCommand({ argv: ['ip', 'netns', 'del', namespace] })
  }
  const hadFiles = removeLabFiles(name)
  return hadFiles || namespaces.length > 0
}

/** Names of the namespaces of a lab, or of all labs of this folder. */
export function labNamespaces(lab: string | null): string[] {
  const prefix = lab === null ? `${namespacePrefix()}.` : namespaceOf(namespacePrefix(), lab, '')
  try {
    return readdirSync(NETNS_FOLDER).filter((name) => name.startsWith(prefix))
  } catch {
    return [] // nobody has made a namespace since the machine started
  }
}

async function stopProcesses(marks: readonly ProcessMark[]): Promise<void> {
  for (const mark of marks) signalProcess(mark, 'SIGTERM')
  const haveEnded = () => (marks.some(isAlive) ? undefined : true)
  try {
    await waitFor('the end of the daemons', haveEnded, { timeoutMs: STOP_TIMEOUT_MS })
  } catch {
    for (const mark of marks) signalProcess(mark, 'SIGKILL') // it had its time
  }
}

/** Ends what runs in the namespaces and has no record; looks again until there is nothing. */
async function killStrays(namespaces: readonly string[]): Promise<void> {
  const areGone = () => {
    const strays = processesIn(namespaces)
    for (const mark of strays) signalProcess(mark, 'SIGKILL')
    return strays.length === 0 ? true : undefined
  }
  await waitFor("the end of the lab's processes", areGone, { timeoutMs: KILL_TIMEOUT_MS })
}

function processesIn(namespaces: readonly string[]): ProcessMark[] {
  const wanted = new Set(namespaces.map((name) => `net:[${inodeOf(`${NETNS_FOLDER}/${name}`)}]`))
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  return pids
    .filter((pid) => wanted.has(netNamespaceOf(pid)))
    .map((pid) => markProcess(Number(pid)))
}

function inodeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.ino ?? 0
}

function netNamespaceOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return '' // it has ended, or is a zombie
  }
}
