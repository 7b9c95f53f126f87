// Links as the fixed daemon of admin-data.ts answers them: a star link, a fast path by UDP, and one
// that is being dialled.

import type { LinkId, LinkInfo } from '../../src/plane/plane.ts'

/** The moment of all fixed answers: 2026-11-21 12:00:00 UTC. */
export const NOW_MS = Date.UTC(2026, 10, 21, 12)
export const MINUTE_MS = 60_000

const LINK: LinkInfo = {
  id: 7 as LinkId,
  direction: 'accepted',
  state: 'admitted',
  purpose: 'link',
  role: 'star',
  peer: 'alpha',
  remoteAddress: '192.0.2.11',
  remotePort: 41_234,
  localAddress: '192.0.2.1',
  certificate: null,
  tlsCipher: 'TLS_AES_256_GCM_SHA384',
  isResumed: false,
  isOffloaded: true,
  isStalled: false,
  transport: 'tcp',
  transportReason: 'not-agreed',
  datagram: null,
  sinceMs: NOW_MS - 125 * MINUTE_MS,
  rttUs: 10_420,
  tcpRttUs: 10_100,
  deliveryRateBytesPerSecond: 62_500_000,
  retransmits: 3,
  queuedBytes: 0,
  rxFrames: 1_204_332,
  rxBytes: 1_530_000_000,
  txFrames: 20_117,
  txBytes: 22_100_000,
  drops: { 'queue-full': 5 },
}

export const LINKS: readonly LinkInfo[] = [
  LINK,
  {
    ...LINK,
    id: 9 as LinkId,
    role: 'fast-path',
    peer: 'beta',
    remoteAddress: '192.0.2.12',
    transport: 'udp',
    transportReason: 'long-path',
    datagram: {
      state: 'up',
      remoteAddress: '192.0.2.12',
      remotePort: 7707,
      datagramBytes: 1472,
      rttUs: 20_400,
      minRttUs: 20_100,
      sentDatagrams: 1_020_000,
      receivedDatagrams: 999_900,
      lostDatagrams: 100,
      repairedDatagrams: 9_800,
      rejectedDatagrams: 2,
    },
    drops: {},
  },
  {
    ...LINK,
    id: 8 as LinkId,
    direction: 'dialled',
    state: 'connecting',
    role: null,
    peer: null,
    remoteAddress: '2001:db8::12',
    remotePort: 7707,
    sinceMs: NOW_MS - 900,
    rttUs: null,
    tcpRttUs: null,
    deliveryRateBytesPerSecond: null,
    retransmits: null,
    isOffloaded: false,
    rxBytes: 0,
    txBytes: 0,
    drops: {},
  },
]
