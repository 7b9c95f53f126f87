// A tunnel inside itself: frames of the overlay that travel over one of the overlay's own devices
// would be tunnelled again, without end. Such a device is refused as capture interface and as the
// way to another daemon.

import { networkInterfaces } from 'node:os'
import { VnetError } from '../base/errors.ts'
import type { PortInfo } from '../plane/plane.ts'

/** A device with addresses, in the daemon's own network namespace. */
export interface LocalDevice {
  readonly name: string
  readonly mac: string
  readonly addresses: readonly string[]
}

/** As the kernel has them now. */
export function localDevices(): readonly LocalDevice[] {
  return Object.entries(networkInterfaces()).map(([name, infos = []]) => ({
    name,
    mac: infos[0]?.mac ?? '',
    addresses: infos.map((info) => info.address),
  }))
}

/**
 * The TAP port whose device holds `address`, or null: a connection from or to that address would go
 * through the overlay.
 */
export function ownPortWith(
  address: string,
  ports: readonly Pick<PortInfo, 'name' | 'kind' | 'device' | 'mac'>[],
  devices: readonly LocalDevice[],
): string | null {
  // The address of an IPv4 connection to an IPv6 socket, and of a link-local one with its zone.
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '').replace(/%.*$/, '')
  const holder = devices.find(({ addresses }) => addresses.includes(plain))
  if (holder === undefined) return null
  // A TAP in a guest's namespace may well have the name of a device here, such as eth0.
  const port = ports.find(
    ({ kind, device, mac }) => kind === 'tap' && device === holder.name && mac === holder.mac,
  )
  return port?.name ?? null
}

/**
 * Refuses to capture on a device that the overlay itself made. `ports`: those whose device is in
 * the daemon's own namespace.
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
