// What a reload does, the same for both daemons: reads the file again, applies the ports (those
// whose devices went away are opened again), keeps what needs a restart as it runs.

import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { diffConfig } from '../config/diff.ts'
import type { Config } from '../config/schema.ts'
import type { ReloadResult } from '../control/api.ts'
import type { Ports } from './ports.ts'

export interface Reloading<C extends Config> {
  readonly log: Log
  readonly ports: Ports
  /** Reads the file. @throws VnetError if it is wrong; then nothing changes. */
  readonly readConfig: (() => C) | undefined
  /** Applies what is not a port: log level, metrics, limits. */
  readonly onReload: ((config: C) => Promise<void>) | undefined
}

/**
 * Applies the configuration as it is now. `config` is the running one; the new one is returned.
 * @throws VnetError of the configuration.
 */
export async function reload<C extends Config>(
  config: C,
  { log, ports, readConfig, onReload }: Reloading<C>,
): Promise<{ readonly config: C; readonly result: ReloadResult }> {
  if (readConfig === undefined) {
    return { config, result: { changed: [], restartNeeded: [], failed: [] } }
  }
  const next = readConfig()
  const dead = ports.closeDead()
  const running = { ...config, ports: config.ports.filter(({ name }) => !dead.includes(name)) }
  const { apply: changed, restartNeeded, ...portChanges } = diffConfig(running, next)
  const failed = [...ports.apply(portChanges)]
  const merged = merge(config, next, failed)
  try {
    await onReload?.(merged)
  } catch (error) {
    // The metrics' address is taken, say: what has been applied stays.
    failed.push('metrics')
    log.error({ err: error }, `not all applied: ${messageOf(error)}`)
  }
  log.info({ changed, restartNeeded, failed }, 'reloaded')
  return { config: merged, result: { changed, restartNeeded, failed } }
}

/** The new values of keys that can change; the others stay, so that the next reload names them. */
function merge<C extends Config>(config: C, next: C, failed: readonly string[]): C {
  return {
    ...config,
    // A port that could not be opened is tried again by the next reload.
    ports: next.ports.filter((port) => !failed.includes(port.name)),
    metrics: next.metrics,
    log: { ...config.log, level: next.log.level },
    limits: { ...next.limits, macAgeSeconds: config.limits.macAgeSeconds },
    ...(next.role === 'host'
      ? { transport: next.transport, datagramsFromRttMs: next.datagramsFromRttMs }
      : {}),
  }
}
