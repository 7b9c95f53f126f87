// Revocation by public key: the proxy takes a host's key off the network for good; every daemon
// keeps the set of revoked keys, which only grows, and asks it about each peer.

import { VnetError } from '../base/errors.ts'
import type { MessageBody } from '../wire/control.ts'
import { REVOCATIONS_PER_MESSAGE_MAX } from '../wire/message.ts'
import type { TrustContext } from './proxy-trust.ts'
import type { RevocationRecord } from './store.ts'

const SHA256_HEX = /^[0-9a-f]{64}$/

/** The keys that a daemon refuses. */
export interface RevocationSet {
  /** Sequence of the newest revocation known; 0: none. */
  readonly sequence: number
  readonly size: number
  isRevoked(publicKeySha256: string): boolean
  /**
   * Adds the keys of a message (or of the proxy's own records) and returns those that are new: live
   * links of these are to be cut. What is not a SHA-256 is ignored.
   */
  add(list: MessageBody<'revocationList'>): string[]
}

export function createRevocationSet(): RevocationSet {
  const keys = new Set<string>()
  let sequence = 0
  return {
    get sequence() {
      return sequence
    },
    get size() {
      return keys.size
    },
    isRevoked: (key) => keys.has(key),
    add(list) {
      const fresh = list.publicKeySha256.filter((key) => SHA256_HEX.test(key) && !keys.has(key))
      for (const key of fresh) keys.add(key)
      sequence = Math.max(sequence, list.sequence)
      return fresh
    },
  }
}

/**
 * The messages that carry `records` (oldest first) to the hosts, in order. Each adds to what the
 * receiver has.
 */
export function revocationMessages(
  records: readonly RevocationRecord[],
): MessageBody<'revocationList'>[] {
  const messages: MessageBody<'revocationList'>[] = []
  for (let start = 0; start < records.length; start += REVOCATIONS_PER_MESSAGE_MAX) {
    const part = records.slice(start, start + REVOCATIONS_PER_MESSAGE_MAX)
    messages.push({
      sequence: part.at(-1)?.sequence ?? 0,
      publicKeySha256: part.map((record) => record.publicKeySha256),
    })
  }
  return messages
}

/**
 * Revokes a host's key and returns it (to be pushed to all daemons). The name is free again only
 * for a token made for it.
 * @throws VnetError `host-unknown`, `host-revoked`.
 */
export function revokeHost(
  { store }: TrustContext,
  options: { readonly name: string; readonly actor: string; readonly nowMs: number },
): string {
  const { name, actor, nowMs } = options
  return store.transaction(() => {
    const host = store.host(name)
    if (host === null) {
      throw new VnetError('host-unknown', `no host '${name}' has joined`, {
        hint: 'see `vnet hosts` for the names',
      })
    }
    const { publicKeySha256 } = host
    if (host.isRevoked) throw new VnetError('host-revoked', `host '${name}' is revoked already`)
    store.putHost({ ...host, isRevoked: true })
    store.addRevocation({ publicKeySha256, name, atMs: nowMs })
    const detail = `host ${name}, key ${publicKeySha256}`
    store.audit({ atMs: nowMs, actor, action: 'host-revoked', detail })
    return publicKeySha256
  })
}
