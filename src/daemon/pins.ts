// Pins as a host hears of them: the proxy's list comes in parts, and is put into the plane when it
// is complete. A frame whose source is pinned to another host is dropped at the port it enters by,
// and on all fast paths but that host's own. One whose source is pinned to this host is dropped on
// all fast paths.

import type { MacAddress } from '../base/mac.ts'
import type { LinkId, PinnedPlace, Plane } from '../plane/plane.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import { PINS_PER_MESSAGE_MAX } from '../wire/message.ts'

export interface PinnedMacs {
  receive(message: ControlMessageOf<'pinList'>): void
  /** After a fast path came or went. */
  refresh(): void
  /** Host that a MAC is pinned to. */
  pinnedTo(mac: string): string | null
  size(): number
}

/** The messages of a whole list; a part that is not full ends it. */
export function pinMessages(
  pins: ReadonlyMap<MacAddress, string>,
  sequence: number,
): readonly Omit<ControlMessageOf<'pinList'>, 'requestId'>[] {
  const all = [...pins].map(([mac, host]) => ({ mac, host }))
  const count = Math.floor(all.length / PINS_PER_MESSAGE_MAX) + 1
  return Array.from({ length: count }, (_, index) => {
    const start = index * PINS_PER_MESSAGE_MAX
    return { kind: 'pinList', sequence, pins: all.slice(start, start + PINS_PER_MESSAGE_MAX) }
  })
}

export function createPinnedMacs(
  plane: Pick<Plane, 'setPin' | 'removePin'>,
  options: {
    readonly ownName: string
    /** The fast path to a host, while it is up. */
    readonly linkOf: (host: string) => LinkId | null
  },
): PinnedMacs {
  let sequence = -1
  let incoming = new Map<string, string>()
  let current: ReadonlyMap<string, string> = new Map()
  /** What is in the plane. */
  const applied = new Map<string, PinnedPlace | null>()

  /** Where frames of a host may come from, besides the star; null: from nowhere. */
  function placeOf(host: string): PinnedPlace | null {
    if (host === options.ownName) return { kind: 'ports' }
    const link = options.linkOf(host)
    return link === null ? null : { kind: 'link', link }
  }

  function refresh(): void {
    for (const mac of applied.keys()) {
      if (current.has(mac)) continue
      plane.removePin(mac as MacAddress)
      applied.delete(mac)
    }
    for (const [mac, host] of current) {
      const place = placeOf(host)
      if (applied.has(mac) && isSame(applied.get(mac) ?? null, place)) continue
      plane.setPin(mac as MacAddress, place)
      applied.set(mac, place)
    }
  }

  return {
    receive(message) {
      if (message.sequence !== sequence) incoming = new Map()
      sequence = message.sequence
      for (const { mac, host } of message.pins) incoming.set(mac, host)
      if (message.pins.length >= PINS_PER_MESSAGE_MAX) return
      current = incoming
      refresh()
      sequence = -1
    },
    refresh,
    pinnedTo: (mac) => current.get(mac) ?? null,
    size: () => current.size,
  }
}

function isSame(a: PinnedPlace | null, b: PinnedPlace | null): boolean {
  if (a?.kind === 'link') return b?.kind === 'link' && a.link === b.link
  return a?.kind === b?.kind
}
