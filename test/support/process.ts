// What a process takes from its machine, read from /proc (proc_pid_stat(5), proc_pid_status(5)).

import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

export interface Resources {
  readonly descriptors: number
  readonly threads: number
  readonly rssBytes: number
}

export function resourcesOf(pid: number): Resources {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1])
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    threads: readdirSync(`/proc/${pid}/task`).length,
    rssBytes: kilobytes * 1024,
  }
}

/** Share of one core that a process takes, measured over `durationMs`, its threads together. */
export async function cpuShare(pid: number, durationMs: number): Promise<number> {
  const startNs = process.hrtime.bigint()
  const before = cpuNs(pid)
  await delay(durationMs)
  return Number(cpuNs(pid) - before) / Number(process.hrtime.bigint() - startNs)
}

/** Processor time by the scheduler's own clock: finer than the ticks of /proc/PID/stat. */
function cpuNs(pid: number): bigint {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
    .reduce((sum, spent) => sum + BigInt(spent ?? 0), 0n)
}
