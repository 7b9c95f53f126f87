// The real data plane: loads the addon (native/, built into build/Release) and gives it the shape
// of Plane. Arguments are validated here; the addon only converts them.

import { createRequire } from 'node:module'
import os from 'node:os'
import { assertNever, messageOf, VnetError } from '../base/errors.ts'
import { CONTROL_MESSAGE_BYTES_MAX, STORM_LIMIT_FRAMES_PER_SECOND } from '../base/limits.ts'
import type { MacAddress } from '../base/mac.ts'
import type {
  AdmitOptions,
  Credentials,
  DialOptions,
  DropReason,
  LinkId,
  LinkInfo,
  MacEntry,
  PairTraffic,
  Plane,
  PlaneEvent,
  PlaneOptions,
  PortId,
  PortInfo,
  PortOptions,
  Rule,
  RuleInfo,
} from '../plane/plane.ts'

/** What addon.cc exports. A string result where a value was expected says what went wrong. */
interface NativePlane {
  setCredentials(chainPem: string, keyPem: string, caPem: string): string | null
  listen(address: string, port: number): number | string
  dial(address: string, port: number): LinkId | string
  admit(link: LinkId, role: string, peer: string): boolean
  closeLink(link: LinkId, reason: string): boolean
  sendControl(link: LinkId, message: Uint8Array): boolean
  addTap(name: string, options: object): PortInfo | string
  addPacket(name: string, device: string, filter: string): PortInfo | string
  addMemory(name: string): PortInfo | string
  removePort(port: PortId): boolean
  inject(port: PortId, frame: Uint8Array): boolean
  setRule(
    destination: string,
    source: string | null,
    kind: string,
    id: number,
    isTransit: boolean,
  ): boolean
  removeRule(destination: string, source: string | null): boolean
  setOwner(mac: string, link: LinkId): void
  forgetMac(mac: string): void
  setPin(mac: string, from: object | null): void
  removePin(mac: string): void
  setStormLimit(framesPerSecond: number): void
  drainTraffic(): PairTraffic[]
  ports(): PortInfo[]
  links(): LinkInfo[]
  macs(): MacEntry[]
  rules(): RuleInfo[]
  drops(): Record<DropReason, number>
  capture(kind: 'port' | 'link', id: number, snapBytes: number): number
  close(): void
}

interface Addon {
  readonly NativePlane: new (
    options: Required<PlaneOptions>,
    onEvents: (events: PlaneEvent[]) => void,
  ) => NativePlane
  sdNotify(socket: string, state: string): boolean
}

let loaded: Addon | undefined

function addon(): Addon {
  if (loaded) return loaded
  try {
    loaded = createRequire(import.meta.url)('../../build/Release/vnet.node') as Addon
    return loaded
  } catch (error) {
    throw new VnetError(
      'addon-missing',
      `the native data plane did not load: ${messageOf(error)}`,
      {
        hint: 'build it with `make setup`',
        cause: error,
      },
    )
  }
}

/**
 * Tells the service manager about this process (sd_notify(3)), such as `READY=1`.
 * False where no manager listens (NOTIFY_SOCKET is not set).
 */
export function sdNotify(state: string): boolean {
  const socket = process.env.NOTIFY_SOCKET
  return socket !== undefined && addon().sdNotify(socket, state)
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

/** Plane on the addon. Adds what only the real one has: changing the storm limit at run time. */
export class NativePlaneHandle implements Plane {
  onEvent: (event: PlaneEvent) => void = () => {}
  readonly #native: NativePlane
  #isClosed = false

  constructor(options: PlaneOptions) {
    const complete: Required<PlaneOptions> = {
      role: options.role,
      workers: options.workers ?? defaultWorkers(),
      stormLimitFramesPerSecond: options.stormLimitFramesPerSecond ?? STORM_LIMIT_FRAMES_PER_SECOND,
      macAgeMs: options.macAgeMs ?? 300_000,
      isOffloadOffered: options.isOffloadOffered ?? true,
    }
    this.#native = new (addon().NativePlane)(complete, (events) => {
      for (const event of events) this.onEvent(event)
    })
  }

  setCredentials(credentials: Credentials): void {
    const error = this.#native.setCredentials(
      credentials.certificateChainPem,
      credentials.privateKeyPem,
      credentials.trustedCaPem,
    )
    if (error !== null) throw new VnetError('credentials-invalid', error)
  }

  listen(options: { readonly address: string; readonly port: number }): { readonly port: number } {
    const port = this.#native.listen(options.address, options.port)
    if (typeof port === 'number') return { port }
    throw new VnetError(
      'listen-failed',
      `cannot listen on ${options.address} port ${options.port}: ${port}`,
      { hint: 'is another daemon running there?' },
    )
  }

  dial(options: DialOptions): LinkId {
    const link = this.#native.dial(options.host, options.port)
    if (typeof link === 'string') {
      throw new VnetError(
        'dial-failed',
        `cannot dial ${options.host} port ${options.port}: ${link}`,
      )
    }
    return link
  }

  admit(link: LinkId, options: AdmitOptions): void {
    this.#native.admit(link, options.role, options.peer)
  }

  closeLink(link: LinkId, reason: string): void {
    this.#native.closeLink(link, reason)
  }

  sendControl(link: LinkId, message: Uint8Array): boolean {
    if (message.length > CONTROL_MESSAGE_BYTES_MAX) {
      throw new VnetError('message-too-long', `a control message of ${message.length} bytes`)
    }
    return this.#native.sendControl(link, message)
  }

  addPort(options: PortOptions): PortInfo {
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
    this.#native.removePort(port)
  }

  inject(port: PortId, frame: Uint8Array): void {
    this.#native.inject(port, frame)
  }

  setRule(rule: Rule): void {
    const { target } = rule
    const id = target.kind === 'port' ? target.port : target.kind === 'link' ? target.link : 0
    const isSet = this.#native.setRule(
      rule.destination,
      rule.source ?? null,
      target.kind,
      id,
      rule.isTransit ?? false,
    )
    if (!isSet) throw new VnetError('rules-full', 'the forwarding table is at its bound')
  }

  removeRule(match: { readonly destination: MacAddress; readonly source?: MacAddress }): boolean {
    return this.#native.removeRule(match.destination, match.source ?? null)
  }

  setOwner(mac: MacAddress, link: LinkId): void {
    this.#native.setOwner(mac, link)
  }

  forgetMac(mac: MacAddress): void {
    this.#native.forgetMac(mac)
  }

  setPin(mac: MacAddress, from: Parameters<Plane['setPin']>[1]): void {
    this.#native.setPin(mac, from)
  }

  removePin(mac: MacAddress): void {
    this.#native.removePin(mac)
  }

  /** Broadcast, multicast and unknown frames a port and second, of all ports from now on. */
  setStormLimit(framesPerSecond: number): void {
    this.#native.setStormLimit(framesPerSecond)
  }

  drainTraffic(): PairTraffic[] {
    return this.#native.drainTraffic()
  }

  ports(): PortInfo[] {
    return this.#native.ports()
  }

  links(): LinkInfo[] {
    return this.#native.links()
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

  capture(
    target: { readonly port: PortId } | { readonly link: LinkId },
    options: { readonly snapBytes: number },
  ): number {
    const fd =
      'port' in target
        ? this.#native.capture('port', target.port, options.snapBytes)
        : this.#native.capture('link', target.link, options.snapBytes)
    if (fd >= 0) return fd
    throw new VnetError('capture-failed', 'no such port or link')
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#native.close()
  }
}

/** What to do about a port that did not open, by what the kernel said. */
function portHint(error: string): string {
  if (error.includes('Operation not permitted') || error.includes('Permission denied')) {
    return 'run as root or with CAP_NET_ADMIN and CAP_NET_RAW; `vnet doctor` checks it'
  }
  if (error.includes('/dev/net/tun')) return 'load the tun module: modprobe tun'
  if (error.includes('in use')) return 'stop the program that holds the device, or name another'
  if (error.includes('no device') || error.includes('No such device')) {
    return '`ip link` lists the devices of this machine'
  }
  return '`vnet doctor` checks what a port needs'
}

/** The filter of a pcap port: the user's, and nothing of the overlay's own connections. */
function pcapFilter(options: Extract<PortOptions, { kind: 'pcap' }>): string {
  const own = interfaceAddresses(options.device).flatMap((address) =>
    (options.excludeTcpPorts ?? []).map((port) => `not (host ${address} and tcp port ${port})`),
  )
  const parts = options.filter ? [`(${options.filter})`, ...own] : own
  return parts.join(' and ')
}

function interfaceAddresses(device: string): string[] {
  return (os.networkInterfaces()[device] ?? []).map((entry) => entry.address)
}
