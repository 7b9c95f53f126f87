// The admin API of a host daemon.

import { VnetError } from '../base/errors.ts'
import type { HostRow, ReloadResult, RuleRequest, Status } from '../control/api.ts'
import { type AdminBackend, notHere } from '../control/backend.ts'
import { runHostDoctor } from './doctor-host.ts'
import { ping } from './echo.ts'
import type { HostParts } from './host.ts'
import type { Peer } from './peer.ts'
import { parseTarget } from './rules.ts'
import { commonStatus, dropRows, dropsTotal, macRows, ruleRows, startCapture } from './views.ts'

export function createHostAdmin(
  parts: HostParts,
  reload: () => Promise<ReloadResult>,
): AdminBackend {
  const { plane } = parts
  const refuse = (what: string) => () => {
    throw notHere(what)
  }
  return {
    status: () => status(parts),
    hosts: () => hostRows(parts),
    ports: () => plane.ports(),
    links: () => plane.links(),
    macs: () => macRows(plane, (mac) => parts.pins.pinnedTo(mac)),
    rules: () => ruleRows(plane, parts.rules),
    drops: () => dropRows(plane),
    counters: () => parts.traffic.rows(),
    setRule: async (request, host) => setRule(parts, request, host),
    removeRule: async (request, host) => removeRule(parts, request, host),
    addLink: async () => refuse('adding a link')(),
    removeLink: async () => refuse('removing a link')(),
    ping: async (request) => {
      const peer = wayTo(parts, request.host)
      return ping(request, { clock: parts.clock, from: parts.config.name, peer })
    },
    capture: (target, snapBytes) => startCapture(plane, target, snapBytes),
    doctor: () => runHostDoctor(parts),
    tokens: refuse('listing tokens'),
    createToken: refuse('making tokens'),
    removeToken: refuse('removing tokens'),
    revoke: refuse('revoking'),
    audit: refuse('reading the audit log'),
    pins: refuse('listing pins'),
    setPin: refuse('pinning'),
    removePin: refuse('pinning'),
    reload,
  }
}

function status(parts: HostParts): Status {
  const { plane, star, fastPaths, peers } = parts
  const common = commonStatus({
    plane,
    identity: parts.renewal.identity,
    startedAtMs: parts.startedAtMs,
    nowMs: parts.clock.wallMs(),
  })
  const fastPathsUp = peers.all().filter((peer) => fastPaths.linkOf(peer.name) === peer).length
  return {
    ...common,
    role: 'host',
    name: parts.config.name,
    listen: parts.listening,
    star: star.peer === null ? 'down' : 'up',
    hostsUp: fastPathsUp,
    hostsKnown: fastPathsUp,
    fastPaths: fastPathsUp,
    fastPathsByUdp: plane.links().filter(({ transport }) => transport === 'udp').length,
  }
}

/** This host, then its peers. */
function hostRows(parts: HostParts): HostRow[] {
  const { plane, config } = parts
  const links = new Map(plane.links().map((link) => [link.id, link]))
  const peers = parts.peers.all()
  const own: HostRow = {
    name: config.name,
    state: 'up',
    address: parts.listening?.address ?? null,
    rttUs: null,
    sinceMs: parts.startedAtMs,
    ports: plane.ports().length,
    macs: plane.macs().filter((entry) => entry.where.kind === 'port').length,
    fastPaths: peers.filter((peer) => peer.linkRole === 'fast-path').map((peer) => peer.name),
    rxBytes: plane.ports().reduce((sum, port) => sum + port.rxBytes, 0),
    txBytes: plane.ports().reduce((sum, port) => sum + port.txBytes, 0),
    drops: dropsTotal(plane),
    version: null,
    certificateNotAfterMs: parts.renewal.identity.certificate.notAfterMs,
  }
  return [own, ...peers.map((peer) => peerRow(peer, links.get(peer.link)))]
}

function peerRow(
  peer: Peer,
  link: { rttUs: number | null; rxBytes: number; txBytes: number } | undefined,
): HostRow {
  return {
    name: peer.name,
    state: 'up',
    address: peer.remoteAddress,
    rttUs: link?.rttUs ?? null,
    sinceMs: peer.upSinceMs,
    ports: null,
    macs: 0,
    fastPaths: [],
    rxBytes: link?.rxBytes ?? null,
    txBytes: link?.txBytes ?? null,
    drops: null,
    version: peer.hello.software,
    certificateNotAfterMs: peer.certificateNotAfterMs,
  }
}

function setRule(parts: HostParts, request: RuleRequest, host: string | null): void {
  requireOwnName(parts, host)
  if (request.target === undefined) {
    throw new VnetError('request-invalid', 'target: a rule needs one')
  }
  const target = parseTarget(request.target)
  if (target.kind === 'port' && parts.ports.idOf(target.name) === null) {
    throw new VnetError('port-unknown', `there is no port '${target.name}'`, {
      hint: "'vnet ports' lists them",
    })
  }
  const { destination, source = null, isTransit = false } = request
  parts.rules.set({ destination, source, target, isTransit })
}

function removeRule(parts: HostParts, request: RuleRequest, host: string | null): void {
  requireOwnName(parts, host)
  const { destination, source = null } = request
  if (!parts.rules.remove({ destination, source })) {
    throw new VnetError('rule-unknown', 'there is no such rule', {
      hint: "'vnet rules' lists them",
    })
  }
}

function requireOwnName(parts: HostParts, host: string | null): void {
  if (host !== null && host !== parts.config.name) throw notHere('a rule on another host')
}

function wayTo(parts: HostParts, host: string): Peer {
  const direct = parts.fastPaths.linkOf(host)
  const way = direct ?? parts.star.peer
  if (way !== null) return way
  const why = parts.star.lastEnd?.reason ?? 'not connected yet'
  throw new VnetError('star-down', `the proxy cannot be reached: ${why}`)
}
