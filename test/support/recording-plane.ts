// What a part of a daemon asks of the plane about links, written down: for tests that hand in the
// plane's events themselves, also such as the in-memory twin never makes.

import type { LinkId, LinkInfo, PortInfo } from '../../src/plane/plane.ts'
import { type ControlMessage, decodeControl } from '../../src/wire/control.ts'

export interface RecordingPlane {
  /** Messages sent on a link. */
  sent(link: LinkId): readonly ControlMessage[]
  /** Links closed from here, with the reason. */
  readonly closed: ReadonlyMap<LinkId, string>
  readonly admitted: ReadonlySet<LinkId>
  sendControl(link: LinkId, message: Uint8Array): boolean
  closeLink(link: LinkId, reason: string): void
  admit(link: LinkId): void
  dial(): LinkId
  ports(): readonly PortInfo[]
}

export function recordPlane(): RecordingPlane {
  const messages = new Map<LinkId, ControlMessage[]>()
  const closed = new Map<LinkId, string>()
  const admitted = new Set<LinkId>()
  return {
    sent: (link) => messages.get(link) ?? [],
    closed,
    admitted,
    sendControl(link, bytes) {
      const decoded = decodeControl(bytes)
      if (!decoded.ok || decoded.message.kind === 'unknown') throw new Error('sent nonsense')
      messages.set(link, [...(messages.get(link) ?? []), decoded.message])
      return true
    },
    closeLink: (link, reason) => closed.set(link, reason),
    admit: (link) => admitted.add(link),
    dial: () => 1_000 as LinkId,
    ports: () => [],
  }
}

/** A link that finished TLS. */
export function pendingLink(id: number, more: Partial<LinkInfo> = {}): LinkInfo {
  return {
    id: id as LinkId,
    direction: 'accepted',
    state: 'pending',
    purpose: 'link',
    role: null,
    peer: null,
    remoteAddress: '192.0.2.7',
    remotePort: 40_000 + id,
    localAddress: '192.0.2.1',
    certificate: null,
    tlsCipher: 'TLS_AES_128_GCM_SHA256',
    isResumed: false,
    isOffloaded: false,
    isStalled: false,
    transport: 'tcp',
    transportReason: 'not-agreed',
    datagram: null,
    sinceMs: 0,
    rttUs: null,
    tcpRttUs: null,
    deliveryRateBytesPerSecond: null,
    retransmits: null,
    queuedBytes: 0,
    ...{ rxFrames: 0, rxBytes: 0, txFrames: 0, txBytes: 0 },
    drops: {},
    ...more,
  }
}
