// Checks of what is handed to the native plane. The addon converts its arguments without a look, so
// a wrong one must end here: as an error with a name, never as the end of the process.

import { VnetError } from '../base/errors.ts'
import { parseMac } from '../base/mac.ts'
import type { PortOptions, TransportPolicy } from '../plane/plane.ts'

/** Ids of ports and links are never 0, and are numbers of 32 bits. */
const ID_MAX = 0xffff_ffff
export const TCP_PORT = { min: 1, max: 65_535 }
/** With 0: any free one. */
export const ANY_PORT = { min: 0, max: 65_535 }
/** Of Ethernet devices: RFC 791's least, and the largest that the kernel gives a TAP. */
const MTU = { min: 68, max: 65_521 }

function refuse(what: string, value: unknown, wanted: string): never {
  const given = typeof value === 'object' && value !== null ? 'an object' : `'${String(value)}'`
  throw new VnetError('argument-invalid', `${what}: ${given} is not ${wanted}`)
}

/** @throws VnetError `argument-invalid` unless `value` is an integer from `min` to `max`. */
export function checkInteger(
  what: string,
  value: unknown,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
    return value
  }
  return refuse(what, value, `a whole number from ${min} to ${max}`)
}

/** @throws VnetError `argument-invalid` unless `value` can be the id of a port or link. */
export function checkId<T extends number>(what: string, value: T): T {
  checkInteger(what, value, { min: 0, max: ID_MAX })
  return value
}

/** @throws VnetError `argument-invalid` unless `value` is a text that C can hold. */
export function checkText(what: string, value: unknown): string {
  if (typeof value === 'string' && !value.includes('\0')) return value
  return refuse(what, value, 'a text')
}

/** @throws VnetError `argument-invalid` unless `value` are octets. */
export function checkBytes(what: string, value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : refuse(what, value, 'a Uint8Array')
}

/** The canonical text. @throws VnetError `argument-invalid`, `mac-invalid`. */
export function checkMac(what: string, value: unknown): string {
  return parseMac(checkText(what, value))
}

/** @throws VnetError `argument-invalid` unless `value` is a transport policy. */
export function checkTransport(value: unknown): TransportPolicy {
  if (value === 'auto' || value === 'tcp' || value === 'udp') return value
  return refuse('transport', value, "'auto', 'tcp' or 'udp'")
}

/** Which port or link. @throws VnetError `argument-invalid` unless `value` names one. */
export function checkPlace(what: string, value: object): { readonly id: number } {
  const place: { kind?: unknown; port?: number; link?: number } = value
  if (place.kind === 'port') return { id: checkId(what, place.port ?? Number.NaN) }
  if (place.kind === 'link') return { id: checkId(what, place.link ?? Number.NaN) }
  return refuse(what, value, 'a port or link')
}

/** @throws VnetError `argument-invalid`, `mac-invalid`; not if the device is missing. */
export function checkPortOptions(options: PortOptions): void {
  checkText('name', options.name)
  if (options.kind === 'memory') return
  checkText('device', options.device)
  if (options.kind === 'pcap') {
    if (options.filter !== undefined) checkText('filter', options.filter)
    for (const port of options.excludePorts ?? []) checkInteger('excluded port', port, ANY_PORT)
    return
  }
  const { netns, mtu, mac, owner } = options
  if (netns !== undefined) checkText('netns', netns)
  if (mtu !== undefined) checkInteger('mtu', mtu, MTU)
  if (mac !== undefined) checkMac('mac', mac)
  if (owner !== undefined) checkInteger('owner', owner, { min: 0, max: 0xffff_fffe })
}
