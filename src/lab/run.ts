// Programs on behalf of a lab: commands that must succeed, and processes that stay.

import { execFile, type SpawnOptions, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { VnetError } from '../base/errors.ts'
import type { PlannedCommand } from './plan.ts'

const OUTPUT_BYTES_MAX = 64 * 1_048_576

export interface Output {
  readonly stdout: string
  readonly stderr: string
  readonly status: number
}

/** Runs a program to its end. Fails only if it cannot be started. */
export function runProgram(
  argv: readonly string[],
  options: { readonly stdin?: string; readonly timeoutMs?: number } = {},
): Promise<Output> {
  const [program = '', ...rest] = argv
  return new Promise((resolve, reject) => {
    const settings = { maxBuffer: OUTPUT_BYTES_MAX, timeout: options.timeoutMs ?? 0 }
    const child = execFile(program, rest, settings, (error, stdout, stderr) => {
      if (error !== null && typeof error.code === 'string' && child.pid === undefined) {
        reject(new VnetError('program-missing', `cannot run ${program}`, { cause: error }))
        return
      }
      const status = typeof error?.code === 'number' ? error.code : error === null ? 0 : 128
      resolve({ stdout, stderr, status })
    })
    if (options.stdin !== undefined) child.stdin?.end(options.stdin)
  })
}

/** Runs a command of the plan. @throws VnetError `lab-command` with what it printed. */
export async function runCommand(command: PlannedCommand): Promise<string> {
  const { stdin } = command
  const output = await runProgram(command.argv, stdin === undefined ? {} : { stdin })
  if (output.status === 0) return output.stdout
  throw new VnetError('lab-command', `${command.argv.join(' ')}: ${output.stderr.trim()}`, {
    hint: 'labs need root, and the ip and nft programs (make setup installs them)',
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
  process.kill(mark.pid, signal)
  return true
}
