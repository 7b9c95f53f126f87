// What the native plane adds to ports: the filter that keeps the overlay's own connections out of a
// capture, and what to do about a port that does not open.

import os from 'node:os'
import type { PortOptions } from '../plane/plane.ts'

/** What to do about a port that did not open, by what the kernel said. */
export function portHint(error: string): string {
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
export function pcapFilter(options: Extract<PortOptions, { kind: 'pcap' }>): string {
  const own = interfaceAddresses(options.device).flatMap((address) =>
    (options.excludePorts ?? []).map((port) => `not (host ${address} and port ${port})`),
  )
  const parts = options.filter ? [`(${options.filter})`, ...own] : own
  return parts.join(' and ')
}

function interfaceAddresses(device: string): string[] {
  return (os.networkInterfaces()[device] ?? []).map((entry) => entry.address)
}
