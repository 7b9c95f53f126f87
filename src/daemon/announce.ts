// What a host tells the proxy of the MACs on its ports: the full list after each connect, then
// changes, collected for a moment so that a booting rack of guests is one message. Pure: the caller
// has the timer and the link.

import type { MacAddress } from '../base/mac.ts'
import { type ControlMessageOf, MACS_PER_MESSAGE_MAX } from '../wire/message.ts'

/** Changes wait this long for company; far below what a guest notices. */
export const ANNOUNCE_DELAY_MS = 20

export interface Announcer {
  learned(mac: MacAddress): void
  /** Expired, or moved to another host. */
  gone(mac: MacAddress): void
  /** The next messages carry everything: nobody hears, a new connection, or a message was lost. */
  startOver(): void
  /** True if `take` would give messages. */
  isPending(): boolean
  /** The messages to send now, in order. `all` is read only if everything is to be sent. */
  take(all: () => readonly MacAddress[]): readonly ControlMessageOf<'macAnnounce'>[]
}

export function createAnnouncer(): Announcer {
  const added = new Set<MacAddress>()
  const removed = new Set<MacAddress>()
  let isFullNeeded = true
  let sequence = 0

  function message(
    isFull: boolean,
    part: { readonly added?: readonly MacAddress[]; readonly removed?: readonly MacAddress[] },
  ): ControlMessageOf<'macAnnounce'> {
    sequence += 1
    const lists = { added: part.added ?? [], removed: part.removed ?? [] }
    return { kind: 'macAnnounce', requestId: 0, sequence, isFull, ...lists }
  }

  return {
    // While everything is to be sent anyway, nothing is collected: it could be for hours.
    learned(mac) {
      if (isFullNeeded) return
      removed.delete(mac)
      added.add(mac)
    },
    gone(mac) {
      if (isFullNeeded) return
      added.delete(mac)
      removed.add(mac)
    },
    startOver() {
      isFullNeeded = true
      added.clear()
      removed.clear()
    },
    isPending: () => isFullNeeded || added.size + removed.size > 0,
    take(all) {
      const messages = isFullNeeded
        ? inParts(all()).map((part, index) => message(index === 0, { added: part }))
        : [
            ...(removed.size > 0 ? inParts([...removed]) : []).map((part) =>
              message(false, { removed: part }),
            ),
            ...(added.size > 0 ? inParts([...added]) : []).map((part) =>
              message(false, { added: part }),
            ),
          ]
      isFullNeeded = false
      added.clear()
      removed.clear()
      return messages
    },
  }
}

/** Parts that fit a message each; at least one, so that an empty full list is sent, too. */
function inParts(macs: readonly MacAddress[]): readonly MacAddress[][] {
  const parts: MacAddress[][] = []
  for (let start = 0; start < macs.length || start === 0; start += MACS_PER_MESSAGE_MAX) {
    parts.push(macs.slice(start, start + MACS_PER_MESSAGE_MAX))
  }
  return parts
}
