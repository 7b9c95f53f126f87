// n2n, as Debian has it (1.3): edges with a TAP device and Twofish over UDP that find each other
// through a supernode and then speak straight.

import { PROXY_ADDRESS } from '../overlay.ts'
import { findProgram, PEER_ADDRESS, type Peer } from './peer.ts'

const DEVICE = 'n2n0'
const PACKAGE = 'n2n'
const PORT = '7654'
/** Its header takes more than 50 bytes of a datagram. */
const MTU = 1400

export const n2nPeer: Peer = {
  name: 'n2n',
  transport: 'udp',
  layer: 2,
  path: 'direct',
  isEncrypted: true,
  mtu: MTU,
  package: PACKAGE,
  about: 'TAP, Twofish',
  find: () =>
    findProgram({
      command: 'edge',
      args: ['-h'],
      pattern: /n2n v\.(\S+)/,
      package: PACKAGE,
    }),
  start: async ({ hosts, relay, spawn }) => {
    spawn(relay, 'supernode', ['-l', PORT])
    for (const name of ['alpha', 'beta'] as const) {
      spawn(hosts[name], 'edge', [
        ...['-d', DEVICE, '-a', PEER_ADDRESS[name], '-s', '255.255.255.0', '-M', String(MTU)],
        ...['-c', 'bench', '-k', 'bench', '-l', `${PROXY_ADDRESS}:${PORT}`],
        ...['-m', name === 'alpha' ? '02:00:00:00:0c:01' : '02:00:00:00:0c:02'],
      ])
    }
    return { alpha: DEVICE, beta: DEVICE }
  },
}
