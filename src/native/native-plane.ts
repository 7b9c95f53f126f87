// The real data plane: gives the addon (addon.ts) the shape of Plane. Arguments are validated here
// (arguments.ts); the addon only converts them.

import os from 'node:os'
import { assertNever, VnetError } from '../base/errors.ts'
import {
  CONTROL_MESSAGE_BYTES_MAX,
  DATAGRAMS_FROM_RTT_US,
  STORM_LIMIT_FRAMES_PER_SECOND,
} from '../base/limits.ts'
import type { MacAddress } from '../base/mac.ts'
import type { LinkFigures, ProbeLimits } from '../plane/link-figures.ts'
import type {
  AdmitOptions,
  Credentials,
  DialOptions,
  DropReason,
  LinkId,
  LinkInfo,
  Listening,
  MacEntry,
  PairColumns,
  Plane,
  PlaneEvent,
  PlaneOptions,
  PortId,
  PortInfo,
  PortOptions,
  Rule,
  RuleInfo,
} from '../plane/plane.ts'
import { addon, type NativePlane } from './addon.ts'
import {
  ANY_PORT,
  checkBytes,
  checkId,
  checkInteger,
  checkMac,
  checkPlace,
  checkPortOptions,
  checkText,
  checkTransport,
  TCP_PORT,
} from './arguments.ts'
import { figuresOf } from './figures.ts'
import { pcapFilter, portHint } from './ports.ts'

const WORKERS_MAX = 64
/** More than any machine takes in; four times as much must fit 32 bits. */
const STORM_MAX = 100_000_000
/** A minute is longer than any path: never by UDP. */
const FROM_RTT_US = { min: 0, max: 60_000_000 }
/** A tenth of a second at 100 Gbit/s; more is no probe. */
const PROBE_BYTES_MAX = 1_250_000_000
const PROBE_MS_MAX = 10_000
/** As tcpdump's largest. */
const SNAP_BYTES_MAX = 262_144

/**
 * Tells the service manager about this process (sd_notify(3)), such as `READY=1`.
 * False where no manager listens (NOTIFY_SOCKET is not set).
 */
export function sdNotify(state: string): boolean {
  const socket = process.env.NOTIFY_SOCKET
  return socket !== undefined && addon().sdNotify(socket, state)
}

export { loadAddon } from './addon.ts'

/** Gives freed memory that the allocator keeps back to the system; takes some ms at most. */
export function trimMemory(): void {
  addon().trimMemory()
}

/** Workers where the configuration names none: one a core, two at least. */
function defaultWorkers(): number {
  return Math.min(8, Math.max(2, os.availableParallelism()))
}

/**
 * The data plane on this machine's devices and sockets.
 * @throws VnetError `addon-missing` if the addon is not built.
 */
export function createNativePlane(options: PlaneOptions): NativePlaneHandle {
  return new NativePlaneHandle(options)
}

/** Plane on the addon. Adds what only the real one has: changing limits at run time. */
export class NativePlaneHandle implements Plane {
  onEvent: (event: PlaneEvent) => void = () => {}
  readonly #native: NativePlane
  #isClosed = false

  constructor(options: PlaneOptions) {
    const { stormLimitFramesPerSecond: storm = STORM_LIMIT_FRAMES_PER_SECOND } = options
    const { workers = defaultWorkers(), macAgeMs = 300_000 } = options
    const { datagramsFromRttUs: fromRttUs = DATAGRAMS_FROM_RTT_US } = options
    const complete: Required<PlaneOptions> = {
      role: options.role,
      workers: checkInteger('workers', workers, { min: 1, max: WORKERS_MAX }),
      stormLimitFramesPerSecond: checkInteger('storm limit', storm, { min: 1, max: STORM_MAX }),
      macAgeMs: checkInteger('macAgeMs', macAgeMs, { min: 1, max: Number.MAX_SAFE_INTEGER }),
      isOffloadOffered: options.isOffloadOffered ?? true,
      isDatagramOffered: options.isDatagramOffered ?? true,
      datagramsFromRttUs: checkInteger('datagramsFromRttUs', fromRttUs, FROM_RTT_US),
      isPrioritised: options.isPrioritised ?? true,
    }
    this.#native = new (addon().NativePlane)(complete, (events) => {
      for (const event of events) this.onEvent(event)
    })
  }

  setCredentials(credentials: Credentials): void {
    const error = this.#native.setCredentials(
      checkText('certificate chain', credentials.certificateChainPem),
      checkText('private key', credentials.privateKeyPem),
      checkText('trusted CA', credentials.trustedCaPem),
    )
    if (error !== null) throw new VnetError('credentials-invalid', error)
  }

  listen(options: { readonly address: string; readonly port: number }): Listening {
    const wanted = checkInteger('port', options.port, ANY_PORT)
    const listening = this.#native.listen(checkText('address', options.address), wanted)
    if (typeof listening !== 'string') return listening
    throw new VnetError(
      'listen-failed',
      `cannot listen on ${options.address} port ${options.port}: ${listening}`,
      { hint: 'is another daemon running there?' },
    )
  }

  dial(options: DialOptions): LinkId {
    const to = checkInteger('port', options.port, TCP_PORT)
    const link = this.#native.dial(checkText('host', options.host), to)
    if (typeof link === 'string') {
      throw new VnetError(
        'dial-failed',
        `cannot dial ${options.host} port ${options.port}: ${link}`,
      )
    }
    return link
  }

  admit(link: LinkId, options: AdmitOptions): void {
    const { role, peer, transport = 'auto' } = options
    const policy = checkTransport(transport)
    this.#native.admit(checkId('link', link), role, checkText('peer', peer), policy)
  }

  closeLink(link: LinkId, reason: string): void {
    this.#native.closeLink(checkId('link', link), checkText('reason', reason))
  }

  sendControl(link: LinkId, message: Uint8Array): boolean {
    if (checkBytes('message', message).length > CONTROL_MESSAGE_BYTES_MAX) {
      throw new VnetError('message-too-long', `a control message of ${message.length} bytes`)
    }
    return this.#native.sendControl(checkId('link', link), message)
  }

  addPort(options: PortOptions): PortInfo {
    checkPortOptions(options)
    const port = this.#openPort(options)
    if (typeof port !== 'string') return port
    throw new VnetError('port-open', `port ${options.name}: ${port}`, { hint: portHint(port) })
  }

  #openPort(options: PortOptions): PortInfo | string {
    switch (options.kind) {
      case 'tap':
        return this.#native.addTap(options.name, options)
      case 'pcap':
        return this.#native.addPacket(options.name, options.device, pcapFilter(options))
      case 'memory':
        return this.#native.addMemory(options.name)
      default:
        return assertNever(options)
    }
  }

  removePort(port: PortId): void {
    this.#native.removePort(checkId('port', port))
  }

  inject(port: PortId, frame: Uint8Array): void {
    this.#native.inject(checkId('port', port), checkBytes('frame', frame))
  }

  setRule(rule: Rule): void {
    const { target } = rule
    const isSet = this.#native.setRule(
      checkMac('destination', rule.destination),
      rule.source === undefined ? null : checkMac('source', rule.source),
      target.kind,
      target.kind === 'drop' ? 0 : checkPlace('target', target).id,
      rule.isTransit ?? false,
    )
    if (!isSet) throw new VnetError('rules-full', 'the forwarding table is at its bound')
  }

  removeRule(match: { readonly destination: MacAddress; readonly source?: MacAddress }): boolean {
    const source = match.source === undefined ? null : checkMac('source', match.source)
    return this.#native.removeRule(checkMac('destination', match.destination), source)
  }

  setOwner(mac: MacAddress, link: LinkId): void {
    this.#native.setOwner(checkMac('mac', mac), checkId('link', link))
  }

  forgetMac(mac: MacAddress): void {
    this.#native.forgetMac(checkMac('mac', mac))
  }

  setPin(mac: MacAddress, from: Parameters<Plane['setPin']>[1]): void {
    if (from !== null && from.kind !== 'ports') checkPlace('pin', from)
    this.#native.setPin(checkMac('mac', mac), from)
  }

  removePin(mac: MacAddress): void {
    this.#native.removePin(checkMac('mac', mac))
  }

  /** Broadcast, multicast and unknown frames a port and second, of all ports from now on. */
  setStormLimit(framesPerSecond: number): void {
    const limit = checkInteger('storm limit', framesPerSecond, { min: 1, max: STORM_MAX })
    this.#native.setStormLimit(limit)
  }

  /** PlaneOptions.datagramsFromRttUs, of all links from now on. */
  setDatagramsFromRtt(microseconds: number): void {
    const limit = checkInteger('datagramsFromRttUs', microseconds, FROM_RTT_US)
    this.#native.setDatagramsFromRtt(limit)
  }

  drainTraffic(): PairColumns {
    return this.#native.drainTraffic()
  }

  ports(): PortInfo[] {
    return this.#native.ports()
  }

  links(): LinkInfo[] {
    return this.#native.links()
  }

  linkFigures(): LinkFigures[] {
    return figuresOf(this.#native.linkFigures())
  }

  probeLink(link: LinkId, { bytesMax, durationMsMax }: ProbeLimits): boolean {
    return this.#native.probeLink(
      checkId('link', link),
      checkInteger('bytesMax', bytesMax, { min: 1, max: PROBE_BYTES_MAX }),
      checkInteger('durationMsMax', durationMsMax, { min: 1, max: PROBE_MS_MAX }),
    )
  }

  macs(): MacEntry[] {
    return this.#native.macs()
  }

  rules(): RuleInfo[] {
    return this.#native.rules()
  }

  drops(): Record<DropReason, number> {
    return this.#native.drops()
  }

  lostEvents(): number {
    return this.#native.lostEvents()
  }

  capture(
    target: { readonly port: PortId } | { readonly link: LinkId },
    options: { readonly snapBytes: number },
  ): number {
    const snapBytes = checkInteger('snapBytes', options.snapBytes, { min: 1, max: SNAP_BYTES_MAX })
    const fd =
      'port' in target
        ? this.#native.capture('port', checkId('port', target.port), snapBytes)
        : this.#native.capture('link', checkId('link', target.link), snapBytes)
    if (fd >= 0) return fd
    throw new VnetError('capture-failed', 'no such port or link, or no descriptors left')
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#native.close()
  }
}
