// The addon (native/, built into build/Release): what it exports, and loading it.

import { createRequire } from 'node:module'
import { messageOf, VnetError } from '../base/errors.ts'
import type {
  DropReason,
  LinkId,
  LinkInfo,
  Listening,
  MacEntry,
  PairColumns,
  PlaneEvent,
  PlaneOptions,
  PortId,
  PortInfo,
  RuleInfo,
} from '../plane/plane.ts'

/** What addon.cc exports. A string result where a value was expected says what went wrong. */
export interface NativePlane {
  setCredentials(chainPem: string, keyPem: string, caPem: string): string | null
  listen(address: string, port: number): Listening | string
  dial(address: string, port: number): LinkId | string
  admit(link: LinkId, role: string, peer: string, transport: string): boolean
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
  setDatagramsFromRtt(microseconds: number): void
  drainTraffic(): PairColumns
  ports(): PortInfo[]
  links(): LinkInfo[]
  linkFigures(): Float64Array
  probeLink(link: LinkId, bytesMax: number, durationMsMax: number): boolean
  macs(): MacEntry[]
  rules(): RuleInfo[]
  drops(): Record<DropReason, number>
  lostEvents(): number
  capture(kind: 'port' | 'link', id: number, snapBytes: number): number
  close(): void
}

interface Addon {
  readonly NativePlane: new (
    options: Required<PlaneOptions>,
    onEvents: (events: PlaneEvent[]) => void,
  ) => NativePlane
  sdNotify(socket: string, state: string): boolean
  trimMemory(): void
}

let loaded: Addon | undefined

/** @throws VnetError `addon-missing` if it is not built. */
export function addon(path = '../../build/Release/vnet.node'): Addon {
  if (loaded) return loaded
  try {
    loaded = createRequire(import.meta.url)(path) as Addon
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
 * Takes another build of the addon, before anything else is called: for benchmarks that compare.
 * @throws VnetError `addon-missing`.
 */
export function loadAddon(path: string): void {
  addon(path)
}
