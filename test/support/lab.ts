// What tests of the lab need: a folder of labs of their own, the command line as a program of its
// own, and everything that labs of that folder have left on this machine.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { labDownAll, labNamespaces } from '../../src/lab/teardown.ts'

export const VNET = fileURLToPath(new URL('../../bin/vnet', import.meta.url))

export interface Finished {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  readonly end: Promise<Finished>
  /** Resolves when a line with that text has come on standard error. */
  line(text: string): Promise<void>
}

export interface LabFolder {
  readonly path: string
  /** Writes a topology file, and returns its path. */
  write(name: string, text: string): string
  /** Starts `vnet lab ...` as a job in the background of a shell would be: its own group. */
  start(...words: readonly string[]): Running
  /** The same to its end. */
  vnetLab(...words: readonly string[]): Promise<Finished>
  /** Namespaces, processes, files and devices of all labs of the folder. */
  traces(): string[]
  /** With all labs that a failed test left in it. */
  remove(): Promise<void>
}

/** Makes the folder and makes it this process's own, too. */
export function createLabFolder(): LabFolder {
  const path = mkdtempSync(join(tmpdir(), 'vnlab-'))
  const labs = join(path, 'labs')
  process.env.VNET_LAB_DIR = labs
  const start = (...words: readonly string[]) => {
    const stdio = ['ignore', 'pipe', 'pipe'] as const
    return follow(spawn(VNET, ['lab', ...words], { detached: true, stdio: [...stdio] }))
  }
  return {
    path,
    write: (name, text) => {
      const file = join(path, `${name}.yaml`)
      writeFileSync(file, text)
      return file
    },
    start,
    vnetLab: (...words) => start(...words).end,
    traces: () => [
      ...labNamespaces(null).map((name) => `namespace ${name}`),
      ...processesWith(`VNET_LAB_DIR=${labs}`),
      ...filesIn(labs),
      ...labDevices(),
    ],
    remove: async () => {
      process.env.VNET_LAB_DIR = labs
      await labDownAll()
      delete process.env.VNET_LAB_DIR
      rmSync(path, { recursive: true, force: true })
    },
  }
}

/** The output of a program, line by line and at its end. */
export function follow(child: ChildProcess): Running {
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('started with pipes')
  const lines: string[] = []
  let text = ''
  const errors = createInterface({ input: stderr })
  errors.on('line', (line) => lines.push(line))
  stdout.on('data', (chunk) => {
    text += chunk
  })
  const end = once(child, 'close').then(([status]): Finished => {
    return { status, stdout: text, stderr: lines.join('\n') }
  })
  return {
    child,
    end,
    line: async (wanted) => {
      while (!lines.some((line) => line.includes(wanted))) {
        const more = await Promise.race([once(errors, 'line'), end])
        if (!Array.isArray(more)) throw new Error(`no '${wanted}' in: ${more.stderr}`)
      }
    },
  }
}

/** Programs that labs start inherit the environment of who starts them. */
export function processesWith(variable: string): string[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))
  const own = pids.filter((pid) => read(`/proc/${pid}/environ`).split('\0').includes(variable))
  return own.map((pid) => {
    return `process ${pid}: ${read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ')}`
  })
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return '' // it has ended
  }
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => `file ${name}`)
  } catch {
    return []
  }
}

/** Devices in this namespace that have a name of the lab's. */
function labDevices(): string[] {
  const text = execFileSync('ip', ['-brief', 'link'], { encoding: 'utf8' })
  const names = text.split('\n').map((line) => line.split(/[ @]/)[0] ?? '')
  return names.filter((name) => /^(w\d+|h\d+|p\d+|wan|lan0)$/.test(name))
}
