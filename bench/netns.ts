// Network namespaces for benchmarks and tests: made, wired with veth or a bridge, and removed with
// everything that was started in them, also when the program ends early. No daemon knows of this.

import {
  type ChildProcess,
  execFile,
  type SpawnOptions,
  spawn,
  spawnSync,
} from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Largest output of one command that is kept, in bytes: iperf3 and ping print far less. */
const OUTPUT_BYTES_MAX = 64 * 1_048_576

export interface Namespace {
  /** Name as `ip netns` shows it; the file is `/run/netns/NAME`. */
  readonly name: string
  readonly path: string
  /**
   * Runs a command inside and returns its standard output.
   * @throws Error with the command and its standard error if it fails.
   */
  exec(command: string, ...args: readonly string[]): Promise<string>
  /** Starts a program inside; it is killed when the sandbox is closed. */
  spawn(command: string, args: readonly string[], options?: SpawnOptions): ChildProcess
  /** `ip -n NAME WORDS...`, given as one text. */
  ip(words: string): Promise<string>
}

export interface Sandbox {
  /** An empty folder for files of the run, removed at the end. */
  readonly folder: string
  /** Makes a namespace with its loopback up and IPv6 duplicate detection off. */
  addNamespace(name: string): Promise<Namespace>
  /** The namespace of this process; what is started in it is killed like everything else. */
  here(): Namespace
  /** Wires two namespaces with a veth pair and sets both ends up. */
  addVeth(a: VethEnd, b: VethEnd, options?: { readonly mtu?: number }): Promise<void>
  /** Makes a bridge in a namespace and sets it up. */
  addBridge(namespace: Namespace, device: string): Promise<void>
  /** Kills what was started, then removes all namespaces. May be called twice. */
  close(): Promise<void>
}

export interface VethEnd {
  readonly namespace: Namespace
  readonly device: string
  /** With prefix length, such as `10.99.0.1/24`. */
  readonly address?: string
  /** Bridge in the same namespace that the end becomes a port of. */
  readonly bridge?: string
}

interface State {
  readonly folder: string
  readonly namespaces: Set<string>
  readonly children: Set<ChildProcess>
}

const openStates = new Set<State>()
let isExitHooked = false
let sandboxCount = 0

/**
 * An empty set of namespaces. Their names begin with `vn`, `tag`, and this process's id, so that
 * runs side by side do not meet.
 */
export function createSandbox(tag: string): Sandbox {
  hookExit()
  const folder = mkdtempSync(join(tmpdir(), 'vnet-run-'))
  const state: State = { folder, namespaces: new Set(), children: new Set() }
  openStates.add(state)
  sandboxCount += 1
  const prefix = `vn${tag}${process.pid.toString(36)}${sandboxCount}`
  return {
    folder,
    addNamespace: (name) => addNamespace(state, `${prefix}-${name}`),
    here: () => here(state),
    addVeth,
    addBridge: async (namespace, device) => {
      await namespace.ip(`link add ${device} type bridge`)
      await namespace.ip(`link set ${device} up`)
    },
    close: async () => {
      await stopChildren(state)
      for (const name of state.namespaces) await run('ip', ['netns', 'del', name])
      state.namespaces.clear()
      rmSync(folder, { recursive: true, force: true })
      openStates.delete(state)
    },
  }
}

async function addNamespace(state: State, name: string): Promise<Namespace> {
  await run('ip', ['netns', 'add', name])
  state.namespaces.add(name)
  const inside = (command: string, args: readonly string[]) => [
    'netns',
    'exec',
    name,
    command,
    ...args,
  ]
  const namespace: Namespace = {
    name,
    path: `/run/netns/${name}`,
    exec: async (command, ...args) => {
      const { stdout } = await run('ip', inside(command, args), { maxBuffer: OUTPUT_BYTES_MAX })
      return stdout
    },
    spawn: (command, args, options = {}) =>
      track(state, spawn('ip', inside(command, args), options)),
    ip: async (words) => (await run('ip', ['-n', name, ...words.split(' ')])).stdout,
  }
  await namespace.ip('link set lo up')
  await namespace.exec(
    'sysctl',
    '-qw',
    'net.ipv6.conf.default.accept_dad=0',
    'net.ipv6.conf.all.accept_dad=0',
  )
  return namespace
}

function here(state: State): Namespace {
  return {
    name: '',
    path: '/proc/self/ns/net',
    exec: async (command, ...args) =>
      (await run(command, args, { maxBuffer: OUTPUT_BYTES_MAX })).stdout,
    spawn: (command, args, options = {}) => track(state, spawn(command, args, options)),
    ip: async (words) => (await run('ip', words.split(' '))).stdout,
  }
}

function track(state: State, child: ChildProcess): ChildProcess {
  state.children.add(child)
  child.once('exit', () => state.children.delete(child))
  return child
}

async function addVeth(
  a: VethEnd,
  b: VethEnd,
  options: { readonly mtu?: number } = {},
): Promise<void> {
  const mtu = options.mtu ?? 1500
  await a.namespace.ip(
    `link add ${a.device} mtu ${mtu} type veth peer name ${b.device} mtu ${mtu} ` +
      `netns ${b.namespace.name}`,
  )
  for (const end of [a, b]) {
    if (end.bridge !== undefined) {
      await end.namespace.ip(`link set ${end.device} master ${end.bridge}`)
    }
    if (end.address !== undefined) {
      await end.namespace.ip(`addr add ${end.address} dev ${end.device}`)
    }
    await end.namespace.ip(`link set ${end.device} up`)
  }
}

async function stopChildren(state: State): Promise<void> {
  const ends = [...state.children].map((child) => {
    const end = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill('SIGKILL')
    return end
  })
  await Promise.all(ends)
}

/** The last resort: on exit and on the usual signals nothing is left behind. */
function hookExit(): void {
  if (isExitHooked) return
  isExitHooked = true
  process.once('exit', () => {
    for (const state of openStates) {
      for (const child of state.children) child.kill('SIGKILL')
      for (const name of state.namespaces) spawnSync('ip', ['netns', 'del', name])
      rmSync(state.folder, { recursive: true, force: true })
    }
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // Not once: a second signal must not end the program while it cleans up.
    process.on(signal, () => process.exit(128 + (signal === 'SIGINT' ? 2 : 15)))
  }
}
