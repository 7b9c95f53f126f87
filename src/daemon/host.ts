// The host daemon's start-up page: builds all parts in order, wires them together, starts and stops
// them. What the parts do is in their files; what is said to the proxy is in proto/control.proto.

import type { Cancel, Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { VERSION } from '../base/version.ts'
import { parseEndpoint } from '../config/endpoint.ts'
import { DEFAULT_PORT, type HostConfig } from '../config/schema.ts'
import type { ReloadResult } from '../control/api.ts'
import type { AdminBackend } from '../control/backend.ts'
import type { Question } from '../link/requests.ts'
import type { Plane, PlaneEvent } from '../plane/plane.ts'
import type { LoadedIdentity } from '../trust/identity.ts'
import { createRevocationSet, type RevocationSet } from '../trust/revocation.ts'
import { type Announcements, createAnnouncements } from './announcements.ts'
import { type Endpoint, endpointsOf, machineAddresses } from './endpoints.ts'
import { FastPaths } from './fast-paths.ts'
import { createGuestNaming, type GuestNaming } from './guest-names.ts'
import { PROTOCOL_VERSION } from './hello.ts'
import { createHostAdmin } from './host-admin.ts'
import { handleHostMessage } from './host-inbox.ts'
import { createLinkProber, type LinkProber } from './link-prober.ts'
import { createLinkReporter, type LinkReporter, measureMessages } from './link-reporter.ts'
import { matrixMessages } from './matrix-message.ts'
import { createMatrixReporter, type MatrixReporter } from './matrix-reporter.ts'
import { createPathRuleSets, type PathRuleSets } from './path-rules.ts'
import type { HelloContext, Peer } from './peer.ts'
import { Peers } from './peers.ts'
import { createPinnedMacs, type PinnedMacs } from './pins.ts'
import { createPlaneLog, type PlaneLog } from './plane-log.ts'
import { createPorts, type Ports } from './ports.ts'
import { createProxyClock, type ProxyClock } from './proxy-clock.ts'
import { reload } from './reload.ts'
import { createRenewal, type Renewal } from './renewal.ts'
import { hostReport, REPORT_INTERVAL_MS } from './report.ts'
import { createRuleKeeper, type RuleKeeper } from './rules.ts'
import { createStar, type Star } from './star.ts'
import { createTraffic, type Traffic } from './traffic.ts'

export interface HostOptions {
  readonly config: HostConfig
  readonly plane: Plane
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly identity: LoadedIdentity
  /** Numeric addresses of a name, best first. */
  readonly resolve: (host: string) => Promise<readonly string[]>
  /** Applies what is not the daemon's own on reload: log level, metrics. */
  readonly onReload?: (config: HostConfig) => Promise<void>
  /** Reads the configuration again. @throws VnetError if it is wrong. */
  readonly readConfig?: () => HostConfig
}

/** The parts, as they see each other. */
export interface HostParts {
  readonly options: HostOptions
  readonly plane: Plane
  readonly clock: Clock
  readonly log: Log
  readonly startedAtMs: number
  readonly peers: Peers
  readonly star: Star
  readonly fastPaths: FastPaths
  readonly rules: RuleKeeper
  readonly pathRules: PathRuleSets
  readonly ports: Ports
  readonly announcements: Announcements
  readonly renewal: Renewal
  readonly revocations: RevocationSet
  readonly pins: PinnedMacs
  readonly traffic: Traffic
  readonly proxyClock: ProxyClock
  readonly matrix: MatrixReporter
  readonly linkReporter: LinkReporter
  readonly linkProber: LinkProber
  readonly guestNaming: GuestNaming
  readonly planeLog: PlaneLog
  config: HostConfig
  listening: Endpoint | null
}

export interface HostDaemon {
  readonly admin: AdminBackend
  readonly parts: HostParts
  /** Applies the configuration file as it is now. */
  reload(): Promise<ReloadResult>
  /** Says goodbye to all, closes the plane. */
  stop(): Promise<void>
}

/**
 * Builds and starts a host daemon: listens, opens the ports, and dials the proxy for ever.
 * @throws VnetError if a port cannot be opened or the address is taken; then nothing runs.
 */
export async function createHostDaemon(options: HostOptions): Promise<HostDaemon> {
  const { plane, clock } = options
  const parts = buildParts(options)
  const timers: Cancel[] = []
  try {
    plane.setCredentials(options.identity.credentials)
    plane.onEvent = (event) => handleEvent(parts, event)
    const { listen } = parts.config
    if (listen !== null) parts.listening = { ...listen, ...plane.listen(listen) }
    for (const port of parts.config.ports) parts.ports.open(port)
  } catch (error) {
    await plane.close()
    throw error
  }
  timers.push(clock.every(REPORT_INTERVAL_MS, () => parts.star.peer?.send(hostReport(parts))))
  parts.renewal.check()
  parts.star.start()
  const reloadNow = () => reloadHost(parts)
  return {
    admin: createHostAdmin(parts, reloadNow),
    parts,
    reload: reloadNow,
    async stop() {
      for (const cancel of timers) cancel()
      parts.star.stop()
      parts.fastPaths.stop()
      parts.renewal.stop()
      parts.announcements.stop()
      parts.proxyClock.stop()
      parts.matrix.stop()
      parts.linkReporter.stop()
      parts.guestNaming.stop()
      const reason = `host '${parts.config.name}' shuts down`
      for (const peer of parts.peers.all()) peer.close({ code: 'shutdown', reason })
      await plane.close()
    },
  }
}

function buildParts(options: HostOptions): HostParts {
  const { plane, clock, log, config, random } = options
  const proxy = proxyOf(config)
  const revocations = createRevocationSet()
  const instance = Buffer.from(random.bytes(8)).toString('hex')
  const peers: Peers = new Peers({
    plane,
    clock,
    log,
    network: options.identity.who.network,
    hello: (context) => helloOf(parts, instance, context),
    isRevoked: (key) => revocations.isRevoked(key),
    judge: (candidate) =>
      candidate.linkRole === 'star'
        ? { code: 'role', reason: 'a host accepts no star link; dial the proxy' }
        : fastPaths.judge(candidate),
    transportOf: (orderId) => fastPaths.transportOf(orderId),
    onTransport: (peer, transport) => fastPaths.transportChanged(peer, transport),
    onStall: (peer, reason) => fastPaths.stallChanged(peer, reason),
    onAccepted: (peer) => fastPaths.accepted(peer),
    onAcceptedEnd: (peer, end) => fastPaths.acceptedEnd(peer, end),
    onMessage: (peer, message) => handleHostMessage(parts, peer, message),
    joins: null,
  })
  const star = createStar({
    ...options,
    peers,
    proxy,
    onUp: (peer) => starUp(parts, peer),
    onDown: () => starDown(parts),
  })
  const fastPaths: FastPaths = new FastPaths({
    ...options,
    peers,
    linksMax: () => parts.config.limits.fastPaths,
    transport: () => parts.config.transport,
    report: (report) => star.peer?.send(report),
    onChange: () => fastPathsChanged(parts),
  })
  const listeningPorts = () => (parts.listening === null ? [] : [parts.listening.port])
  const overlayPorts = () => [proxy.port, ...listeningPorts()]
  const ports = createPorts(plane, { log, overlayPorts })
  const rules = createRuleKeeper(plane, {
    linkOf: (name) => (star.peer?.name === name ? star.peer : fastPaths.linkOf(name))?.link ?? null,
    portOf: (name) => ports.idOf(name),
  })
  const parts: HostParts = {
    ...{ options, plane, clock, log, peers, star, fastPaths, rules, ports },
    startedAtMs: clock.wallMs(),
    pathRules: createPathRuleSets(rules),
    announcements: createAnnouncements({ plane, clock, log, proxy: () => star.peer }),
    renewal: createRenewal({ ...options, stateDir: config.state, proxy: () => star.peer }),
    revocations,
    pins: createPinnedMacs(plane, {
      ownName: config.name,
      linkOf: (name) => fastPaths.linkOf(name)?.link ?? null,
    }),
    ...matrixParts(options, star),
    linkProber: createLinkProber({ plane, clock }),
    linkReporter: createLinkReporter({
      ...{ plane, clock, name: config.name },
      whoIs: (link) => peers.whoIs(link),
      onReport: (report) => measureMessages(report).every((message) => star.peer?.send(message)),
    }),
    planeLog: createPlaneLog({ clock, log, ports }),
    config,
    listening: null,
  }
  return parts
}

/** What watches the guests' traffic. */
function matrixParts({ plane, clock, log }: HostOptions, star: Star) {
  const traffic = createTraffic(clock.monotonicMs())
  const proxyClock = createProxyClock({ clock, log })
  const send = (message: Question) => star.peer?.send(message) ?? false
  const matrix = createMatrixReporter({
    ...{ plane, clock, traffic, proxyNowMs: proxyClock.nowMs },
    // A report that is not sent is lost: the next one's number tells the proxy.
    onCut: (cut) => matrixMessages(cut).every(send),
  })
  const guestNaming = createGuestNaming({ plane, clock, send })
  return { traffic, proxyClock, matrix, guestNaming }
}

function proxyOf({ proxy }: HostConfig) {
  return parseEndpoint(proxy, DEFAULT_PORT) ?? { host: proxy, port: DEFAULT_PORT }
}

/** Before a rule leads over a fast path, its end takes the MACs that belong to the peer. */
function fastPathsChanged(parts: HostParts): void {
  parts.pins.refresh()
  parts.rules.refresh()
}

/** The proxy is there (again): tell it everything it may have missed. */
function starUp(parts: HostParts, proxy: Peer): void {
  parts.announcements.startOver()
  parts.pathRules.startOver()
  parts.fastPaths.reportAll()
  parts.guestNaming.startOver()
  parts.linkReporter.startOver()
  parts.rules.refresh()
  proxy.send(hostReport(parts))
  parts.renewal.check()
}

function starDown(parts: HostParts): void {
  parts.proxyClock.stop()
  parts.fastPaths.starDown()
  parts.rules.refresh()
}

function handleEvent(parts: HostParts, event: PlaneEvent): void {
  if (parts.peers.handle(event)) return
  if (event.kind === 'mac-learned') parts.announcements.learned(event.mac)
  else if (event.kind === 'mac-moved' || event.kind === 'mac-expired') {
    parts.announcements.gone(event.mac)
  } else {
    if (event.kind === 'link-probed') parts.linkProber.handle(event)
    else parts.planeLog.handle(event)
    return
  }
  parts.guestNaming.changed()
}

function helloOf(parts: HostParts, instance: string, context: HelloContext): Question {
  const { config, listening } = parts
  const devices = new Set(config.ports.map((port) => port.device))
  return {
    kind: 'hello',
    versionMajor: PROTOCOL_VERSION.major,
    versionMinor: PROTOCOL_VERSION.minor,
    name: config.name,
    role: 'host',
    software: `vnet ${VERSION}`,
    instance,
    wallClockMs: parts.clock.wallMs(),
    endpoints: endpointsOf({
      advertise: config.advertise,
      listen: listening,
      localAddress: context.localAddress,
      machine: machineAddresses(devices),
    }),
    linkRole: context.linkRole,
    linkOrderId: context.orderId,
  }
}

async function reloadHost(parts: HostParts): Promise<ReloadResult> {
  const { readConfig, onReload } = parts.options
  const { log, ports } = parts
  const { config, result } = await reload(parts.config, { log, ports, readConfig, onReload })
  parts.config = config
  parts.fastPaths.refresh()
  parts.rules.refresh()
  if (parts.star.peer === null) parts.star.start() // a long wait may be pointless now
  return result
}
