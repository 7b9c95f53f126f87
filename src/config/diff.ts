// What a reload must do: the difference of the running and the new configuration, split into what
// can be applied to the running daemon and what needs a restart. Pure.

import { describeRole } from './describe.ts'
import type { Config, PortConfig } from './schema.ts'

export interface ConfigDiff {
  /** Changed keys that a reload applies, dotted, sorted. */
  readonly apply: readonly string[]
  /** Changed keys that take effect only when the daemon is started again. */
  readonly restartNeeded: readonly string[]
  /** Ports to remove and to add, in this order; a changed port is in both. */
  readonly portsRemoved: readonly string[]
  readonly portsAdded: readonly PortConfig[]
}

/** Compares two valid configurations of the same role. */
export function diffConfig(from: Config, to: Config): ConfigDiff {
  const leaves = describeRole(from.role).filter(
    (entry) => !entry.path.startsWith('ports') && (!entry.isParent || entry.default === 'null'),
  )
  const changed = leaves.filter(
    (entry) => !isSame(valueAt(from, entry.path), valueAt(to, entry.path)),
  )
  const ports = diffPorts(from, to)
  const arePortsChanged = ports.portsRemoved.length + ports.portsAdded.length > 0
  const apply = changed.filter((entry) => entry.isReloadable).map((entry) => entry.path)
  const restart = changed.filter((entry) => !entry.isReloadable).map((entry) => entry.path)
  return {
    apply: [...apply, ...(arePortsChanged ? ['ports'] : [])].sort(),
    restartNeeded: topmost(restart),
    ...ports,
  }
}

function diffPorts(from: Config, to: Config) {
  const find = (config: Config, name: string) => config.ports.find((port) => port.name === name)
  return {
    portsRemoved: from.ports
      .filter((port) => !isSame(port, find(to, port.name)))
      .map((port) => port.name),
    portsAdded: to.ports.filter((port) => !isSame(port, find(from, port.name))),
  }
}

// `listen` and `listen.port` changed together are one change.
function topmost(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !paths.some((other) => path.startsWith(`${other}.`))).sort()
}

function valueAt(config: Config, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (inner, key) =>
        typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined,
      config,
    )
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
