// Programs on behalf of a lab: commands that must succeed, and processes that stay.

import { type SpawnOptions, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import type { Readable } from 'node:stream'
import { VnetError } from '../base/errors.ts'
import type { PlannedCommand } from './plan.ts'
import { sleep } from './wait.ts'

/** Status of a program that a signal ended. */
const KILLED = 128
/** Of each stream of a program; iperf3 and ping print far less. */
const OUTPUT_BYTES_MAX = 64 * 1_048_576

export interface Output {
  readonly stdout: string
  readonly stderr: string
  readonly status: number
}

export interface RunOptions {
  readonly stdin?: string
  readonly timeoutMs?: number
  /** Ends the program; the run then fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  /** Out of reach of a Ctrl-C on the terminal, which goes to all programs in front. */
  readonly isApart?: boolean
}

/** Runs a program to its end. Fails only if it cannot be started, or on the signal. */
export function runProgram(argv: readonly string[], options: RunOptions = {}): Promise<Output> {
  const [program = '', ...rest] = argv
  const { stdin = '', timeoutMs, signal, isApart = false } = options
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const child = spawn(program, rest, {
      detached: isApart,
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
      ...(signal === undefined ? {} : { signal }),
    })
    const stdout = collect(child.stdout)
    const stderr = collect(child.stderr)
    child.stdin.on('error', () => {}) // it did not want to read: its status tells the rest
    child.stdin.end(stdin)
    child.once('error', (cause) => {
      if (signal?.aborted) reject(signal.reason)
      else reject(new VnetError('program-missing', `cannot run ${program}`, { cause }))
    })
    child.once('close', (code) => {
      resolve({ stdout: stdout(), stderr: stderr(), status: code ?? KILLED })
    })
  })
}

/** Keeps what comes, up to the bound; the result gives it as text. */
function collect(stream: Readable): () => string {
  const chunks: Buffer[] = []
  let bytes = 0
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= OUTPUT_BYTES_MAX) chunks.push(chunk)
  })
  return () => Buffer.concat(chunks).toString('utf8')
}

/** Runs a command of the plan. @throws VnetError `lab-command` with what it printed. */
export async function runCommand(command: PlannedCommand, signal?: AbortSignal): Promise<string> {
  const { argv, stdin } = command
  const given = stdin === undefined ? {} : { stdin }
  const once = () => runProgram(argv, { ...given, signal, isApart: true })
  let output = await once()
  if (output.status === KILLED) {
    await sleep(25) // a Ctrl-C reached it before it stood apart: ours to hear, too
    signal?.throwIfAborted()
    output = await once()
  }
  if (output.status === 0) return output.stdout
  throw new VnetError('lab-command', `${argv.join(' ')}: ${output.stderr.trim()}`, {
    hint: 'labs need the ip and nft programs (make setup installs them)',
  })
}

/** Starts a process that outlives this one, in a namespace, its output appended to a file. */
export function startDetached(
  namespace: string,
  argv: readonly string[],
  logFile: string,
): ProcessMark {
  const log = openSync(logFile, 'a')
  const options: SpawnOptions = { detached: true, stdio: ['ignore', log, log] }
  const child = spawn('ip', ['netns', 'exec', namespace, ...argv], options)
  closeSync(log)
  child.unref()
  return markProcess(child.pid ?? 0)
}

/** A process that cannot be mistaken for a later one with the same number. */
export interface ProcessMark {
  readonly pid: number
  /** Clock ticks since boot, field 22 of /proc/PID/stat; empty if it is gone. */
  readonly startTicks: string
}

/** The mark of a running process. */
export function markProcess(pid: number): ProcessMark {
  return { pid, startTicks: statField(pid, 22) }
}

/** True while that very process runs (a zombie does not). */
export function isAlive(mark: ProcessMark): boolean {
  const isSame = mark.startTicks !== '' && statField(mark.pid, 22) === mark.startTicks
  return isSame && statField(mark.pid, 3) !== 'Z'
}

/** Field of /proc/PID/stat (proc_pid_stat(5)), counted from 1; fields from 3 on. */
function statField(pid: number, field: number): string {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')[field - 3] ?? ''
  } catch {
    return '' // no such process: that is the answer
  }
}

/** Sends a signal, if that very process still runs. True if it was sent. */
export function signalProcess(mark: ProcessMark, signal: NodeJS.Signals): boolean {
  if (!isAlive(mark)) return false
  try {
    process.kill(mark.pid, signal)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false // ended just now
    throw error
  }
}
