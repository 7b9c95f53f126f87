// Kernel VXLAN: the unencrypted tunnel without a process, the most that any overlay could reach.

import { HOST_ADDRESS, type HostName } from '../overlay.ts'
import type { Peer } from './peer.ts'

const DEVICE = 'vxlan0'
const OTHER: Readonly<Record<HostName, HostName>> = { alpha: 'beta', beta: 'alpha' }

export const vxlanPeer: Peer = {
  name: 'vxlan',
  transport: 'udp',
  layer: 2,
  path: 'direct',
  isEncrypted: false,
  mtu: 1450,
  package: null,
  about: 'of the kernel',
  find: async () => ({ version: 'kernel' }),
  start: async ({ hosts, atClose }) => {
    for (const name of ['alpha', 'beta'] as const) {
      await hosts[name].ip(
        `link add ${DEVICE} type vxlan id 7 dstport 4789 ` +
          `local ${HOST_ADDRESS[name]} remote ${HOST_ADDRESS[OTHER[name]]}`,
      )
      atClose(() => hosts[name].ip(`link del ${DEVICE}`))
    }
    return { alpha: DEVICE, beta: DEVICE }
  },
}
