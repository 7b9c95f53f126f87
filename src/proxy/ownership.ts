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
  /** From now on the MAC belongs to this daemon only. */
  | { readonly kind: 'pinned'; readonly mac: MacAddress; readonly host: string }

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

export class Ownership {
  readonly #policy: OwnershipPolicy
  readonly #owners = new Map<MacAddress, Owner>()
  readonly #byHost = new Map<string, Set<MacAddress>>()
  #changes = 0

  constructor(policy: OwnershipPolicy) {
    this.#policy = policy
  }

  ownerOf(mac: MacAddress): string | null {
    return this.#owners.get(mac)?.host ?? null
  }

  countOf(host: string): number {
    return this.#byHost.get(host)?.size ?? 0
  }

  /** All guests and their hosts. */
  *owners(): Iterable<readonly [MacAddress, string]> {
    for (const [mac, { host }] of this.#owners) yield [mac, host]
  }

  /** Another number: some guest is somewhere else than it was. */
  get changes(): number {
    return this.#changes
  }

  /** Takes an event (`nowMs` is monotonic) and returns what is to be done about it. */
  step(event: OwnershipEvent, nowMs: number): readonly OwnershipCommand[] {
    switch (event.kind) {
      case 'announced':
      case 'listed': {
        const { kind, host, macs } = event
        const stale = kind === 'listed' ? this.#forgetAllBut(host, new Set(macs)) : []
        return [...stale, ...macs.flatMap((mac) => this.#claim(mac, { host, nowMs, how: kind }))]
      }
      case 'removed': {
        const gone = event.macs.filter((mac) => this.#drop(mac, event.host))
        return gone.map((mac) => ({ kind: 'forget', mac }))
      }
      case 'seen':
        return this.#claim(event.mac, { host: event.host, nowMs, how: 'seen' })
      case 'seen-here': {
        const { mac } = event
        const owner = this.#owners.get(mac)
        if (owner === undefined) return []
        this.#drop(mac, owner.host)
        return [{ kind: 'tell-moved-away', mac, host: owner.host }]
      }
      case 'host-down':
        // The plane forgets what a closed link owned.
        for (const mac of this.#byHost.get(event.host) ?? []) this.#owners.delete(mac)
        this.#byHost.delete(event.host)
        this.#changes += 1
        return []
      case 'pinned':
        return this.#takeFromOthers(event.mac, event.host)
    }
  }

  /** First or new owner; a `listed` one does not win against somebody else's claim. */
  #claim(mac: MacAddress, claim: Claim): readonly OwnershipCommand[] {
    const { host, nowMs, how } = claim
    const pinned = this.#policy.pinnedTo(mac)
    if (pinned !== null && pinned !== host) {
      const reason = `${mac} is pinned to ${pinned}`
      return [
        { kind: 'tell-moved-away', mac, host },
        { kind: 'report-refused', host, reason },
      ]
    }
    const owner = this.#owners.get(mac)
    const set: OwnershipCommand[] = how === 'seen' ? [] : [{ kind: 'set-owner', mac, host }]
    if (owner === undefined) {
      const max = this.#policy.macsPerHostMax()
      if (this.countOf(host) >= max) {
        return [{ kind: 'report-refused', host, reason: `more than ${max} MACs (limits.macs)` }]
      }
      this.#store(mac, { host, movedAtMs: [], dampedUntilMs: 0 })
      return set
    }
    if (owner.host === host) return set
    if (how === 'listed') return [{ kind: 'tell-moved-away', mac, host }]
    // What was seen the plane has damped itself; here its decision is followed.
    if (how !== 'seen' && nowMs < owner.dampedUntilMs) return []
    return [...set, ...this.#move(mac, owner, claim)]
  }

  #move(mac: MacAddress, owner: Owner, { host, nowMs }: Claim): readonly OwnershipCommand[] {
    const recent = owner.movedAtMs.filter((atMs) => nowMs - atMs < FLAP_WINDOW_MS)
    const movedAtMs = [...recent, nowMs]
    const moves = movedAtMs.length
    const isFlapping = moves >= MAC_FLAP_MOVES_MAX
    this.#store(mac, { host, movedAtMs, dampedUntilMs: isFlapping ? nowMs + FLAP_WINDOW_MS : 0 })
    const told: OwnershipCommand = { kind: 'tell-moved-away', mac, host: owner.host }
    if (!isFlapping) return [told]
    return [told, { kind: 'report-flapping', mac, hosts: [owner.host, host], moves }]
  }

  /** The plane forgets the place, and that moves of the MAC are damped. */
  #takeFromOthers(mac: MacAddress, host: string): readonly OwnershipCommand[] {
    const owner = this.#owners.get(mac)
    if (owner?.host === host) return []
    const forget: OwnershipCommand = { kind: 'forget', mac }
    if (owner === undefined) return [forget]
    this.#drop(mac, owner.host)
    return [forget, { kind: 'tell-moved-away', mac, host: owner.host }]
  }

  #forgetAllBut(host: string, keep: ReadonlySet<MacAddress>): readonly OwnershipCommand[] {
    const gone = [...(this.#byHost.get(host) ?? [])].filter((mac) => !keep.has(mac))
    for (const mac of gone) this.#drop(mac, host)
    return gone.map((mac) => ({ kind: 'forget', mac }))
  }

  #store(mac: MacAddress, owner: Owner): void {
    const old = this.#owners.get(mac)
    if (old !== undefined) this.#byHost.get(old.host)?.delete(mac)
    this.#owners.set(mac, owner)
    if (old?.host !== owner.host) this.#changes += 1
    const macs = this.#byHost.get(owner.host) ?? new Set()
    this.#byHost.set(owner.host, macs.add(mac))
  }

  #drop(mac: MacAddress, host: string): boolean {
    if (this.#owners.get(mac)?.host !== host) return false
    this.#byHost.get(host)?.delete(mac)
    this.#changes += 1
    return this.#owners.delete(mac)
  }
}

interface Claim {
  readonly host: string
  readonly nowMs: number
  readonly how: 'announced' | 'listed' | 'seen'
}
