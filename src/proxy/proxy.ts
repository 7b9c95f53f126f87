// The proxy daemon's start-up page: hub of the star, certificate authority's front, authority of
// MAC ownership, giver of orders. Builds all parts in order and wires them together.

import type { Clock } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import type { MacAddress } from '../base/mac.ts'
import type { Random } from '../base/random.ts'
import { VERSION } from '../base/version.ts'
import type { ProxyConfig } from '../config/schema.ts'
import type { ReloadResult } from '../control/api.ts'
import type { AdminBackend } from '../control/backend.ts'
import { type Endpoint, endpointsOf, machineAddresses } from '../daemon/endpoints.ts'
import { PROTOCOL_VERSION, type Refusal } from '../daemon/hello.ts'
import type { Candidate, HelloContext, LinkEnd, Peer } from '../daemon/peer.ts'
import { Peers } from '../daemon/peers.ts'
import { pinMessages } from '../daemon/pins.ts'
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
import { createHostRules, type HostRules } from './host-rules.ts'
import { type InferenceParts, startInference } from './inference-parts.ts'
import type { InferenceStore } from './inference-store.ts'
import { createJoinLinks } from './joins.ts'
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
    parts.inference.stop()
    parts.measured.stop()
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
      parts.inference.stop()
      parts.measured.stop()
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

function buildParts(options: ProxyOptions): ProxyParts {
  const { plane, clock, log, config, random, trust, store } = options
  const hosts = new Map<string, LiveHost>()
  const hostNames = new Map<LinkId, string>()
  const peerOf = (host: string) => hosts.get(host)?.peer ?? null
  const revocations = knownRevocations(trust)
  const audit = (action: string, detail: string) =>
    trust.store.audit({ atMs: clock.wallMs(), actor: 'admin', action, detail })
  const instance = Buffer.from(random.bytes(8)).toString('hex')
  const peers: Peers = new Peers({
    ...{ plane, clock, log },
    network: trust.network,
    hello: (context) => helloOf(parts, instance, context),
    isRevoked: (key) => revocations.isRevoked(key),
    judge: (candidate) => judge(parts, candidate),
    transportOf: () => 'tcp', // star links only
    onTransport: () => {},
    onAccepted: (peer) => hostUp(parts, peer),
    onAcceptedEnd: (peer, end) => hostDown(parts, peer, end),
    onMessage: (peer, message) => handleProxyMessage(parts, peer, message),
    joins: createJoinLinks({
      ...{ plane, clock, log },
      server: createJoinServer(trust),
      onOutcome: ({ revoked }) => {
        if (revoked.length > 0) pushRevocations(parts)
      },
    }),
  })
  const ports = createPorts(plane, { log, overlayPorts: () => [parts.listening.port] })
  const ownerOf = (mac: MacAddress) => parts.macs.ownerOf(mac)
  const inference = inferenceOf(options, instance, hosts, ownerOf)
  const parts: ProxyParts = {
    ...{ options, plane, clock, log, trust },
    startedAtMs: clock.wallMs(),
    peers,
    hosts,
    hostNames,
    macs: new MacAuthority({
      ...{ plane, clock, log, peerOf, name: config.name },
      hostOf: (link) => hostNames.get(link) ?? null,
      pins: () => trust.store.pins(),
      macsPerHostMax: () => parts.config.limits.macs,
    }),
    orders: new Orders({
      ...{ clock, random, log, store, peerOf, audit },
      linksPerHostMax: () => parts.config.limits.fastPaths,
    }),
    hostRules: createHostRules({ store, peerOf, audit }),
    rules: createRuleKeeper(plane, {
      linkOf: (name) => peerOf(name)?.link ?? null,
      portOf: (name) => ports.idOf(name),
    }),
    ports,
    revocations,
    renewal: createOwnRenewal({ ...options, stateDir: config.state }),
    inference,
    measured: measuredOf(options, inference, { hosts, hostNames }),
    planeLog: createPlaneLog({ clock, log, ports }),
    config,
    listening: config.listen,
    pinSequence: 0,
  }
  return parts
}

function inferenceOf(
  { plane, clock, log, config, inferenceStore: store }: ProxyOptions,
  instance: string,
  hosts: ReadonlyMap<string, LiveHost>,
  homeOf: (mac: MacAddress) => string | null,
): InferenceParts {
  const self = { host: config.name, instance }
  const peers = () => [...hosts.values()].map(({ peer }) => peer)
  return startInference({ plane, clock, log, store, self, peers, homeOf })
}

function measuredOf(
  { plane, clock, config: { name } }: ProxyOptions,
  { steadyClock: { nowMs } }: InferenceParts,
  { hosts, hostNames }: Pick<ProxyParts, 'hosts' | 'hostNames'>,
): MeasuredParts {
  const hostOf = (link: LinkId) => hostNames.get(link) ?? null
  return startMeasuring({ plane, clock, name, nowMs, hostOf, isKnown: (host) => hosts.has(host) })
}

function knownRevocations({ store }: TrustContext): RevocationSet {
  const known = createRevocationSet()
  for (const message of revocationMessages(store.revocationsAfter(0))) known.add(message)
  return known
}

/** Is this daemon's star link welcome? */
function judge(
  parts: ProxyParts,
  { identity, linkRole, publicKeySha256 }: Candidate,
): Refusal | null {
  if (linkRole !== 'star' || identity.role !== 'host') {
    return { code: 'role', reason: 'the proxy takes star links of hosts only' }
  }
  const known = parts.trust.store.host(identity.name)
  if (known === null) {
    const reason = `the proxy does not know host '${identity.name}'; join again with a new token`
    return { code: 'unknown-host', reason }
  }
  if (known.publicKeySha256 !== publicKeySha256) {
    return { code: 'revoked', reason: `host '${identity.name}' has joined again with another key` }
  }
  return null
}

/** A host is there (again): it gets what it must know, and takes its place in all tables. */
function hostUp(parts: ProxyParts, peer: Peer): void {
  const { hosts, hostNames, trust } = parts
  const old = hosts.get(peer.name)
  if (old !== undefined) replace(parts, old.peer, peer)
  hosts.set(peer.name, { peer, report: null })
  hostNames.set(peer.link, peer.name)
  rememberSeen(parts, peer)
  for (const message of revocationMessages(trust.store.revocationsAfter(0))) {
    peer.send({ kind: 'revocationList', ...message })
  }
  for (const message of pinMessages(trust.store.pins(), parts.pinSequence)) peer.send(message)
  parts.macs.hostUp(peer.name)
  parts.rules.refresh()
  parts.hostRules.hostUp(peer)
  parts.orders.hostUp(peer.name)
  parts.inference.hostUp(peer)
}

/** For people; a full disk must not keep the host out. */
function rememberSeen({ trust, clock, log }: ProxyParts, peer: Peer): void {
  try {
    trust.store.setHostSeen(peer.name, { address: peer.remoteAddress, atMs: clock.wallMs() })
  } catch (error) {
    log.error({ host: peer.name, err: error }, `host not written down: ${messageOf(error)}`)
  }
}

/** The newest link counts: the old one is mostly a dead one that nobody noticed yet. */
function replace(parts: ProxyParts, old: Peer, peer: Peer): void {
  hostDown(parts, old, { code: 'removed', reason: 'replaced', isLasting: false })
  const isSame = old.hello.instance === peer.hello.instance
  old.close(
    isSame
      ? { code: 'removed', reason: 'the host opened a new link' }
      : {
          code: 'duplicate',
          reason: `another daemon calls itself '${peer.name}', with the same key`,
        },
  )
}

function hostDown(parts: ProxyParts, peer: Peer, _end: LinkEnd): void {
  parts.hostNames.delete(peer.link)
  if (parts.hosts.get(peer.name)?.peer !== peer) return
  parts.hosts.delete(peer.name)
  parts.macs.hostDown(peer.name)
  parts.orders.hostDown(peer.name)
  parts.inference.hostDown(peer.name)
  parts.rules.refresh()
}

function handleEvent(parts: ProxyParts, event: PlaneEvent): void {
  if (parts.peers.handle(event)) return
  if (event.kind === 'mac-learned') parts.macs.seenHere(event.mac)
  else if (event.kind === 'mac-moved') parts.macs.seen(event.mac, event.toLink)
  else if (event.kind === 'mac-expired') parts.macs.expired(event.mac)
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
