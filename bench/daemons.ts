// Real daemons in namespaces, as an operator starts them: `vnet proxy`, `vnet join`, `vnet host`,
// each with a file of its own, steered over its admin socket.

import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AdminClient } from '../src/control/client.ts'
import type { Namespace } from './netns.ts'
import { until } from './wait.ts'

const VNET = fileURLToPath(new URL('../bin/vnet', import.meta.url))
/** A daemon is up within a second; a busy machine takes longer. */
const START_TIMEOUT_MS = 20_000
const NETWORK = 'bench'

/** Keys of the configuration file; `state` and `admin` are filled in. */
type Settings = Readonly<Record<string, unknown>>

export interface Daemon {
  readonly name: string
  /** Its file; a reload reads it again. */
  readonly config: string
  readonly pid: number
  readonly admin: AdminClient
  /** The end of what it logged. */
  log(): string
  /** SIGTERM, and waits for the end. */
  stop(): Promise<void>
}

export interface Network {
  /** The one that runs now. */
  readonly proxy: Daemon
  /** Starts the proxy again with what is in its folder, after it ended or was killed. */
  restartProxy(): Promise<void>
  /** Joins and starts a host; its star link is up when this resolves. */
  addHost(namespace: Namespace, name: string, settings?: Settings): Promise<Daemon>
  /** Starts a host with the identity that is in its folder; does not wait for its star link. */
  startHost(namespace: Namespace, name: string, settings?: Settings): Promise<Daemon>
  /** Stops what still runs, hosts first. */
  close(): Promise<void>
}

/** Starts a proxy that listens at `address`:`port`. */
export async function startNetwork(options: {
  /** For their files. */
  readonly folder: string
  readonly namespace: Namespace
  readonly address: string
  readonly port: number
  readonly settings?: Settings
}): Promise<Network> {
  const { folder, namespace, address, port, settings = {} } = options
  const startProxy = () =>
    startDaemon({
      folder,
      namespace,
      name: 'proxy',
      role: 'proxy',
      settings: {
        network: NETWORK,
        listen: { address: '0.0.0.0', port },
        adaptation: { level: 'off' }, // what is measured over the star stays there
        ...settings,
      },
    })
  let proxy = await startProxy()
  const at = `${address}:${port}`
  const hosts: Daemon[] = []
  const startHost = async (place: Namespace, name: string, more: Settings = {}) => {
    const daemon = await startDaemon({
      folder,
      namespace: place,
      name,
      role: 'host',
      settings: { proxy: at, ...more },
    })
    hosts.push(daemon)
    return daemon
  }
  return {
    get proxy() {
      return proxy
    },
    restartProxy: async () => {
      proxy = await startProxy()
    },
    startHost,
    addHost: async (place, name, more = {}) => {
      const { token } = await proxy.admin.createToken({ name })
      const state = join(folder, name)
      await place.exec(VNET, 'join', at, token, '--name', name, '--state', state)
      const daemon = await startHost(place, name, more)
      await until(async () => (await daemon.admin.status()).star === 'up', {
        what: `the star link of ${name}`,
        timeoutMs: START_TIMEOUT_MS,
      }).catch((cause) => {
        const said = `${name} said:\n${daemon.log()}\nproxy said:\n${proxy.log()}`
        throw new Error(`${name} has no star link; ${said}`, { cause })
      })
      return daemon
    },
    close: async () => {
      await Promise.all(hosts.map((daemon) => daemon.stop()))
      await proxy.stop()
    },
  }
}

async function startDaemon(options: {
  readonly folder: string
  readonly namespace: Namespace
  readonly name: string
  readonly role: 'proxy' | 'host'
  readonly settings: Settings
}): Promise<Daemon> {
  const { folder, namespace, name, role, settings } = options
  const socket = join(folder, `${name}.sock`)
  const config = join(folder, `${name}.yaml`)
  const file = { name, state: join(folder, name), admin: { socket }, log: { level: 'warn' } }
  await writeFile(config, JSON.stringify({ ...file, ...settings })) // JSON is YAML
  const child = namespace.spawn(VNET, [role, '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, VNET_NODE: process.execPath },
  })
  let log = ''
  const keep = (chunk: Buffer) => {
    log = (log + chunk).slice(-4_000)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const admin = new AdminClient(socket)
  const answersOrEnded = async () => child.exitCode !== null || (await admin.status()).pid > 0
  await until(answersOrEnded, {
    what: `vnet ${role} ${name}`,
    timeoutMs: START_TIMEOUT_MS,
  }).catch((cause) => {
    throw new Error(`${name} does not answer; it said:\n${log}`, { cause })
  })
  if (child.exitCode !== null) throw new Error(`${name} ended at once; it said:\n${log}`)
  return {
    name,
    config,
    pid: child.pid ?? 0,
    admin,
    log: () => log,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}
