// Carries out what ownership (ownership.ts) decides: tells the plane who owns a MAC, tells hosts
// what moved away from them, reports flapping. And the pins, which come first.

import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { MacAddress } from '../base/mac.ts'
import type { Peer } from '../daemon/peer.ts'
import type { LinkId, Plane } from '../plane/plane.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import { MACS_PER_MESSAGE_MAX } from '../wire/message.ts'
import { Ownership, type OwnershipCommand, type OwnershipEvent } from './ownership.ts'

export interface MacAuthorityOptions {
  readonly plane: Plane
  readonly clock: Clock
  readonly log: Log
  /** Own name: a MAC pinned to it may come from the proxy's own port only. */
  readonly name: string
  readonly peerOf: (host: string) => Peer | null
  readonly hostOf: (link: LinkId) => string | null
  readonly pins: () => ReadonlyMap<MacAddress, string>
  readonly macsPerHostMax: () => number
  /** Some guest is somewhere else than it was. */
  readonly onMove: () => void
}

export class MacAuthority {
  readonly #options: MacAuthorityOptions
  readonly #ownership: Ownership
  #pins: ReadonlyMap<MacAddress, string> = new Map()
  #sequence = 0

  constructor(options: MacAuthorityOptions) {
    this.#options = options
    this.#ownership = new Ownership({
      pinnedTo: (mac) => this.#pins.get(mac) ?? null,
      macsPerHostMax: options.macsPerHostMax,
    })
  }

  ownerOf(mac: MacAddress): string | null {
    return this.#ownership.ownerOf(mac)
  }

  /** All guests and their hosts. */
  owners(): Iterable<readonly [MacAddress, string]> {
    return this.#ownership.owners()
  }

  countOf(host: string): number {
    return this.#ownership.countOf(host)
  }

  announced(host: string, { isFull, added, removed }: ControlMessageOf<'macAnnounce'>): void {
    if (removed.length > 0) this.#step({ kind: 'removed', host, macs: removed })
    this.#step({ kind: isFull ? 'listed' : 'announced', host, macs: added })
  }

  /** The plane saw the MAC on a star link. */
  seen(mac: MacAddress, link: LinkId): void {
    const host = this.#options.hostOf(link)
    if (host !== null) this.#step({ kind: 'seen', host, mac })
  }

  /** The plane saw the MAC on a port of the proxy itself. */
  seenHere(mac: MacAddress): void {
    this.#step({ kind: 'seen-here', mac })
  }

  /** The plane forgot the MAC; a host that is up may still own it. */
  expired(mac: MacAddress): void {
    const peer = this.#options.peerOf(this.ownerOf(mac) ?? '')
    if (peer !== null) this.#options.plane.setOwner(mac, peer.link)
  }

  hostUp(host: string): void {
    this.#applyPinsOf(host)
  }

  hostDown(host: string): void {
    this.#step({ kind: 'host-down', host })
    this.#applyPinsOf(host)
  }

  /** The pins changed: all of them are read again. */
  pinsChanged(): void {
    const next = this.#options.pins()
    for (const mac of this.#pins.keys()) if (!next.has(mac)) this.#options.plane.removePin(mac)
    const isNew = ([mac, host]: readonly [MacAddress, string]) => this.#pins.get(mac) !== host
    const fresh = [...next].filter(isNew)
    this.#pins = next
    for (const [mac, host] of next) this.#applyPin(mac, host)
    for (const [mac, host] of fresh) {
      // A MAC of the proxy's own machine stays where it is.
      const isHere = host === this.#options.name && this.ownerOf(mac) === null
      if (!isHere) this.#step({ kind: 'pinned', mac, host })
    }
  }

  /** Decide, then act. */
  #step(event: OwnershipEvent): void {
    const before = this.#ownership.changes
    const movedAway = new Map<string, MacAddress[]>()
    const refused = new Map<string, { reason: string; count: number }>()
    for (const command of this.#ownership.step(event, this.#options.clock.monotonicMs())) {
      if (command.kind === 'tell-moved-away') {
        const macs = movedAway.get(command.host) ?? []
        macs.push(command.mac)
        movedAway.set(command.host, macs)
      } else if (command.kind === 'report-refused') {
        const { host, reason } = command
        refused.set(host, { reason, count: (refused.get(host)?.count ?? 0) + 1 })
      } else this.#act(command)
    }
    if (this.#ownership.changes !== before) this.#options.onMove()
    for (const [host, macs] of movedAway) this.#tellMovedAway(host, macs)
    for (const [host, { reason, count }] of refused) {
      const text = `announcement of '${host}' refused: ${reason}`
      this.#options.log.warn({ host, count }, text)
    }
  }

  #act(
    command: Exclude<OwnershipCommand, { readonly kind: 'tell-moved-away' | 'report-refused' }>,
  ): void {
    const { plane, log, peerOf } = this.#options
    switch (command.kind) {
      case 'set-owner': {
        const peer = peerOf(command.host)
        if (peer !== null) plane.setOwner(command.mac, peer.link)
        break
      }
      case 'forget':
        plane.forgetMac(command.mac)
        break
      case 'report-flapping': {
        const { mac, hosts, moves } = command
        const text = `${mac} moves between ${hosts.join(' and ')}: is it in use twice?`
        log.warn({ mac, hosts, moves }, text)
        break
      }
    }
  }

  #tellMovedAway(host: string, macs: readonly MacAddress[]): void {
    const peer = this.#options.peerOf(host)
    for (let start = 0; start < macs.length; start += MACS_PER_MESSAGE_MAX) {
      this.#sequence += 1
      const movedAway = macs.slice(start, start + MACS_PER_MESSAGE_MAX)
      peer?.send({ kind: 'macUpdate', sequence: this.#sequence, movedAway })
    }
  }

  #applyPinsOf(host: string): void {
    for (const [mac, pinned] of this.#pins) if (pinned === host) this.#applyPin(mac, pinned)
  }

  /** Where frames of a pinned MAC may come from at this moment. */
  #applyPin(mac: MacAddress, host: string): void {
    const { plane, name, peerOf } = this.#options
    const link = peerOf(host)?.link
    if (host === name) plane.setPin(mac, { kind: 'ports' })
    else plane.setPin(mac, link === undefined ? null : { kind: 'link', link })
  }
}
