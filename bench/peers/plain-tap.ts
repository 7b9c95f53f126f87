// TAP over plain TCP: what our data plane could reach at most if it did not encrypt.

import { HOST_ADDRESS } from '../overlay.ts'
import { buildTool } from '../tool.ts'
import { until } from '../wait.ts'
import type { Peer } from './peer.ts'

const DEVICE = 'plain0'
const PORT = '7709'
/** As our own TAP devices have it. */
const QUEUE_FRAMES = 500

export const plainTapPeer: Peer = {
  name: 'plain-tap',
  transport: 'tcp',
  layer: 2,
  path: 'direct',
  isEncrypted: false,
  mtu: 1500,
  package: null,
  about: `own program, GSO, queue of ${QUEUE_FRAMES}`,
  find: async () => ({ version: 'own' }),
  start: async ({ hosts, spawn }) => {
    const program = await buildTool(new URL('./plain-tap.c', import.meta.url))
    spawn(hosts.beta, program, [DEVICE, 'listen', HOST_ADDRESS.beta, PORT])
    spawn(hosts.alpha, program, [DEVICE, 'dial', HOST_ADDRESS.beta, PORT])
    for (const host of [hosts.alpha, hosts.beta]) {
      await until(() => host.ip(`link set ${DEVICE} txqueuelen ${QUEUE_FRAMES}`), { what: DEVICE })
    }
    return { alpha: DEVICE, beta: DEVICE }
  },
}
