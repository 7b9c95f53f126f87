// Who owns a MAC: the proxy's authority of MAC -> daemon, and how moves are resolved. Events of the
// hosts' announcements and of the plane go in, commands come out; the caller sends them and tells
// the plane. The newest sign of life at another place wins at once (migration); a MAC that moves
// too often is damped and reported.

import { MAC_FLAP_MOVES_MAX } from '../base/limits.ts'
import type { MacAddress } from '../base/mac.ts'

/** Moves are counted within this time, and a damped MAC stays where it is for as long. */
export const FLAP_WINDOW_MS = 10_000

export type OwnershipEvent =
  /** A host learned these on its ports just now. */
  | { readonly kind: 'announced'; readonly host: string; readonly macs: readonly MacAddress[] }
  /** A host's whole list after a connect: replaces what it had, possibly old news. */
  | { readonly kind: 'listed'; readonly host: string; readonly macs: readonly MacAddress[] }
  | { readonly kind: 'removed'; readonly host: string; readonly macs: readonly MacAddress[] }
  /** A frame of the MAC came from this host's star link: the plane moved it there already. */
  | { readonly kind: 'seen'; readonly host: string; readonly mac: MacAddress }
  /** A frame of the MAC came from a port of the proxy itself. */
  | { readonly kind: 'seen-here'; readonly mac: MacAddress }
  | { readonly kind: 'host-down'; readonly host: string }

export type OwnershipCommand =
  | { readonly kind: 'set-owner'; readonly mac: MacAddress; readonly host: string }
  | { readonly kind: 'forget'; readonly mac: MacAddress }
  | { readonly kind: 'tell-moved-away'; readonly mac: MacAddress; readonly host: string }
  | {
      readonly kind: 'report-flapping'
      readonly mac: MacAddress
      readonly hosts: readonly [string, string]
      readonly moves: number
    }
  | { readonly kind: 'report-refused'; readonly host: string; readonly reason: string }

interface Owner {
  readonly host: string
  readonly movedAtMs: readonly number[]
  readonly dampedUntilMs: number
}

export interface OwnershipPolicy {
  /** The daemon that a MAC is pinned to; null if it is not. */
  readonly pinnedTo: (mac: MacAddress) => string | null
  /** MACs that one host may own. */
  readonly macsPerHostMax: () => number
}

export interface Ownership {
  step(event: OwnershipEvent, nowMs: number): readonly OwnershipCommand[]
  ownerOf(mac: MacAddress): string | null
  countOf(host: string): number
}

export function createOwnership(policy: OwnershipPolicy): Ownership {
  const owners = new Map<MacAddress, Owner>()
  const byHost = new Map<string, Set<MacAddress>>()
  const setOf = (host: string) => {
    const known = byHost.get(host) ?? new Set<MacAddress>()
    byHost.set(host, known)
    return known
  }

  function store(mac: MacAddress, owner: Owner): void {
    const old = owners.get(mac)
    if (old !== undefined) byHost.get(old.host)?.delete(mac)
    owners.set(mac, owner)
    setOf(owner.host).add(mac)
  }

  function drop(mac: MacAddress, host: string): boolean {
    if (owners.get(mac)?.host !== host) return false
    byHost.get(host)?.delete(mac)
    return owners.delete(mac)
  }

  /** First or new owner; a `listed` one does not win against somebody else's claim. */
  function claim(
    mac: MacAddress,
    host: string,
    nowMs: number,
    how: 'announced' | 'listed' | 'seen',
  ): readonly OwnershipCommand[] {
    const pinned = policy.pinnedTo(mac)
    if (pinned !== null && pinned !== host) {
      const reason = `${mac} is pinned to ${pinned}`
      return [
        { kind: 'tell-moved-away', mac, host },
        { kind: 'report-refused', host, reason },
      ]
    }
    const owner = owners.get(mac)
    const set: OwnershipCommand[] = how === 'seen' ? [] : [{ kind: 'set-owner', mac, host }]
    if (owner === undefined) {
      if (setOf(host).size >= policy.macsPerHostMax()) {
        const reason = `more than ${policy.macsPerHostMax()} MAC addresses (limits.macs)`
        return [{ kind: 'report-refused', host, reason }]
      }
      store(mac, { host, movedAtMs: [], dampedUntilMs: 0 })
      return set
    }
    if (owner.host === host) return set
    if (how === 'listed') return [{ kind: 'tell-moved-away', mac, host }]
    // What was seen the plane has damped itself; here its decision is followed.
    if (how !== 'seen' && nowMs < owner.dampedUntilMs) return []
    return [...set, ...move(mac, owner, host, nowMs)]
  }

  function move(
    mac: MacAddress,
    owner: Owner,
    host: string,
    nowMs: number,
  ): readonly OwnershipCommand[] {
    const recent = owner.movedAtMs.filter((atMs) => nowMs - atMs < FLAP_WINDOW_MS)
    const movedAtMs = [...recent, nowMs]
    const isFlapping = movedAtMs.length >= MAC_FLAP_MOVES_MAX
    store(mac, { host, movedAtMs, dampedUntilMs: isFlapping ? nowMs + FLAP_WINDOW_MS : 0 })
    const moves = movedAtMs.length
    const report: OwnershipCommand = {
      kind: 'report-flapping',
      mac,
      hosts: [owner.host, host],
      moves,
    }
    return [{ kind: 'tell-moved-away', mac, host: owner.host }, ...(isFlapping ? [report] : [])]
  }

  function forgetAllBut(host: string, keep: ReadonlySet<MacAddress>): readonly OwnershipCommand[] {
    const gone = [...setOf(host)].filter((mac) => !keep.has(mac))
    for (const mac of gone) drop(mac, host)
    return gone.map((mac) => ({ kind: 'forget', mac }))
  }

  return {
    ownerOf: (mac) => owners.get(mac)?.host ?? null,
    countOf: (host) => byHost.get(host)?.size ?? 0,
    step(event, nowMs) {
      switch (event.kind) {
        case 'announced':
          return event.macs.flatMap((mac) => claim(mac, event.host, nowMs, 'announced'))
        case 'listed': {
          const stale = forgetAllBut(event.host, new Set(event.macs))
          return [...stale, ...event.macs.flatMap((mac) => claim(mac, event.host, nowMs, 'listed'))]
        }
        case 'removed': {
          const gone = event.macs.filter((mac) => drop(mac, event.host))
          return gone.map((mac) => ({ kind: 'forget', mac }))
        }
        case 'seen':
          return claim(event.mac, event.host, nowMs, 'seen')
        case 'seen-here': {
          const owner = owners.get(event.mac)
          if (owner === undefined) return []
          drop(event.mac, owner.host)
          return [{ kind: 'tell-moved-away', mac: event.mac, host: owner.host }]
        }
        case 'host-down':
          // The plane forgets what a closed link owned.
          for (const mac of setOf(event.host)) owners.delete(mac)
          byHost.delete(event.host)
          return []
      }
    },
  }
}
