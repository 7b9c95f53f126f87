// What the admin API shows of a daemon's plane, the same at hosts and at the proxy: rows made of
// the plane's own lists, with names in place of numbers.

import { VnetError } from '../base/errors.ts'
import { VERSION } from '../base/version.ts'
import type { DropsRow, MacRow, RuleRow, Status } from '../control/api.ts'
import type { LinkId, Plane, PortId } from '../plane/plane.ts'
import { expiryWarning, type LoadedIdentity } from '../trust/identity.ts'
import { formatTarget, type RuleKeeper } from './rules.ts'

/** `port vm1`, `host alpha`: where a MAC or rule points. */
export function placeNames(plane: Plane): {
  readonly port: (id: PortId) => string
  readonly link: (id: LinkId) => string
} {
  const ports = new Map(plane.ports().map((port) => [port.id, port.name]))
  const links = new Map(plane.links().map((link) => [link.id, link.peer ?? link.remoteAddress]))
  return {
    port: (id) => `port ${ports.get(id) ?? id}`,
    link: (id) => `host ${links.get(id) ?? id}`,
  }
}

export function macRows(plane: Plane, pinnedTo: (mac: string) => string | null): MacRow[] {
  const names = placeNames(plane)
  return plane.macs().map(({ where, ...entry }) => ({
    ...entry,
    where: where.kind === 'port' ? names.port(where.port) : names.link(where.link),
    pinnedTo: pinnedTo(entry.mac),
  }))
}

/** Rules in the plane with their counts, and those that wait for a link to come up. */
export function ruleRows(plane: Plane, keeper: RuleKeeper): RuleRow[] {
  const names = placeNames(plane)
  const active = plane.rules().map(({ target, ...rule }): RuleRow => {
    const origin = keeper.originOf({ ...rule, source: rule.source ?? null })
    if (target.kind === 'drop') return { ...rule, target: 'drop', origin }
    const where = target.kind === 'port' ? names.port(target.port) : names.link(target.link)
    return { ...rule, target: where, origin }
  })
  const waiting = keeper
    .wanted()
    .filter((rule) => !keeper.isActive(rule))
    .map((rule): RuleRow => {
      const { destination, source, target, isTransit } = rule
      const from = source === null ? {} : { source }
      const text = `${formatTarget(target)} (down: default)`
      const origin = keeper.originOf(rule)
      return { destination, ...from, isTransit, target: text, origin, frames: 0, bytes: 0 }
    })
  return [...active, ...waiting]
}

export function dropRows(plane: Plane): DropsRow[] {
  const rowsOf = (where: string, drops: Readonly<Record<string, number | undefined>>) =>
    Object.entries(drops)
      .map(([reason, count]) => ({ where, reason, count: count ?? 0 }))
      .filter((row) => row.count > 0)
  return [
    ...rowsOf('total', plane.drops()),
    ...plane.ports().flatMap((port) => rowsOf(`port ${port.name}`, port.drops)),
    ...plane
      .links()
      .flatMap((link) => rowsOf(`link ${link.peer ?? link.remoteAddress}`, link.drops)),
  ]
}

export function dropsTotal(plane: Plane): number {
  return Object.values(plane.drops()).reduce((sum, count) => sum + count, 0)
}

/** The part of Status that both roles fill alike. */
export function commonStatus(options: {
  readonly plane: Plane
  readonly identity: LoadedIdentity
  readonly startedAtMs: number
  readonly nowMs: number
}): Pick<
  Status,
  | 'network'
  | 'version'
  | 'pid'
  | 'startedAtMs'
  | 'ports'
  | 'macs'
  | 'dropsTotal'
  | 'lostEvents'
  | 'certificate'
  | 'rssBytes'
  | 'cpuSeconds'
> {
  const { plane, identity, startedAtMs, nowMs } = options
  const { user, system } = process.cpuUsage()
  const { certificate, who } = identity
  return {
    network: who.network,
    version: VERSION,
    pid: process.pid,
    startedAtMs,
    ports: plane.ports().length,
    macs: plane.macs().length,
    dropsTotal: dropsTotal(plane),
    lostEvents: plane.lostEvents(),
    certificate: {
      uri: certificate.uri,
      notAfterMs: certificate.notAfterMs,
      warning: expiryWarning(certificate, nowMs)?.message ?? null,
    },
    rssBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
  }
}

/** Starts a capture of a port, or of a link by its peer's name or its number. */
export function startCapture(
  plane: Plane,
  target: { readonly port?: string; readonly link?: string },
  snapBytes: number,
): number {
  if (target.port !== undefined) {
    const port = plane.ports().find(({ name }) => name === target.port)
    if (port !== undefined) return plane.capture({ port: port.id }, { snapBytes })
    throw unknown(
      'port',
      target.port,
      plane.ports().map(({ name }) => name),
    )
  }
  const links = plane.links().filter(({ state }) => state === 'admitted')
  const link = links.find(({ peer, id }) => peer === target.link || String(id) === target.link)
  if (link !== undefined) return plane.capture({ link: link.id }, { snapBytes })
  throw unknown(
    'link',
    target.link ?? '',
    links.map(({ peer }) => peer ?? ''),
  )
}

function unknown(kind: 'port' | 'link', name: string, known: readonly string[]): VnetError {
  const hint = known.length === 0 ? `there are no ${kind}s` : `known: ${known.join(', ')}`
  return new VnetError(`${kind}-unknown`, `there is no ${kind} '${name}'`, { hint })
}
