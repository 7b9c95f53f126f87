// The proxy daemon's start-up page: hub of the star, certificate authority's front, authority of
// MAC ownership, giver of orders. Builds all parts in order and wires them together.

import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { VERSION } from '../base/version.ts'
import type { ProxyConfig } from '../config/schema.ts'
import type { ReloadResult } from '../control/api.ts'
import type { AdminBackend } from '../control/backend.ts'
import { type Endpoint, endpointsOf, machineAddresses } from '../daemon/endpoints.ts'
import { PROTOCOL_VERSION } from '../daemon/hello.ts'
import type { HelloContext, Peer } from '../daemon/peer.ts'
import { Peers } from '../daemon/peers.ts'
import { createPlaneLog, type PlaneLog } from '../daemon/plane-log.ts'
import { createPorts, type Ports } from '../daemon/ports.ts'
import { reload } from '../daemon/reload.ts'
import { createRuleKeeper, type RuleKeeper } from '../daemon/rules.ts'
import type { Question } from '../link/requests.ts'
import type { LinkId, Plane, PlaneEvent } from '../plane/plane.ts'
import type { LoadedIdentity } from '../trust/identity.ts'
import { createJoinServer } from '../trust/join-server.ts'
import type { TrustContext } from '../trust/proxy-trust.ts'
import { createRevocationSet, type RevocationSet, revocationMessages } from '../trust/revocation.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import { type AdaptationParts, startAdaptation } from './adaptation-parts.ts'
import { createHostRules, type HostRules } from './host-rules.ts'
import { type InferenceParts, startInference } from './inference-parts.ts'
import type { InferenceStore } from './inference-store.ts'
import { createJoinLinks } from './joins.ts'
import { hostDown, hostUp, judgeHost } from './live-hosts.ts'
import { MacAuthority } from './mac-authority.ts'
import { type MeasuredParts, startMeasuring } from './measured-parts.ts'
import type { NetworkStore } from './network-store.ts'
import { Orders } from './orders.ts'
import { createOwnRenewal, type OwnRenewal } from './own-renewal.ts'
import { createProxyAdmin } from './proxy-admin.ts'
import { handleProxyMessage } from './proxy-inbox.ts'
import { pushRevocations } from './push.ts'

export interface ProxyOptions {
  readonly config: ProxyConfig
  readonly plane: Plane
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly identity: LoadedIdentity
  readonly trust: TrustContext
  readonly store: NetworkStore
  readonly inferenceStore: InferenceStore
  /** Applies what is not the daemon's own on reload: log level, metrics. */
  readonly onReload?: (config: ProxyConfig) => Promise<void>
  /** Reads the configuration again. @throws VnetError if it is wrong. */
  readonly readConfig?: () => ProxyConfig
}

/** A host whose star link is up. */
export interface LiveHost {
  readonly peer: Peer
  report: ControlMessageOf<'hostReport'> | null
}

export interface ProxyParts {
  readonly options: ProxyOptions
  readonly plane: Plane
  readonly clock: Clock
  readonly log: Log
  readonly trust: TrustContext
  readonly startedAtMs: number
  readonly peers: Peers
  readonly hosts: Map<string, LiveHost>
  readonly hostNames: Map<LinkId, string>
  readonly macs: MacAuthority
  readonly orders: Orders
  readonly hostRules: HostRules
  readonly rules: RuleKeeper
  readonly ports: Ports
  readonly revocations: RevocationSet
  readonly renewal: OwnRenewal
  readonly inference: InferenceParts
  readonly measured: MeasuredParts
  readonly adaptation: AdaptationParts
  readonly planeLog: PlaneLog
  config: ProxyConfig
  listening: Endpoint
  pinSequence: number
}

export interface ProxyDaemon {
  readonly admin: AdminBackend
  readonly parts: ProxyParts
  reload(): Promise<ReloadResult>
  stop(): Promise<void>
}

/**
 * Builds and starts a proxy: listens, then opens the ports.
 * @throws VnetError if a port cannot be opened or the address is taken; then nothing runs.
 */
export async function createProxyDaemon(options: ProxyOptions): Promise<ProxyDaemon> {
  const { plane, config } = options
  const parts = buildParts(options)
  try {
    plane.setCredentials(options.identity.credentials)
    plane.onEvent = (event) => handleEvent(parts, event)
    parts.listening = { ...config.listen, ...plane.listen(config.listen) }
    for (const port of config.ports) parts.ports.open(port)
    parts.macs.pinsChanged()
  } catch (error) {
    stopWatching(parts)
    await plane.close()
    throw error
  }
  parts.renewal.check()
  const reloadNow = () => reloadProxy(parts)
  return {
    admin: createProxyAdmin(parts, reloadNow),
    parts,
    reload: reloadNow,
    async stop() {
      stopWatching(parts)
      parts.renewal.stop()
      const reason = `proxy '${config.name}' shuts down`
      for (const peer of parts.peers.all()) peer.close({ code: 'shutdown', reason })
      await plane.close()
      options.store.close()
      options.inferenceStore.close()
      options.trust.store.close()
    },
  }
}

function stopWatching({ inference, measured, adaptation }: ProxyParts): void {
  inference.stop()
  measured.stop()
  adaptation.engine.stop()
}

function buildParts(options: ProxyOptions): ProxyParts {
  const { plane, clock, log, config, random, trust, store } = options
  const hosts = new Map<string, LiveHost>()
  const hostNames = new Map<LinkId, string>()
  const peerOf = (host: string) => hosts.get(host)?.peer ?? null
  const revocations = knownRevocations(trust)
  const audit = (action: string, detail: string) =>
    trust.store.audit({ atMs: clock.wallMs(), actor: 'admin', action, detail })
  const instance = Buffer.from(random.bytes(8)).toString('hex')
  const peers = peersOf(options, { instance, revocations, parts: () => parts })
  const ports = createPorts(plane, { log, overlayPorts: () => [parts.listening.port] })
  const macs = new MacAuthority({
    ...{ plane, clock, log, peerOf, name: config.name },
    hostOf: (link) => hostNames.get(link) ?? null,
    pins: () => trust.store.pins(),
    macsPerHostMax: () => parts.config.limits.macs,
    onMove: () => parts.adaptation.engine.guestsMoved(),
  })
  const orders = new Orders({
    ...{ clock, random, log, store, peerOf, audit },
    linksPerHostMax: () => parts.config.limits.fastPaths,
    onLink: (change) => parts.adaptation.engine.linkChanged(change),
    onManual: () => parts.adaptation.engine.manualChanged(),
  })
  const inference = startInference({
    ...{ plane, clock, log, store: options.inferenceStore },
    self: { host: config.name, instance },
    peers: () => [...hosts.values()].map(({ peer }) => peer),
    homeOf: (mac) => macs.ownerOf(mac),
    onChange: () => parts.adaptation.engine.topologyChanged(),
    onSettings: () => parts.adaptation.engine.settingsChanged(),
  })
  const measured = measuredOf(options, inference, { hosts, hostNames })
  const parts: ProxyParts = {
    ...{ options, plane, clock, log, trust, peers, hosts, hostNames, macs, orders, inference },
    measured,
    startedAtMs: clock.wallMs(),
    hostRules: createHostRules({ store, peerOf, audit }),
    rules: createRuleKeeper(plane, {
      linkOf: (name) => peerOf(name)?.link ?? null,
      portOf: (name) => ports.idOf(name),
    }),
    ports,
    revocations,
    renewal: createOwnRenewal({ ...options, stateDir: config.state }),
    adaptation: startAdaptation({
      ...{ plane, clock, log, random, store, macs, orders, inference, peerOf },
      proxy: config.name,
      trust: trust.store,
      initialLevel: config.adaptation.level,
      network: measured.network,
    }),
    planeLog: createPlaneLog({ clock, log, ports }),
    config,
    listening: config.listen,
    pinSequence: 0,
  }
  return parts
}

function peersOf(
  { plane, clock, log, trust }: ProxyOptions,
  late: {
    readonly instance: string
    readonly revocations: RevocationSet
    readonly parts: () => ProxyParts
  },
): Peers {
  const { instance, revocations, parts } = late
  return new Peers({
    plane,
    clock,
    log,
    network: trust.network,
    hello: (context) => helloOf(parts(), instance, context),
    isRevoked: (key) => revocations.isRevoked(key),
    judge: (candidate) => judgeHost(parts(), candidate),
    transportOf: () => 'tcp', // star links only
    onTransport: () => {},
    onStall: () => {},
    onAccepted: (peer) => hostUp(parts(), peer),
    onAcceptedEnd: (peer, end) => hostDown(parts(), peer, end),
    onMessage: (peer, message) => handleProxyMessage(parts(), peer, message),
    joins: createJoinLinks({
      plane,
      clock,
      log,
      server: createJoinServer(trust),
      onOutcome: ({ revoked }) => {
        if (revoked.length > 0) pushRevocations(parts())
      },
    }),
  })
}

function measuredOf(
  { plane, clock, log, config: { name } }: ProxyOptions,
  { steadyClock: { nowMs } }: InferenceParts,
  { hosts, hostNames }: Pick<ProxyParts, 'hosts' | 'hostNames'>,
): MeasuredParts {
  return startMeasuring({
    ...{ plane, clock, log, name, nowMs },
    hostOf: (link) => hostNames.get(link) ?? null,
    peers: () => [...hosts.values()].map(({ peer }) => peer),
    peerOf: (host) => hosts.get(host)?.peer ?? null,
  })
}

function knownRevocations({ store }: TrustContext): RevocationSet {
  const known = createRevocationSet()
  for (const message of revocationMessages(store.revocationsAfter(0))) known.add(message)
  return known
}

function handleEvent(parts: ProxyParts, event: PlaneEvent): void {
  if (parts.peers.handle(event)) return
  if (event.kind === 'mac-learned') parts.macs.seenHere(event.mac)
  else if (event.kind === 'mac-moved') parts.macs.seen(event.mac, event.toLink)
  else if (event.kind === 'mac-expired') parts.macs.expired(event.mac)
  else if (event.kind === 'link-probed') parts.measured.prober.handle(event)
  else parts.planeLog.handle(event)
}

function helloOf(parts: ProxyParts, instance: string, context: HelloContext): Question {
  const { config, listening: listen } = parts
  const { localAddress } = context
  const machine = machineAddresses(new Set(config.ports.map((port) => port.device)))
  return {
    kind: 'hello',
    versionMajor: PROTOCOL_VERSION.major,
    versionMinor: PROTOCOL_VERSION.minor,
    name: config.name,
    role: 'proxy',
    software: `vnet ${VERSION}`,
    instance,
    wallClockMs: parts.clock.wallMs(),
    endpoints: endpointsOf({ advertise: config.advertise, listen, localAddress, machine }),
    linkRole: context.linkRole,
    linkOrderId: context.orderId,
  }
}

async function reloadProxy(parts: ProxyParts): Promise<ReloadResult> {
  const { readConfig, onReload } = parts.options
  const { log, ports } = parts
  const { config, result } = await reload(parts.config, { log, ports, readConfig, onReload })
  parts.config = config
  parts.rules.refresh()
  parts.macs.pinsChanged()
  return result
}
