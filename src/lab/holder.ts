// Labs of an ordinary user. A small process holds a user, a network and a mount namespace in which
// the user is root; commands that make or enter namespaces are run again inside of it. There is no
// record of it: it is found by its environment, and so is what else runs inside.
//
//   vnet lab up -> holder (unshare: sleep) -> nsenter: vnet lab up -> daemons, emulator

import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { VnetError } from '../base/errors.ts'
import { lockLab } from './lock.ts'
import { isAlive, markProcess, type ProcessMark, signalProcess } from './run.ts'
import { labsFolder, listLabs, makeLabsFolder, removeLabFiles, removeLabsFolder } from './state.ts'
import { waitFor } from './wait.ts'

const MAIN = fileURLToPath(new URL('../cli/main.ts', import.meta.url))
const LOCK_TIMEOUT_MS = 10_000
const END_TIMEOUT_MS = 2_000
/** In the environment of the holder only. */
const MARK = 'VNET_LAB_HOLDER=1'

/** A /run with all that was in it but a netns of its own, which ip-netns(8) writes to. */
const HOLD = `set -e
mount --rbind /run /mnt
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/netns
for old in /mnt/*; do
  new=/run/\${old#/mnt/}
  if [ "$old" = /mnt/netns ]; then continue
  elif [ -L "$old" ]; then cp -P "$old" "$new"
  elif [ -d "$old" ]; then mkdir "$new" && mount --rbind "$old" "$new"
  elif [ -e "$old" ]; then : > "$new" && mount --bind "$old" "$new"
  fi
done
umount -l /mnt
ip link set lo up
echo ready
exec sleep infinity`

/** True where commands on labs must go through the holder: whoever is not root, inside or out. */
export function isOrdinaryUser(): boolean {
  return process.getuid?.() !== 0
}

/**
 * Runs the command line again as root of the user's own namespaces, on this terminal. Afterwards
 * the holder ends if no lab is left.
 * @returns its exit status; null if there is no holder and none was to be made.
 * @throws VnetError `lab-privileges` where the machine forbids user namespaces.
 */
export async function runInside(
  words: readonly string[],
  options: { readonly isMade: boolean },
): Promise<number | null> {
  try {
    const holder = options.isMade ? await makeHolder() : findHolder()
    return holder === null ? null : await enter(holder, words)
  } finally {
    await endUnusedHolder()
    removeLabsFolder()
  }
}

/** Ends all that runs inside, and removes all labs' files, whatever became of the holder. */
export async function endHolder(): Promise<void> {
  const areGone = () => {
    const insiders = findInsiders()
    for (const mark of insiders) signalProcess(mark, 'SIGKILL')
    return insiders.length === 0 ? true : undefined
  }
  await waitFor("the end of the labs' processes", areGone, { timeoutMs: END_TIMEOUT_MS })
  for (const name of listLabs()) removeLabFiles(name)
  removeLabsFolder()
}

async function makeHolder(): Promise<ProcessMark> {
  makeLabsFolder()
  const release = await waitFor('others who start labs', () => lockLab(':holder'), {
    timeoutMs: LOCK_TIMEOUT_MS,
  })
  try {
    return findHolder() ?? (await startHolder())
  } finally {
    release()
  }
}

function startHolder(): Promise<ProcessMark> {
  const [name = '', value] = MARK.split('=')
  const child = spawn(
    'unshare',
    ['--user', '--map-root-user', '--net', '--mount', 'sh', '-c', HOLD],
    {
      detached: true,
      cwd: '/',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, VNET_LAB_DIR: labsFolder(), [name]: value },
    },
  )
  let complaint = ''
  child.stderr.on('data', (chunk) => {
    complaint += chunk
  })
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      const message = `a lab needs root or user namespaces, which this machine refuses: ${why}`
      const hint = 'sudo vnet lab up ...; or allow user namespaces, see docs/lab.md'
      reject(new VnetError('lab-privileges', message, { hint }))
    }
    child.once('error', (error) => fail(error.message))
    child.once('close', () => fail(complaint.trim()))
    child.stdout.once('data', () => {
      child.stdout.destroy()
      child.stderr.destroy()
      child.unref()
      resolve(markProcess(child.pid ?? 0))
    })
  })
}

async function enter(holder: ProcessMark, words: readonly string[]): Promise<number> {
  const enterArgv = ['--preserve-credentials', '--user', '--net', '--mount', '--target']
  // The working folder is that of the namespace again only after a change to it in there.
  const change = ['sh', '-c', 'cd "$1" && shift && exec "$@"', 'sh', process.cwd()]
  const again = [process.execPath, ...process.execArgv, MAIN, ...words]
  const child = spawn('nsenter', [...enterArgv, `${holder.pid}`, '--', ...change, ...again], {
    stdio: 'inherit',
    env: { ...process.env, VNET_LAB_DIR: labsFolder() },
  })
  // A Ctrl-C on the terminal reaches both; this one must not end before the other.
  const forward = (signal: NodeJS.Signals) => {
    if (signal !== 'SIGINT' || !process.stderr.isTTY) child.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, forward)
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => resolve(code ?? 1))
    })
  } finally {
    for (const signal of signals) process.off(signal, forward)
  }
}

async function endUnusedHolder(): Promise<void> {
  const holder = findHolder()
  if (holder === null || listLabs().length > 0) return
  if (findInsiders().length > 1) return
  signalProcess(holder, 'SIGKILL')
  const hasEnded = () => (isAlive(holder) ? undefined : true)
  await waitFor('the end of the holder', hasEnded, { timeoutMs: END_TIMEOUT_MS })
}

function findHolder(): ProcessMark | null {
  // While it starts it is still unshare, or the shell.
  const isReady = ({ pid }: ProcessMark) => read(`/proc/${pid}/comm`).trim() === 'sleep'
  const isHolder = ({ pid }: ProcessMark) => environmentOf(pid).includes(MARK)
  return findInsiders().find((mark) => isHolder(mark) && isReady(mark)) ?? null
}

/** Processes of labs of this folder in a user namespace that is not ours. */
function findInsiders(): ProcessMark[] {
  const wanted = `VNET_LAB_DIR=${labsFolder()}`
  const own = userNamespaceOf('self')
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  return pids
    .filter((pid) => ![own, ''].includes(userNamespaceOf(pid)))
    .map(Number)
    .filter((pid) => environmentOf(pid).includes(wanted))
    .map(markProcess)
}

function environmentOf(pid: number): string[] {
  return read(`/proc/${pid}/environ`).split('\0')
}

function userNamespaceOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/ns/user`)
  } catch {
    return '' // it has ended, or is somebody else's
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // it has ended, or is somebody else's
  }
}
