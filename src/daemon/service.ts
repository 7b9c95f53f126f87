// A daemon as a process: configuration, log, signals, admin API, metrics, systemd. Both roles run
// through here; what they are is built by `build`. Everything is checked before anything is
// touched, and a start that fails leaves nothing behind.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { type Cancel, type Clock, systemClock } from '../base/clock.ts'
import { messageOf, VnetError } from '../base/errors.ts'
import { createLog, type Log, type LogHub } from '../base/log.ts'
import { type Random, systemRandom } from '../base/random.ts'
import { VERSION } from '../base/version.ts'
import { parseEndpoint } from '../config/endpoint.ts'
import type { Config } from '../config/schema.ts'
import type { AdminBackend } from '../control/backend.ts'
import type { MetricsServer } from '../control/metrics.ts'
import { type AdminServer, claimSocket, startAdminServer } from '../control/server.ts'
import {
  createNativePlane,
  type NativePlaneHandle,
  sdNotify,
  trimMemory,
} from '../native/native-plane.ts'
import { createNotifier, type Notifier } from './notify.ts'

/** A stop that takes longer is given up: something hangs. */
const STOP_TIMEOUT_MS = 10_000
/** Node's compilers leave ten megabytes behind that are not used again; looking takes 0.1 ms. */
const TRIM_INTERVAL_MS = 10_000

/** What `build` gets to build a daemon from. */
export interface Ground<C extends Config> {
  readonly config: C
  readonly plane: NativePlaneHandle
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly resolve: (host: string) => Promise<readonly string[]>
  readonly readConfig: () => C
  readonly onReload: (config: C) => Promise<void>
}

export interface RunningDaemon {
  readonly admin: AdminBackend
  stop(): Promise<void>
}

export interface ServiceOptions<C extends Config> {
  readonly readConfig: () => C
  readonly build: (ground: Ground<C>) => Promise<RunningDaemon>
}

/**
 * Runs a daemon until SIGTERM or SIGINT. Resolves to the exit status.
 * @throws VnetError if it cannot start.
 */
export async function runService<C extends Config>(options: ServiceOptions<C>): Promise<number> {
  const config = options.readConfig()
  const hub = createLog({
    level: config.log.level,
    format: config.log.format,
    ...(config.log.file === undefined ? {} : { file: config.log.file }),
  })
  try {
    const { role, name } = config
    hub.log.info({ role, name, version: VERSION, pid: process.pid }, `vnet ${role} starts`)
    await claimSocket(config.admin.socket)
    const service = new Service(options, config, hub)
    await service.start()
    return await service.untilStopped()
  } catch (error) {
    hub.log.fatal({ err: error }, `cannot start: ${messageOf(error)}`)
    throw error
  } finally {
    hub.close()
  }
}

class Service<C extends Config> {
  readonly #options: ServiceOptions<C>
  readonly #hub: LogHub
  readonly #clock = systemClock()
  readonly #notifier: Notifier
  readonly #ended: Promise<number>
  #end: (status: number) => void = () => {}
  #config: C
  #plane: NativePlaneHandle | null = null
  #daemon: RunningDaemon | null = null
  #admin: AdminServer | null = null
  #metrics: MetricsServer | null = null
  #metricsAt: string | null = null
  #cancelWatch: Cancel = () => {}
  #cancelTrim: Cancel = () => {}
  #isStopping = false

  constructor(options: ServiceOptions<C>, config: C, hub: LogHub) {
    this.#options = options
    this.#config = config
    this.#hub = hub
    this.#ended = new Promise((resolve) => {
      this.#end = resolve
    })
    const watchdogUsec = process.env.WATCHDOG_USEC
    this.#notifier = createNotifier({
      send: sdNotify,
      clock: this.#clock,
      monotonicUsec: () => process.hrtime.bigint() / 1_000n,
      watchdogUsec,
    })
  }

  async start(): Promise<void> {
    const plane = makePlane(this.#config)
    this.#plane = plane
    try {
      const daemon = await this.#options.build(this.#ground(plane))
      this.#daemon = daemon
      this.#admin = await startAdminServer({
        socket: this.#config.admin.socket,
        backend: daemon.admin,
        logs: this.#hub,
        onError: (error) => this.#hub.log.error({ err: error }, 'admin request failed'),
      })
      await this.#applyMetrics(this.#config)
    } catch (error) {
      await this.#closeAll()
      throw error
    }
    this.#listenToSignals()
    this.#cancelTrim = this.#clock.every(TRIM_INTERVAL_MS, trimMemory)
    this.#cancelWatch = this.#notifier.watch(() => isAlive(plane))
    this.#notifier.ready(`${this.#config.role} '${this.#config.name}' runs`)
    this.#hub.log.info({ socket: this.#config.admin.socket }, 'ready')
  }

  untilStopped(): Promise<number> {
    return this.#ended
  }

  #ground(plane: NativePlaneHandle): Ground<C> {
    return {
      config: this.#config,
      plane,
      clock: this.#clock,
      random: systemRandom(),
      log: this.#hub.log,
      resolve,
      readConfig: this.#options.readConfig,
      onReload: async (config) => {
        this.#config = config
        this.#hub.setLevel(config.log.level)
        plane.setStormLimit(config.limits.stormFramesPerSecond)
        if (config.role === 'host') plane.setDatagramsFromRtt(config.datagramsFromRttMs * 1_000)
        await this.#applyMetrics(config)
      },
    }
  }

  async #applyMetrics(config: C): Promise<void> {
    if (this.#metrics !== null && config.metrics.listen === this.#metricsAt) return
    await this.#metrics?.close()
    this.#metrics = null
    this.#metricsAt = config.metrics.listen
    const listen = config.metrics.listen === null ? null : parseEndpoint(config.metrics.listen)
    if (listen === null || this.#daemon === null) return
    const backend = this.#daemon.admin
    // Off by default, and its packages are 2 MB.
    const { startMetricsServer } = await import('../control/metrics.ts')
    this.#metrics = await startMetricsServer({ address: listen.host, port: listen.port, backend })
    this.#hub.log.info({ address: listen.host, port: this.#metrics.port }, 'metrics are served')
  }

  #listenToSignals(): void {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => this.#stop(signal))
    }
    process.on('SIGHUP', () => this.#reload())
    for (const kind of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(kind, (error: unknown) => {
        this.#hub.log.fatal({ err: error }, `${kind}: ${messageOf(error)}`)
        process.exit(1) // the state of the program is unknown: systemd starts a new one
      })
    }
  }

  #reload(): void {
    if (this.#isStopping) return
    this.#notifier.reloading()
    this.#reopenLog()
    const reloading = this.#daemon?.admin.reload() ?? Promise.resolve()
    reloading
      .catch((error: unknown) => {
        this.#hub.log.error(`not reloaded, all stays as it is: ${messageOf(error)}`)
      })
      .finally(() => this.#notifier.ready(`${this.#config.role} '${this.#config.name}' runs`))
  }

  /** After a rotation of the log file. */
  #reopenLog(): void {
    try {
      this.#hub.reopen()
    } catch (error) {
      this.#hub.log.error(`the log file stays as it is: ${messageOf(error)}`)
    }
  }

  #stop(signal: string): void {
    if (this.#isStopping) {
      this.#hub.log.warn({ signal }, 'second signal: ends at once')
      process.exit(1)
    }
    this.#isStopping = true
    this.#hub.log.info({ signal }, 'stopping')
    this.#notifier.stopping()
    const cancel = this.#clock.after(STOP_TIMEOUT_MS, () => {
      this.#hub.log.fatal(`not stopped within ${STOP_TIMEOUT_MS} ms`)
      process.exit(1)
    })
    this.#closeAll()
      .then(() => 0)
      .catch((error: unknown) => {
        this.#hub.log.error({ err: error }, `stopped badly: ${messageOf(error)}`)
        return 1
      })
      .then((status) => {
        cancel()
        this.#hub.log.info('stopped')
        this.#end(status)
      })
  }

  async #closeAll(): Promise<void> {
    this.#cancelWatch()
    this.#cancelTrim()
    await this.#metrics?.close()
    await this.#admin?.close()
    if (this.#daemon !== null) await this.#daemon.stop()
    await this.#plane?.close()
  }
}

/** The data plane as the configuration wants it. */
export function makePlane(config: Config): NativePlaneHandle {
  const { limits } = config
  return createNativePlane({
    role: config.role,
    stormLimitFramesPerSecond: limits.stormFramesPerSecond,
    macAgeMs: limits.macAgeSeconds * 1_000,
    isOffloadOffered: config.offload,
    isPrioritised: config.priority === 'high',
    isDatagramOffered: config.role === 'host', // the proxy has no fast paths
    ...(config.role === 'host' ? { datagramsFromRttUs: config.datagramsFromRttMs * 1_000 } : {}),
    ...(config.workers === null ? {} : { workers: config.workers }),
  })
}

/** The data plane answers and its lists can be read. */
function isAlive(plane: NativePlaneHandle): boolean {
  return Array.isArray(plane.ports())
}

/** Numeric addresses of a name, in the system's order. */
export async function resolve(host: string): Promise<readonly string[]> {
  if (isIP(host) !== 0) return [host]
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address)
  } catch (cause) {
    throw new VnetError('name-unknown', `cannot resolve '${host}': ${messageOf(cause)}`, { cause })
  }
}
