// Carries out what ownership (ownership.ts) decides: tells the plane who owns a MAC, tells hosts what
// moved away from them, reports flapping. And the pins, which come first.

import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { MacAddress } from '../base/mac.ts'
import type { Peer } from '../daemon/peer.ts'
import type { LinkId, Plane, PortId } from '../plane/plane.ts'
import type { ControlMessageOf } from '../wire/control.ts'
import { MACS_PER_MESSAGE_MAX } from '../wire/message.ts'
import { createOwnership, type OwnershipCommand, type OwnershipEvent } from './ownership.ts'

export interface MacAuthority {
  announced(host: string, message: ControlMessageOf<'macAnnounce'>): void
  /** The plane saw the MAC on a star link. */
  seen(mac: MacAddress, link: LinkId): void
  seenHere(mac: MacAddress): void
  /** The plane forgot the MAC; a host that is up may still own it. */
  expired(mac: MacAddress): void
  hostUp(host: string): void
  hostDown(host: string): void
  /** The pins changed (all of them are read again). */
  pinsChanged(): void
  ownerOf(mac: MacAddress): string | null
  countOf(host: string): number
}

export function createMacAuthority(options: {
  readonly plane: Plane
  readonly clock: Clock
  readonly log: Log
  /** Own name: a MAC pinned to it may come from the proxy's own port only. */
  readonly name: string
  readonly peerOf: (host: string) => Peer | null
  readonly hostOf: (link: LinkId) => string | null
  readonly pins: () => ReadonlyMap<MacAddress, string>
  readonly macsPerHostMax: () => number
}): MacAuthority {
  const { plane, clock, log, peerOf } = options
  let pins: ReadonlyMap<MacAddress, string> = new Map()
  let sequence = 0
  const { macsPerHostMax } = options
  const ownership = createOwnership({ pinnedTo: (mac) => pins.get(mac) ?? null, macsPerHostMax })

  /** Decide, then act. */
  function step(event: OwnershipEvent): void {
    const movedAway = new Map<string, MacAddress[]>()
    const refused = new Map<string, { reason: string; count: number }>()
    for (const command of ownership.step(event, clock.monotonicMs())) {
      act(command, movedAway, refused)
    }
    for (const [host, macs] of movedAway) tellMovedAway(host, macs)
    for (const [host, { reason, count }] of refused) {
      log.warn({ host, count }, `announcement of '${host}' refused: ${reason}`)
    }
  }

  function act(
    command: OwnershipCommand,
    movedAway: Map<string, MacAddress[]>,
    refused: Map<string, { reason: string; count: number }>,
  ): void {
    switch (command.kind) {
      case 'set-owner': {
        const peer = peerOf(command.host)
        if (peer !== null) plane.setOwner(command.mac, peer.link)
        break
      }
      case 'forget':
        plane.forgetMac(command.mac)
        break
      case 'tell-moved-away':
        movedAway.set(command.host, [...(movedAway.get(command.host) ?? []), command.mac])
        break
      case 'report-flapping': {
        const { mac, hosts, moves } = command
        const text = `${mac} moves between ${hosts.join(' and ')}: is it in use twice?`
        log.warn({ mac, hosts, moves }, text)
        break
      }
      case 'report-refused': {
        const { host, reason } = command
        refused.set(host, { reason, count: (refused.get(host)?.count ?? 0) + 1 })
        break
      }
    }
  }

  function tellMovedAway(host: string, macs: readonly MacAddress[]): void {
    const peer = peerOf(host)
    for (let start = 0; start < macs.length; start += MACS_PER_MESSAGE_MAX) {
      sequence += 1
      const movedAway = macs.slice(start, start + MACS_PER_MESSAGE_MAX)
      peer?.send({ kind: 'macUpdate', sequence, movedAway })
    }
  }

  /** Where frames of a pinned MAC may come from at this moment. */
  function applyPin(mac: MacAddress, host: string): void {
    if (host !== options.name) {
      const link = peerOf(host)?.link
      plane.setPin(mac, link === undefined ? null : { kind: 'link', link })
      return
    }
    const port = onlyPort(plane)
    if (port === null)
      plane.removePin(mac) // no single port to hold it to
    else plane.setPin(mac, { kind: 'port', port })
  }

  const applyPinsOf = (host: string) => {
    for (const [mac, pinned] of pins) if (pinned === host) applyPin(mac, pinned)
  }

  return {
    announced(host, { isFull, added, removed }) {
      if (removed.length > 0) step({ kind: 'removed', host, macs: removed })
      step({ kind: isFull ? 'listed' : 'announced', host, macs: added })
    },
    seen(mac, link) {
      const host = options.hostOf(link)
      if (host !== null) step({ kind: 'seen', host, mac })
    },
    seenHere: (mac) => step({ kind: 'seen-here', mac }),
    expired(mac) {
      const peer = peerOf(ownership.ownerOf(mac) ?? '')
      if (peer !== null) plane.setOwner(mac, peer.link)
    },
    hostUp: applyPinsOf,
    hostDown(host) {
      step({ kind: 'host-down', host })
      applyPinsOf(host)
    },
    pinsChanged() {
      const next = options.pins()
      for (const mac of pins.keys()) if (!next.has(mac)) plane.removePin(mac)
      pins = next
      for (const [mac, host] of pins) applyPin(mac, host)
    },
    ownerOf: (mac) => ownership.ownerOf(mac),
    countOf: (host) => ownership.countOf(host),
  }
}

function onlyPort(plane: Plane): PortId | null {
  const [first, ...more] = plane.ports()
  return first === undefined || more.length > 0 ? null : first.id
}
