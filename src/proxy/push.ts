// What the proxy tells all hosts at once when the operator changed it: revoked keys, pins.

import { pinMessages } from '../daemon/pins.ts'
import { revocationMessages } from '../trust/revocation.ts'
import type { ProxyParts } from './proxy.ts'

/** Reads the revocations from the store again, cuts live links, tells all hosts what is new. */
export function pushRevocations(parts: ProxyParts): void {
  const records = parts.trust.store.revocationsAfter(parts.revocations.sequence)
  const messages = revocationMessages(records)
  for (const message of messages) parts.revocations.add(message)
  parts.peers.dropRevoked()
  for (const { peer } of parts.hosts.values()) {
    for (const message of messages) peer.send({ kind: 'revocationList', ...message })
  }
}

/** After a pin was set or removed: the plane and all hosts follow. */
export function pushPins(parts: ProxyParts): void {
  parts.pinSequence += 1
  parts.macs.pinsChanged()
  for (const message of pinMessages(parts.trust.store.pins(), parts.pinSequence)) {
    for (const { peer } of parts.hosts.values()) peer.send(message)
  }
}
