// Pins as a host hears of them: the proxy's list comes in parts, and is put into the plane when it
// is complete. A frame whose source is pinned to another host is dropped at the port it enters by.

import type { MacAddress } from '../base/mac.ts'
import type { Plane } from '../plane/plane.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import { PINS_PER_MESSAGE_MAX } from '../wire/message.ts'

export interface PinnedMacs {
  receive(message: ControlMessageOf<'pinList'>): void
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
  ownName: string,
): PinnedMacs {
  let sequence = -1
  let incoming = new Map<string, string>()
  let current: ReadonlyMap<string, string> = new Map()

  function apply(next: ReadonlyMap<string, string>): void {
    const isForeign = (host: string | undefined) => host !== undefined && host !== ownName
    for (const [mac, host] of current) {
      if (isForeign(host) && !isForeign(next.get(mac))) plane.removePin(mac as MacAddress)
    }
    for (const [mac, host] of next) {
      if (isForeign(host) && !isForeign(current.get(mac))) plane.setPin(mac as MacAddress, null)
    }
    current = next
  }

  return {
    receive(message) {
      if (message.sequence !== sequence) incoming = new Map()
      sequence = message.sequence
      for (const { mac, host } of message.pins) incoming.set(mac, host)
      if (message.pins.length >= PINS_PER_MESSAGE_MAX) return
      apply(incoming)
      sequence = -1
    },
    pinnedTo: (mac) => current.get(mac) ?? null,
    size: () => current.size,
  }
}
