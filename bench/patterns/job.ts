// A BSP program on guests: a process in each (bsp.c), its plan written to it, its lines read back,
// and every hash compared with the one that is known without any network.

import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { VnetError } from '../../src/base/errors.ts'
import type { Pattern } from '../../src/infer/patterns.ts'
import type { Lab } from '../../src/lab/handle.ts'
import { buildTool } from '../tool.ts'
import { expectedHashes } from './content.ts'
import { makeSchedule, partOf, type Schedule } from './schedule.ts'

/** Of bsp.c. */
export const GUESTS_MAX = 64
export const MESSAGE_BYTES_MAX = 64 * 1_048_576
const PORT = 7801
const READY_TIMEOUT_MS = 10_000
const STALL_MS = 20_000
/** Others notice that one is gone: what they say comes so long after. */
const LAST_WORDS_MS = 300

export interface JobGuest {
  readonly name: string
  readonly address: string
  readonly namespace: string
}

/** Work on each element (8 bytes) of an array as large as a message. */
export interface Work {
  readonly reads: number
  readonly flops: number
  readonly writes: number
}

export interface JobOptions {
  readonly pattern: Pattern
  /** `guests[i]` is the pattern's guest i. */
  readonly guests: readonly JobGuest[]
  /** Of each message; a multiple of 8. */
  readonly messageBytes: number
  /** At most; `stop` ends it sooner. */
  readonly iterations: number
  readonly work: Work
  readonly seed: number
  /** Messages of a guest that may be on their way at once. Default: all of a phase. */
  readonly inFlight?: number
  /** A guest gives up after so long without a byte. */
  readonly stallMs?: number
  /** Called when the last guest has reported an iteration. */
  readonly onIteration?: (iteration: Iteration) => void
}

/** One iteration; times of the slowest guest, but for the barrier: the mean of all. */
export interface Iteration {
  readonly number: number
  /** Wall clock, of the first guest to begin. */
  readonly startMs: number
  /** From its start at guest 0 until guest 0 goes on. */
  readonly totalMs: number
  readonly computationMs: number
  readonly communicationMs: number
  readonly checkMs: number
  readonly barrierMs: number
}

export interface JobResult {
  readonly schedule: Schedule
  readonly iterations: readonly Iteration[]
  /** Contents received by all guests in one iteration. */
  readonly bytesPerIteration: number
  /** Of the last iteration, by guest; they were what they should be. */
  readonly hashes: readonly number[]
}

export interface Job {
  /**
   * @throws VnetError `patterns-guest` when one of them ended before its time or said what was
   *   wrong, `patterns-hash` when contents were not what was sent.
   */
  readonly result: Promise<JobResult>
  /** All end after the iteration that runs. */
  stop(): void
}

interface Row {
  readonly startMs: number
  readonly computeMs: number
  readonly communicateMs: number
  readonly checkMs: number
  readonly barrierMs: number
  readonly hash: number
}

interface Process {
  readonly guest: JobGuest
  readonly child: ChildProcess
  readonly rows: Row[]
  said: string
}

/** The guests of a lab that have an address, as many as wanted. */
export function guestsOf(lab: Lab, count?: number): JobGuest[] {
  const all = lab.plan.guests.flatMap(({ name, ip, namespace }) =>
    ip === null ? [] : [{ name, address: ip, namespace }],
  )
  if (count !== undefined && count > all.length) {
    throw new VnetError('patterns-guests', `the lab has ${all.length} guests, not ${count}`)
  }
  return all.slice(0, count)
}

/** Starts the program; resolves once all guests compute. */
export async function startJob(options: JobOptions): Promise<Job> {
  const { pattern, guests } = options
  if (guests.length !== pattern.guests || guests.length > GUESTS_MAX) {
    throw new VnetError('patterns-guests', `${guests.length} guests cannot run ${pattern.name}`)
  }
  const schedule = makeSchedule(pattern)
  return startPlans(
    schedule,
    options,
    guests.map((_, guest) => planOf(schedule, options, guest)),
  )
}

/** What bsp.c reads: see read_line there. */
export function planOf(schedule: Schedule, options: JobOptions, guest: number): string {
  const { guests, work } = options
  const { sendTo, receiveFrom } = partOf(schedule, guest)
  const partners = new Set([...sendTo, ...receiveFrom, 0])
  const peers = guests.flatMap(({ address }, number) =>
    number !== guest && (guest === 0 || partners.has(number)) ? [`peer ${number} ${address}`] : [],
  )
  return [
    `guest ${guest} of ${guests.length}`,
    `port ${PORT}`,
    `seed ${options.seed}`,
    `bytes ${options.messageBytes}`,
    `iterations ${options.iterations}`,
    `work ${work.reads} ${work.flops} ${work.writes}`,
    `in-flight ${options.inFlight ?? GUESTS_MAX}`,
    `flow ${schedule.isFlow ? 1 : 0}`,
    `stall ${options.stallMs ?? STALL_MS} ms`,
    ...peers,
    ...sendTo.map((to) => `send ${to}`),
    ...receiveFrom.map((from) => `receive ${from}`),
    'end\n',
  ].join('\n')
}

/** The same with plans that are given: tests make wrong ones. */
export async function startPlans(
  schedule: Schedule,
  options: JobOptions,
  plans: readonly string[],
): Promise<Job> {
  const tool = await buildTool(new URL('./bsp.c', import.meta.url))
  const processes = options.guests.map((guest): Process => {
    const child = spawn('ip', ['netns', 'exec', guest.namespace, tool], { stdio: 'pipe' })
    child.stdin?.on('error', () => {}) // it has ended: its status tells the rest
    return { guest, child, rows: [], said: '' }
  })
  const ends = processes.map((one) => follow(one))
  const result = settle({ schedule, options, processes }, ends)
  result.catch(() => {}) // heard by whoever waits for it, which may be later
  try {
    const ready = processes.map((one, index) => waitUntilReady(one, plans[index] ?? ''))
    await Promise.race([Promise.all(ready), result])
  } catch (error) {
    killAll(processes)
    throw error
  }
  trackIterations({ schedule, options, processes })
  for (const { child } of processes) child.stdin?.write('start\n')
  return { result, stop: () => void processes[0]?.child.stdin?.write('stop\n') }
}

interface Running {
  readonly schedule: Schedule
  readonly options: JobOptions
  readonly processes: readonly Process[]
}

/** Resolves when it ends as it should. */
function follow(one: Process): Promise<void> {
  const { child, guest } = one
  child.stderr?.on('data', (text) => {
    one.said = `${one.said}${text}`.slice(-1_000)
  })
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new VnetError('patterns-guest', `${guest.name}: cannot start`, { cause }))
    })
    child.once('close', (code, signal) => {
      if (code === 0) return resolve()
      const how = signal === null ? `ended with status ${code}` : `was ended by ${signal}`
      const said = one.said.trim()
      reject(new VnetError('patterns-guest', `${guest.name}: ${said === '' ? how : said}`))
    })
  })
}

function waitUntilReady({ child, guest }: Process, plan: string): Promise<void> {
  child.stdin?.write(plan)
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new VnetError('patterns-guest', `${guest.name}: not ready in ${READY_TIMEOUT_MS} ms`))
    }, READY_TIMEOUT_MS)
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    child.stdout?.once('data', done)
    child.once('close', done)
  })
}

/** The first failure counts; the others then follow from it, and are added for people. */
async function settle(running: Running, ends: readonly Promise<void>[]): Promise<JobResult> {
  const { processes } = running
  try {
    await Promise.all(ends)
  } catch (error) {
    await new Promise((resolve) => setTimeout(resolve, LAST_WORDS_MS))
    killAll(processes)
    await Promise.allSettled(ends)
    const first = error instanceof VnetError ? error.message : String(error)
    const others = processes.map(({ guest, said }) => `${guest.name}: ${said.trim()}`)
    const hint = others.filter((text) => !text.endsWith(': ') && text !== first).join('; ')
    throw new VnetError('patterns-guest', first, hint === '' ? {} : { hint })
  }
  return sumUp(running)
}

function killAll(processes: readonly Process[]): void {
  for (const { child } of processes) child.kill('SIGKILL')
}

function trackIterations({ options, processes }: Running): void {
  let told = 0
  const tell = () => {
    for (;;) {
      const iteration = iterationAt(processes, told)
      if (iteration === null) return
      told += 1
      options.onIteration?.(iteration)
    }
  }
  for (const { child, rows } of processes) {
    if (child.stdout === null) continue
    createInterface({ input: child.stdout }).on('line', (line) => {
      rows.push(parseRow(line))
      tell()
    })
  }
}

function parseRow(line: string): Row {
  const words = line.split(' ')
  const [, startUs, compute, communicate, check, barrier] = words.map(Number)
  const ms = (us: number | undefined) => (us ?? Number.NaN) / 1_000
  return {
    startMs: ms(startUs),
    computeMs: ms(compute),
    communicateMs: ms(communicate),
    checkMs: ms(check),
    barrierMs: ms(barrier),
    hash: Number.parseInt(words[7] ?? '', 16),
  }
}

/** Null while a guest has not reported it. */
function iterationAt(processes: readonly Process[], number: number): Iteration | null {
  const rows = processes.flatMap(({ rows: own }) => own[number] ?? [])
  const [first] = rows
  if (first === undefined || rows.length < processes.length) return null
  const slowest = (pick: (row: Row) => number) => Math.max(...rows.map(pick))
  const { computeMs, communicateMs, checkMs, barrierMs } = first
  return {
    number,
    startMs: Math.min(...rows.map(({ startMs }) => startMs)),
    totalMs: computeMs + communicateMs + checkMs + barrierMs,
    computationMs: slowest((row) => row.computeMs),
    communicationMs: slowest((row) => row.communicateMs),
    checkMs: slowest((row) => row.checkMs),
    barrierMs: rows.reduce((sum, row) => sum + row.barrierMs, 0) / rows.length,
  }
}

function sumUp({ schedule, options, processes }: Running): JobResult {
  const counts = processes.map(({ rows }) => rows.length)
  const iterations = Array.from(
    { length: Math.min(...counts) },
    (_, number) => iterationAt(processes, number) ?? [],
  ).flat()
  if (new Set(counts).size !== 1 || iterations.length === 0) {
    throw new VnetError('patterns-guest', `guests report ${counts.join(', ')} iterations`)
  }
  const { seed, messageBytes } = options
  const expected = expectedHashes(schedule, { seed, iterations: iterations.length, messageBytes })
  for (const [guest, { rows }] of processes.entries()) {
    const wrong = rows.findIndex(({ hash }, number) => hash !== expected[guest]?.[number])
    if (wrong === -1) continue
    const name = options.guests[guest]?.name
    throw new VnetError(
      'patterns-hash',
      `${name} did not receive what was sent to it: iteration ${wrong}, hash ` +
        `${rows[wrong]?.hash.toString(16)} and not ${expected[guest]?.[wrong]?.toString(16)}`,
    )
  }
  const bytesPerIteration = schedule.messages.length * messageBytes
  const hashes = processes.map(({ rows }) => rows.at(-1)?.hash ?? 0)
  return { schedule, iterations, bytesPerIteration, hashes }
}
