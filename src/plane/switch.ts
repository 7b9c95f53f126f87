// The decision about a frame (design section 2), without devices, in the order of its questions:
//  1. is it a frame at all, and may this source speak here?      malformed, spoofed
//  2. where is its sender now?                                   learn, move, damp
//  3. is it for a group?                                         loop, storm, flood
//  4. which rule, which known place, which default?              one way out, flood, no-route
// Twin of native/switch.cc; test/contract holds both to the same behaviour.

import { FRAME_BYTES_MIN, HOP_LIMIT } from '../base/limits.ts'
import type { MacAddress } from '../base/mac.ts'
import { isGroupMac, macFromBytes } from '../base/mac.ts'
import type { FloodMemory, StormGuard } from './guards.ts'
import type { MacTable, Place } from './mac-table.ts'
import { isSamePlace } from './mac-table.ts'
import type { DropReason, LinkId, PinnedPlace, PlaneEvent, PlaneOptions, PortId } from './plane.ts'
import type { CountedRule, RuleTable } from './rule-table.ts'

/** Where a frame came in. */
export type Ingress =
  | {
      readonly kind: 'port'
      readonly port: PortId
      readonly storm: StormGuard
      readonly floods: FloodMemory
    }
  | {
      readonly kind: 'link'
      readonly link: LinkId
      readonly storm: StormGuard
      readonly isStar: boolean
    }

export type Verdict =
  | { readonly kind: 'drop'; readonly reason: DropReason; readonly rule: CountedRule | null }
  | { readonly kind: 'out'; readonly to: Place; readonly rule: CountedRule | null }
  /** To all ports and, `isToStars`, all star links, but not where it came from. */
  | { readonly kind: 'flood'; readonly isToStars: boolean }
  /** Its own flood came back: dropped, and the port is looked at. */
  | { readonly kind: 'loop'; readonly other: PortId | null }

/** What the decision needs of the plane, and tells it. */
export interface SwitchContext {
  readonly role: PlaneOptions['role']
  readonly macs: MacTable
  readonly rules: RuleTable
  /** Place from which a pinned MAC is taken; null: only from a host's star link. */
  readonly pins: ReadonlyMap<MacAddress, PinnedPlace | null>
  isLinkUsable(link: LinkId): boolean
  /** The host's star link; null if it is down. */
  starLink(): LinkId | null
  emit(event: PlaneEvent): void
  countTableFull(): void
}

/** Decides about a frame that came in at `from` after `hops` daemons. Learns its source. */
export function decide(
  context: SwitchContext,
  from: Ingress,
  { frame, hops, nowMs }: { readonly frame: Uint8Array; hops: number; nowMs: number },
): Verdict {
  if (frame.length < FRAME_BYTES_MIN) return drop('malformed')
  const source = macFromBytes(frame, 6)
  if (isGroupMac(source)) return drop('malformed')
  if (from.kind === 'link' && hops >= HOP_LIMIT) return drop('hop-limit')
  if (isSpoofed(context, from, source)) return drop('spoofed')
  const destination = macFromBytes(frame)
  if (isGroupMac(destination)) {
    const loop = from.kind === 'port' ? from.floods.cameBack(frame, nowMs) : null
    if (loop !== null) return { kind: 'loop', other: loop.origin }
    learn(context, from, source, nowMs)
    return group(context, from, nowMs)
  }
  learn(context, from, source, nowMs)
  const ruled = ruleFor(context, from, { source, destination })
  if (ruled !== null) return ruled
  const known = context.macs.find(destination)
  return known === null ? unknown(context, from, nowMs) : out(from, known, null)
}

function drop(reason: DropReason, rule: CountedRule | null = null): Verdict {
  return { kind: 'drop', reason, rule }
}

function out(from: Ingress, to: Place, rule: CountedRule | null): Verdict {
  return isSamePlace(placeOf(from), to) ? drop('same-port', rule) : { kind: 'out', to, rule }
}

function placeOf(from: Ingress): Place {
  return from.kind === 'port'
    ? { kind: 'port', port: from.port }
    : { kind: 'link', link: from.link }
}

function isSpoofed({ pins, role }: SwitchContext, from: Ingress, source: MacAddress): boolean {
  const pin = pins.get(source)
  if (pin === undefined) return false
  if (pin?.kind === 'ports' ? from.kind === 'port' : pin && isSamePlace(pin, placeOf(from)))
    return false
  const isTrustedStar = role === 'host' && from.kind === 'link' && from.isStar
  return !(isTrustedStar && pin?.kind !== 'port')
}

function learn(context: SwitchContext, from: Ingress, source: MacAddress, nowMs: number): void {
  const { macs } = context
  // A host keeps only its own MACs: one that is seen on a link is not here any more.
  if (from.kind === 'link' && context.role === 'host') {
    const known = macs.find(source)
    if (known?.kind !== 'port') return
    macs.forget(source)
    context.emit(movedTo(from.link, source, known))
    return
  }
  const learned = macs.learn(source, placeOf(from), { nowMs, isAnnounced: false })
  if (learned.result === 'full') context.countTableFull()
  if (learned.result === 'flapping') {
    context.emit({ kind: 'mac-flapping', mac: source, moves: learned.moves })
  }
  if (learned.result !== 'added' && learned.result !== 'moved') return
  if (from.kind === 'port') context.emit({ kind: 'mac-learned', mac: source, port: from.port })
  else context.emit(movedTo(from.link, source, learned.previous))
}

function movedTo(toLink: LinkId, mac: MacAddress, previous: Place | null): PlaneEvent {
  const fromPort = previous?.kind === 'port' ? previous.port : null
  const fromLink = previous?.kind === 'link' ? previous.link : null
  return { kind: 'mac-moved', mac, fromPort, fromLink, toLink }
}

function group({ role }: SwitchContext, from: Ingress, nowMs: number): Verdict {
  if (from.kind === 'link' && !from.isStar) return drop('no-route')
  if (!from.storm.take(nowMs)) return drop('storm')
  return { kind: 'flood', isToStars: from.kind === 'port' || role === 'proxy' }
}

/** The most specific rule that can serve the frame; null: none. */
function ruleFor(
  context: SwitchContext,
  from: Ingress,
  { source, destination }: { readonly source: MacAddress; readonly destination: MacAddress },
): Verdict | null {
  for (const exactly of [source, undefined]) {
    const rule = context.rules.find(destination, exactly)
    if (rule === undefined || !canServe(context, from, rule)) continue
    const { target } = rule.rule
    return target.kind === 'drop' ? drop('no-route', rule) : out(from, target, rule)
  }
  return null
}

// A rule to a link that is down does not fire, nor one that leads from link to link without being
// a transit rule: the next less specific way is taken.
function canServe(context: SwitchContext, from: Ingress, { rule }: CountedRule): boolean {
  if (rule.target.kind !== 'link') return true
  const isTransit = from.kind === 'link' && context.role === 'host'
  return (!isTransit || rule.isTransit === true) && context.isLinkUsable(rule.target.link)
}

function unknown(context: SwitchContext, from: Ingress, nowMs: number): Verdict {
  if (context.role === 'host' && from.kind === 'port') {
    const link = context.starLink()
    return link === null ? drop('no-route') : out(from, { kind: 'link', link }, null)
  }
  if (!from.storm.take(nowMs)) return drop('storm')
  return { kind: 'flood', isToStars: context.role === 'proxy' }
}
