// A frame's way through an in-memory plane: decide (switch.ts), carry out, count. Holds the tables
// that the way needs; the plane (memory-plane.ts) fills them.

import type { Clock } from '../base/clock.ts'
import { FRAME_BYTES_MAX, FRAME_BYTES_MIN, MAC_TABLE_MAX } from '../base/limits.ts'
import type { MacAddress } from '../base/mac.ts'
import { isGroupMac, macFromBytes } from '../base/mac.ts'
import { RETURNS_OF_LOOP } from './guards.ts'
import type { MacTable } from './mac-table.ts'
import { createMacTable } from './mac-table.ts'
import type { MemoryLink } from './memory-link.ts'
import { MemoryPort } from './memory-port.ts'
import { createPairCounter } from './pair-counter.ts'
import type { DropReason, LinkId, PinnedPlace, PlaneEvent, PlaneOptions, PortId } from './plane.ts'
import { createRuleTable } from './rule-table.ts'
import type { Ingress, SwitchContext, Verdict } from './switch.ts'
import { decide } from './switch.ts'

export class MemoryForwarder {
  readonly ports = new Map<PortId, MemoryPort>()
  readonly links = new Map<LinkId, MemoryLink>()
  readonly pins = new Map<MacAddress, PinnedPlace | null>()
  readonly rules = createRuleTable()
  readonly pairs = createPairCounter()
  readonly macs: MacTable
  /** The host's default way out; null while it is down. */
  star: LinkId | null = null
  /** Drops of the tables, which no port or link has on its own account. */
  readonly drops = new Map<DropReason, number>()
  readonly #clock: Clock
  readonly #emit: (event: PlaneEvent) => void
  readonly #switch: SwitchContext

  constructor(options: {
    readonly clock: Clock
    readonly role: PlaneOptions['role']
    readonly macAgeMs: number
    readonly emit: (event: PlaneEvent) => void
  }) {
    const { macAgeMs: ageMs, role, emit } = options
    this.#clock = options.clock
    this.#emit = emit
    this.macs = createMacTable({ ageMs, entriesMax: MAC_TABLE_MAX })
    this.#switch = {
      role,
      macs: this.macs,
      rules: this.rules,
      pins: this.pins,
      isLinkUsable: (id) => {
        const link = this.links.get(id)
        if (link === undefined || !link.isUsable()) return false
        return !link.stall.isStalled || this.star === null
      },
      starLink: () => this.star,
      emit,
      countTableFull: () => this.countTableFull(),
    }
  }

  countTableFull(): void {
    this.drops.set('table-full', (this.drops.get('table-full') ?? 0) + 1)
  }

  /** `frame` is the plane's own from here on. */
  fromPort(port: MemoryPort, frame: Uint8Array): void {
    const nowMs = this.#clock.monotonicMs()
    if (port.isBlocked(nowMs) || frame.length > FRAME_BYTES_MAX) {
      port.countDrop(port.isBlocked(nowMs) ? 'loop' : 'too-big')
      return
    }
    port.countReceived(frame)
    const from: Ingress = { kind: 'port', port: port.id, storm: port.storm, floods: port.floods }
    const verdict = decide(this.#switch, from, { frame, hops: 0, nowMs })
    const isSent = this.#carryOut(verdict, port, frame, 0)
    if (frame.length < FRAME_BYTES_MIN) return
    if (!this.pairs.count(frame, { isDropped: !isSent })) port.countDrop('table-full')
  }

  fromLink(link: MemoryLink, frame: Uint8Array, hops: number): void {
    const isStar = link.role === 'star'
    const from: Ingress = { kind: 'link', link: link.id, storm: link.storm, isStar }
    const nowMs = this.#clock.monotonicMs()
    const verdict = decide(this.#switch, from, { frame, hops, nowMs })
    this.#carryOut(verdict, link, frame, hops + 1)
  }

  /** False: the frame was dropped here. */
  #carryOut(verdict: Verdict, from: MemoryPort | MemoryLink, frame: Uint8Array, hops: number) {
    if ((verdict.kind === 'out' || verdict.kind === 'drop') && verdict.rule !== null) {
      verdict.rule.frames++
      verdict.rule.bytes += frame.length
    }
    switch (verdict.kind) {
      case 'drop':
        from.countDrop(verdict.reason)
        return false
      case 'loop':
        from.countDrop('loop')
        if (from instanceof MemoryPort) this.#loopFound(from, verdict.other)
        return false
      case 'out':
        return verdict.to.kind === 'port'
          ? this.#toPort(verdict.to.port, from, frame)
          : this.#toLink(verdict.to.link, from, frame, hops)
      case 'flood':
        this.#flood(from, frame, { hops, isToStars: verdict.isToStars })
        return true
    }
  }

  #toPort(id: PortId, from: MemoryPort | MemoryLink, frame: Uint8Array): boolean {
    const port = this.ports.get(id)
    if (port === undefined || port.isBlocked(this.#clock.monotonicMs())) {
      if (port === undefined) from.countDrop('no-route')
      else port.countDrop('loop')
      return false
    }
    port.countSent(frame)
    this.#emit({ kind: 'frame', port: id, frame: frame.slice() })
    return true
  }

  #toLink(id: LinkId, from: MemoryPort | MemoryLink, frame: Uint8Array, hops: number): boolean {
    const link = this.links.get(id)
    if (link === undefined) from.countDrop('link-closed')
    else link.sendFrame(frame, hops)
    return link !== undefined
  }

  #flood(
    from: MemoryPort | MemoryLink,
    frame: Uint8Array,
    { hops, isToStars }: { readonly hops: number; readonly isToStars: boolean },
  ): void {
    const origin = from instanceof MemoryPort ? from.id : null
    const isGroup = isGroupMac(macFromBytes(frame))
    for (const port of this.ports.values()) {
      if (port === from) continue
      if (isGroup) port.floods.sentOut(frame, origin, this.#clock.monotonicMs())
      this.#toPort(port.id, from, frame)
    }
    if (!isToStars) return
    for (const link of this.links.values()) {
      if (link !== from && link.isUsable() && link.role === 'star') link.sendFrame(frame, hops)
    }
  }

  // Two ports are bridged together outside. Blocking one of them ends the loop and cuts nobody off:
  // what is behind it is reached through the other. So one that is blocked already is enough.
  #loopFound(port: MemoryPort, origin: PortId | null): void {
    const nowMs = this.#clock.monotonicMs()
    if (port.isBlocked(nowMs)) return
    if (origin !== null && this.ports.get(origin)?.isBlocked(nowMs)) return
    const others = [...this.ports.values()].filter((other) => other !== port)
    const blocked = others.filter((other) => other.isBlocked(nowMs))
    if (origin === null && blocked.some((other) => other.loopWith === port.id)) return
    // A flood from a link came back: the other end shows up when its own copy does.
    const unpaired = blocked.find((other) => other.loopWith === null)
    if (origin === null && unpaired !== undefined) {
      unpaired.loopWith = port.id
      this.#emit({ kind: 'port-loop', port: unpaired.id, other: port.id })
      return
    }
    if (port.floods.returns(nowMs) < RETURNS_OF_LOOP) return
    const suspect = others.find((each) => !each.isBlocked(nowMs) && each.floods.returns(nowMs) > 0)
    const other = origin ?? suspect?.id ?? null
    port.block(other, nowMs)
    this.#emit({ kind: 'port-loop', port: port.id, other })
  }
}
