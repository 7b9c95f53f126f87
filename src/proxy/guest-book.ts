// What guests are called: as the operator said (kept), else as the host says whose port they are
// behind (from its last word, while it is connected).

import { MAC_TABLE_MAX } from '../base/limits.ts'
import type { MacAddress } from '../base/mac.ts'
import type { GuestName, GuestNames } from '../control/api.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import type { InferenceStore } from './inference-store.ts'

export interface GuestBook {
  /** What a host says. Beyond the bound of all names, further ones are left out. */
  announced(host: string, message: ControlMessageOf<'guestNames'>): void
  forget(host: string): void
  /** The operator's word; empty: takes it away. */
  set(guest: GuestName): void
  all(): readonly GuestName[]
  /** Of these guests, where one is known. */
  namesOf(macs: Iterable<MacAddress>): GuestNames
}

export function createGuestBook(
  store: Pick<InferenceStore, 'guestNames' | 'putGuestName' | 'removeGuestName'>,
): GuestBook {
  const chosen = new Map(store.guestNames())
  const announced = new Map<string, Map<MacAddress, string>>()

  function nameOf(mac: MacAddress): string | undefined {
    const own = chosen.get(mac)
    if (own !== undefined) return own
    for (const names of announced.values()) {
      const name = names.get(mac)
      if (name !== undefined) return name
    }
    return undefined
  }

  return {
    announced(host, { isFull, names }) {
      const known = isFull ? new Map<MacAddress, string>() : announced.get(host)
      if (known === undefined) return
      announced.set(host, known)
      for (const { mac, name } of names) {
        if (known.size < MAC_TABLE_MAX && name !== '') known.set(mac, name)
      }
    },
    forget: (host) => announced.delete(host),
    set({ mac, name }) {
      if (name === '') {
        store.removeGuestName(mac)
        chosen.delete(mac)
        return
      }
      store.putGuestName(mac, name)
      chosen.set(mac, name)
    },
    all() {
      const macs = new Set(chosen.keys())
      for (const names of announced.values()) for (const mac of names.keys()) macs.add(mac)
      return [...macs].sort().map((mac) => ({ mac, name: nameOf(mac) ?? '' }))
    },
    namesOf(macs) {
      const names: Record<string, string> = {}
      for (const mac of macs) {
        const name = nameOf(mac)
        if (name !== undefined) names[mac] = name
      }
      return names
    },
  }
}
