// What the figures were measured on and with, and how busy the machine and its processes are.

import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGB: number
  readonly kernel: string
  /** Runnable processes, mean of the last minute, when the run began: other work beside it. */
  readonly loadBefore: number
  readonly versions: Readonly<Record<string, string>>
}

/** Describes this machine and the programs that take part. */
export async function describeMachine(): Promise<Machine> {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 1e9),
    kernel: release(),
    loadBefore: loadavg()[0] ?? 0,
    versions: {
      node: process.versions.node,
      openssl: process.versions.openssl,
      iperf3: firstLine(await output('iperf3', ['--version'])),
      ping: firstLine(await output('ping', ['-V'])),
    },
  }
}

/** The commit that was measured, with `+` if the tree had changes; `unknown` outside of git. */
export async function describeCommit(): Promise<string> {
  const commit = firstLine(await output('git', ['rev-parse', '--short=12', 'HEAD']))
  if (commit === '') return 'unknown'
  const changes = await output('git', ['status', '--porcelain', 'src', 'native', 'proto', 'bench'])
  const isChanged = changes.split('\n').some((line) => line !== '' && !/bench\/results/.test(line))
  return isChanged ? `${commit}+` : commit
}

/** CPU seconds that all cores were busy since boot (proc_stat(5); idle and iowait left out). */
export async function machineCpuSeconds(): Promise<number> {
  const line = firstLine(await readFile('/proc/stat', 'utf8'))
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user + nice + system + irq + softirq) / CLOCK_TICKS_PER_SECOND
}
/** USER_HZ: 100 on every Linux architecture that Node runs on. */
const CLOCK_TICKS_PER_SECOND = 100

/** CPU seconds of a process and all its threads, in nanosecond resolution (schedstat). */
export async function processCpuSeconds(pid: number): Promise<number> {
  let seconds = 0
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const text = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0')
    seconds += Number(text.split(' ')[0]) / 1e9
  }
  return seconds
}

/** Resident memory of a process: now, or the most it ever had, in MB (1e6 bytes). */
export async function processRssMB(pid: number, which: 'now' | 'peak'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const field = which === 'now' ? 'VmRSS' : 'VmHWM'
  const kib = status.match(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm'))?.[1]
  if (kib === undefined) throw new Error(`process ${pid} has no ${field}`)
  return (Number(kib) * 1024) / 1e6
}

/** Sum of the most that some processes held since `resetPeakRss`, in MB (1e6 bytes). */
export async function sumPeakRssMB(pids: readonly number[]): Promise<number> {
  let sum = 0
  for (const pid of pids) sum += await processRssMB(pid, 'peak')
  return sum
}

/** Peaks count from now on (proc_pid_clear_refs(5)). */
export async function resetPeakRss(pids: readonly number[]): Promise<void> {
  for (const pid of pids) await writeFile(`/proc/${pid}/clear_refs`, '5')
}

async function output(command: string, args: readonly string[]): Promise<string> {
  try {
    return (await run(command, [...args])).stdout
  } catch {
    return '' // not installed: the version stays empty, the case that needs it says so
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0]?.trim() ?? ''
}
