// Hosts that come and go at the proxy: who may, what they are told, and all parts that must know.

import { messageOf } from '../base/errors.ts'
import type { Refusal } from '../daemon/hello.ts'
import type { Candidate, LinkEnd, Peer } from '../daemon/peer.ts'
import { pinMessages } from '../daemon/pins.ts'
import { revocationMessages } from '../trust/revocation.ts'
import type { ProxyParts } from './proxy.ts'

/** Is this daemon's star link welcome? */
export function judgeHost(
  parts: ProxyParts,
  { identity, linkRole, publicKeySha256 }: Candidate,
): Refusal | null {
  if (linkRole !== 'star' || identity.role !== 'host') {
    return { code: 'role', reason: 'the proxy takes star links of hosts only' }
  }
  const known = parts.trust.store.host(identity.name)
  if (known === null) {
    const reason = `the proxy does not know host '${identity.name}'; join again with a new token`
    return { code: 'unknown-host', reason }
  }
  if (known.publicKeySha256 !== publicKeySha256) {
    return { code: 'revoked', reason: `host '${identity.name}' has joined again with another key` }
  }
  return null
}

/** A host is there (again): it gets what it must know, and takes its place in all tables. */
export function hostUp(parts: ProxyParts, peer: Peer): void {
  const { hosts, hostNames, trust } = parts
  const old = hosts.get(peer.name)
  if (old !== undefined) replace(parts, old.peer, peer)
  hosts.set(peer.name, { peer, report: null })
  hostNames.set(peer.link, peer.name)
  rememberSeen(parts, peer)
  for (const message of revocationMessages(trust.store.revocationsAfter(0))) {
    peer.send({ kind: 'revocationList', ...message })
  }
  for (const message of pinMessages(trust.store.pins(), parts.pinSequence)) peer.send(message)
  parts.macs.hostUp(peer.name)
  parts.rules.refresh()
  parts.hostRules.hostUp(peer)
  parts.orders.hostUp(peer.name)
  parts.inference.hostUp(peer)
  parts.adaptation.engine.hostUp(peer)
}

/** For people; a full disk must not keep the host out. */
function rememberSeen({ trust, clock, log }: ProxyParts, peer: Peer): void {
  try {
    trust.store.setHostSeen(peer.name, { address: peer.remoteAddress, atMs: clock.wallMs() })
  } catch (error) {
    log.error({ host: peer.name, err: error }, `host not written down: ${messageOf(error)}`)
  }
}

/** The newest link counts: the old one is mostly a dead one that nobody noticed yet. */
function replace(parts: ProxyParts, old: Peer, peer: Peer): void {
  hostDown(parts, old, { code: 'removed', reason: 'replaced', isLasting: false })
  const isSame = old.hello.instance === peer.hello.instance
  old.close(
    isSame
      ? { code: 'removed', reason: 'the host opened a new link' }
      : {
          code: 'duplicate',
          reason: `another daemon calls itself '${peer.name}', with the same key`,
        },
  )
}

/** Its star link is gone; its guests and fast paths may be as before. */
export function hostDown(parts: ProxyParts, peer: Peer, _end: LinkEnd): void {
  parts.hostNames.delete(peer.link)
  if (parts.hosts.get(peer.name)?.peer !== peer) return
  parts.hosts.delete(peer.name)
  parts.macs.hostDown(peer.name)
  parts.orders.hostDown(peer.name)
  parts.inference.hostDown(peer.name)
  parts.measured.hostDown(peer.name)
  parts.adaptation.engine.hostDown(peer.name)
  parts.rules.refresh()
}
