// A tunnel inside itself: frames of the overlay that travel over one of the overlay's own devices
// would be tunnelled again, without end. Such a device is refused as capture interface and as the
// way to another daemon.

import { networkInterfaces } from 'node:os'
import { VnetError } from '../base/errors.ts'
import type { PortInfo } from '../plane/plane.ts'

/** Addresses of each device of this namespace. */
export type DeviceAddresses = Readonly<Record<string, readonly string[]>>

/** As the kernel has them now. */
export function deviceAddresses(): DeviceAddresses {
  const entries = Object.entries(networkInterfaces())
  return Object.fromEntries(
    entries.map(([device, infos]) => [device, (infos ?? []).map((info) => info.address)]),
  )
}

/**
 * The TAP port whose device holds `address`, or null: a connection from or to that address would go
 * through the overlay.
 */
export function ownPortWith(
  address: string,
  ports: readonly Pick<PortInfo, 'name' | 'kind' | 'device'>[],
  addresses: DeviceAddresses,
): string | null {
  // The address of an IPv4 connection to an IPv6 socket, and of a link-local one with its zone.
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '')
  const port = ports.find(
    ({ kind, device }) =>
      kind === 'tap' && device !== null && (addresses[device] ?? []).includes(plain),
  )
  return port?.name ?? null
}

/**
 * Refuses to capture on a device that the overlay itself made.
 * @throws VnetError `port-own-device`.
 */
export function refuseOwnDevice(
  device: string,
  ports: readonly Pick<PortInfo, 'name' | 'kind' | 'device'>[],
): void {
  const own = ports.find((port) => port.kind === 'tap' && port.device === device)
  if (own === undefined) return
  throw new VnetError(
    'port-own-device',
    `'${device}' is the device of port '${own.name}': its frames are on the overlay already`,
    { hint: "name the interface of the physical LAN as the pcap port's device" },
  )
}
