// The admin API of the proxy.

import { VnetError } from '../base/errors.ts'
import type { MacAddress } from '../base/mac.ts'
import { formatEndpoint } from '../config/endpoint.ts'
import type { HostRow, ReloadResult, RuleRequest, Status, TokenCreated } from '../control/api.ts'
import type { AdminBackend, PinRow } from '../control/backend.ts'
import { networkView } from '../control/network.ts'
import { ping } from '../daemon/echo.ts'
import { withoutMapping } from '../daemon/endpoints.ts'
import { parseTarget } from '../daemon/rules.ts'
import { commonStatus, dropRows, macRows, ruleRows, startCapture } from '../daemon/views.ts'
import type { LinkInfo } from '../plane/plane.ts'
import { issueToken, removeToken } from '../trust/proxy-trust.ts'
import { revokeHost } from '../trust/revocation.ts'
import type { HostRecord } from '../trust/store.ts'
import { createAdaptAdmin } from './adapt-admin.ts'
import { runProxyDoctor } from './doctor-proxy.ts'
import { createInferenceAdmin } from './inference-admin.ts'
import { createPlanAdmin } from './plan-admin.ts'
import type { ProxyParts } from './proxy.ts'
import { pushPins, pushRevocations } from './push.ts'

const ACTOR = 'admin'

export function createProxyAdmin(
  parts: ProxyParts,
  reload: () => Promise<ReloadResult>,
): AdminBackend {
  const { plane, trust } = parts
  return {
    status: () => status(parts),
    hosts: () => hostRows(parts),
    ports: () => plane.ports(),
    links: () => plane.links(),
    macs: () => {
      const pins = trust.store.pins()
      return macRows(plane, (mac) => pins.get(mac as MacAddress) ?? null)
    },
    rules: () => ruleRows(plane, parts.rules),
    drops: () => dropRows(plane),
    counters: () => parts.inference.traffic.rows(),
    setRule: (request, host) => setRule(parts, request, host),
    removeRule: (request, host) => removeRule(parts, request, host),
    addLink: async (request) => {
      for (const host of [request.a, request.b]) requireKnown(parts, host)
      return parts.orders.add(request)
    },
    removeLink: (request) => parts.orders.remove(request),
    ping: async (request) => {
      const peer = parts.hosts.get(request.host)?.peer ?? null
      if (peer === null) throw absent(parts, request.host)
      return ping(request, { clock: parts.clock, from: parts.config.name, peer })
    },
    capture: (target, snapBytes) => startCapture(plane, target, snapBytes),
    doctor: () => runProxyDoctor(parts),
    ...trustAdmin(parts),
    inference: createInferenceAdmin(parts.inference, (action, detail) =>
      audit(parts, action, detail),
    ),
    network: () =>
      networkView(parts.measured.network, {
        ...{ proxy: parts.config.name, hosts: parts.hosts.keys() },
        nowMs: parts.measured.nowMs(),
      }),
    adaptation: createAdaptAdmin(parts.adaptation, parts.inference.guestBook, (action, detail) =>
      audit(parts, action, detail),
    ),
    planning: createPlanAdmin(parts),
    pins: () => [...trust.store.pins()].map(([mac, host]) => ({ mac, host })),
    setPin: (pin) => setPin(parts, pin),
    removePin: (mac) => removePin(parts, mac),
    reload,
  }
}

function trustAdmin(
  parts: ProxyParts,
): Pick<AdminBackend, 'tokens' | 'createToken' | 'removeToken' | 'revoke' | 'audit'> {
  const { trust, clock } = parts
  return {
    tokens: () => trust.store.tokens().map(({ secretSha256: _, ...row }) => row),
    createToken: ({ ttlSeconds, uses, name }) => {
      const { text, record } = issueToken(trust, {
        actor: ACTOR,
        nowMs: clock.wallMs(),
        ...(ttlSeconds === undefined ? {} : { ttlMs: ttlSeconds * 1_000 }),
        ...(uses === undefined ? {} : { uses }),
        ...(name === undefined ? {} : { name }),
      })
      return tokenCreated(parts, text, record)
    },
    removeToken: (id) => {
      if (removeToken(trust, { id, actor: ACTOR, nowMs: clock.wallMs() })) return
      throw new VnetError('token-unknown', `there is no token '${id}'`)
    },
    revoke: (name) => {
      revokeHost(trust, { name, actor: ACTOR, nowMs: clock.wallMs() })
      parts.orders.forgetHost(name)
      parts.measured.forget(name)
      pushRevocations(parts)
    },
    audit: (lines) => trust.store.auditEntries(lines),
  }
}

function tokenCreated(
  parts: ProxyParts,
  token: string,
  { id, expiresAtMs }: { readonly id: string; readonly expiresAtMs: number },
): TokenCreated {
  const { advertise } = parts.config
  const { address, port } = parts.listening
  const isAny = address === '::' || address === '0.0.0.0'
  const own = isAny ? `THIS-MACHINE:${port}` : formatEndpoint({ host: address, port })
  return { id, token, expiresAtMs, command: `vnet join ${advertise[0] ?? own} ${token}` }
}

function status(parts: ProxyParts): Status {
  const { plane, clock, orders } = parts
  const common = commonStatus({
    plane,
    identity: parts.renewal.identity,
    startedAtMs: parts.startedAtMs,
    nowMs: clock.wallMs(),
  })
  const known = parts.trust.store.hosts().filter((host) => !host.isRevoked)
  return {
    ...common,
    role: 'proxy',
    name: parts.config.name,
    listen: parts.listening,
    star: 'not-applicable',
    hostsUp: parts.hosts.size,
    hostsKnown: known.length,
    fastPaths: orders.countUp(),
    fastPathsByUdp: null,
  }
}

function hostRows(parts: ProxyParts): HostRow[] {
  const links = new Map(parts.plane.links().map((link) => [link.id, link]))
  return parts.trust.store.hosts().map((record) => {
    const peer = parts.hosts.get(record.name)?.peer
    return hostRow(parts, record, peer === undefined ? undefined : links.get(peer.link))
  })
}

function hostRow(parts: ProxyParts, record: HostRecord, link: LinkInfo | undefined): HostRow {
  const live = parts.hosts.get(record.name)
  const report = live?.report ?? null
  return {
    name: record.name,
    state: live !== undefined ? 'up' : record.isRevoked ? 'revoked' : 'down',
    address: live === undefined ? record.lastAddress : withoutMapping(live.peer.remoteAddress),
    rttUs: link?.rttUs ?? null,
    sinceMs: live?.peer.upSinceMs ?? record.lastSeenMs,
    ports: report?.ports ?? null,
    macs: parts.macs.countOf(record.name),
    fastPaths: parts.orders.peersOf(record.name),
    rxBytes: report?.rxBytes ?? null,
    txBytes: report?.txBytes ?? null,
    drops: report?.drops ?? null,
    version: live?.peer.hello.software ?? null,
    certificateNotAfterMs: record.certificateNotAfterMs,
  }
}

async function setRule(
  parts: ProxyParts,
  request: RuleRequest,
  host: string | null,
): Promise<void> {
  if (host !== null && host !== parts.config.name) {
    requireKnown(parts, host)
    return parts.hostRules.set(host, request)
  }
  if (request.target === undefined) {
    throw new VnetError('request-invalid', 'target: a rule needs one')
  }
  const target = parseTarget(request.target)
  if (target.kind === 'peer') requireKnown(parts, target.name)
  if (target.kind === 'port' && parts.ports.idOf(target.name) === null) {
    throw new VnetError('port-unknown', `there is no port '${target.name}'`)
  }
  const { destination, source = null, isTransit = false } = request
  parts.rules.set({ destination, source, target, isTransit })
}

async function removeRule(
  parts: ProxyParts,
  request: RuleRequest,
  host: string | null,
): Promise<void> {
  if (host !== null && host !== parts.config.name) return parts.hostRules.remove(host, request)
  const { destination, source = null } = request
  if (parts.rules.remove({ destination, source })) return
  throw new VnetError('rule-unknown', 'there is no such rule', { hint: "'vnet rules' lists them" })
}

function setPin(parts: ProxyParts, { mac, host }: PinRow): void {
  if (host !== parts.config.name) requireKnown(parts, host)
  parts.trust.store.setPin(mac, host)
  audit(parts, 'pin-set', `${mac} to ${host}`)
  pushPins(parts)
}

function removePin(parts: ProxyParts, mac: MacAddress): void {
  if (!parts.trust.store.removePin(mac)) {
    throw new VnetError('pin-unknown', `${mac} is not pinned`)
  }
  audit(parts, 'pin-removed', mac)
  pushPins(parts)
}

function audit(parts: ProxyParts, action: string, detail: string): void {
  parts.trust.store.audit({ atMs: parts.clock.wallMs(), actor: ACTOR, action, detail })
}

function requireKnown(parts: ProxyParts, host: string): void {
  if (parts.trust.store.host(host) === null) throw absent(parts, host)
}

function absent(parts: ProxyParts, host: string): VnetError {
  if (parts.trust.store.host(host) !== null) {
    return new VnetError('host-down', `host '${host}' is not connected`, {
      hint: 'see its log; `vnet doctor` there tells what is wrong',
    })
  }
  return new VnetError('host-unknown', `no host '${host}' has joined`, {
    hint: "'vnet hosts' lists them",
  })
}
