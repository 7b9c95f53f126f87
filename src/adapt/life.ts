// The life of a link, step by step:
//  ordering -> standing (in use while connected and guests talk) -> withdrawing (rules away at both
//  ends, acknowledged) -> draining (what is under way arrives) -> removing -> gone.
// Whatever goes wrong on the way, its guests are on the star, and the pair is left alone for a
// while.

import { backOff } from './back-off.ts'
import {
  addLink,
  endsOf,
  forgetLink,
  type Host,
  hostOf,
  type Link,
  markDirty,
  type State,
  tell,
} from './state.ts'
import { type AdaptEvent, type HostPair, type LinkPhase, pairKey } from './types.ts'

/** Orders on their way at once, and those of them about one host: a mass restart is no storm. */
export const ORDERS_IN_FLIGHT_MAX = 32
export const ORDERS_PER_HOST_MAX = 8
/** Longer than an order's tries take at the proxy. */
const ORDER_MS = 15_000
/** Frames that were sent before the rules went have arrived. */
export const DRAIN_MS = 1_000
/** A host that does not say that its rules are gone holds a withdrawal up no longer. */
export const WITHDRAW_PATIENCE_MS = 10_000
/** A link that is down so long is given up; one whose host is away, after this. */
const DOWN_PATIENCE_MS = 10_000
export const LOST_HOST_MS = 30_000
/** So many falls within so long are too many. */
const FALLS_MAX = 3
const FALLS_MS = 60_000
/** After a fall it has to stand so long to be used again, twice as long after the next. */
const REUSE_FIRST_MS = 1_000
/** It stood so long: its next failure is the first again. */
const GOOD_MS = 60_000

type LinkEvent = Extract<AdaptEvent, { readonly kind: 'link' }>

/** What became of an order, or of a link that stands. */
export function linkChanged(state: State, { pair, state: now, reason }: LinkEvent): void {
  const link = state.links.get(pairKey(pair))
  if (link === undefined) {
    // Of a time that is forgotten here: it is taken over, and goes if the plan has no use for it.
    if (now === 'failed') failedForOthers(state, pair, reason)
    if (now !== 'up') return
    const known = addLink(state, pair, { phase: 'standing', reason: 'it was found standing' })
    up(state, known)
    return
  }
  switch (now) {
    case 'up':
      if (link.phase === 'ordering') stand(state, link)
      up(state, link)
      return
    case 'down':
      // What is ordered is tried from the other side, too; the last word is `up` or `failed`.
      if (link.phase !== 'ordering') down(state, link, reason)
      return
    case 'failed':
      if (link.phase === 'ordering') failed(state, link, reason)
      else if (link.phase === 'removing') retryRemoval(state, link)
      else down(state, link, reason)
      return
    case 'removed':
      removed(state, link, reason)
      return
  }
}

/** Orders a link. The caller has seen that there is room, and that both hosts are up. */
export function orderLink(state: State, pair: HostPair, reason: string): void {
  const link = addLink(state, pair, { phase: 'ordering', reason })
  ask(state, link)
  state.outbox.push({ kind: 'add-link', pair })
  tell(state, 'link-ordered', { pair, reason })
}

/** Takes a link away, rules first. */
export function withdraw(state: State, link: Link, reason: string): void {
  if (link.phase !== 'standing') return
  link.reason = reason
  enter(state, link, 'withdrawing')
  tell(state, 'link-withdrawn', { pair: link.pair, reason })
  markDirty(state, link)
  stepWithdrawal(state, link)
}

/** It was to go, and is wanted after all: while it stands, it is as good as ever. */
export function keep(state: State, link: Link, reason: string): void {
  if (!canBeKept(link)) return
  link.reason = reason
  enter(state, link, 'standing')
  markDirty(state, link)
}

/** It is on its way out, and its removal is not ordered yet. */
export function canBeKept({ phase, isAsked }: Link): boolean {
  return phase === 'withdrawing' || phase === 'draining' || (phase === 'removing' && !isAsked)
}

/** The link is not what it should be: back to the star, and leave the pair alone for a while. */
export function giveUp(state: State, link: Link, reason: string): void {
  const { pair } = link
  const isGood = link.phase === 'standing' && state.nowMs - link.stoodMs >= GOOD_MS
  leaveAlone(state, { pair, reason, wasGood: isGood })
  link.worse = 0
  if (link.isManual) markDirty(state, link)
  else withdraw(state, link, reason)
}

/** Goes on with a withdrawal as far as both hosts have answered. */
export function stepWithdrawal(state: State, link: Link): void {
  const { a, b } = link.pair
  const isPatient = state.nowMs - link.sinceMs < WITHDRAW_PATIENCE_MS
  const isClean = isRid(hostOf(state, a), b) && isRid(hostOf(state, b), a)
  if (isClean || !isPatient) enter(state, link, 'draining')
}

/** No rule at the host leads to the peer, for sure; a host that is away cannot be asked. */
function isRid(host: Host, peer: string): boolean {
  return !host.isUp || (host.rules !== null && !host.via.has(peer))
}

/** Time passes for a link. */
export function tickLink(state: State, link: Link): void {
  const elapsedMs = state.nowMs - link.sinceMs
  switch (link.phase) {
    case 'ordering':
      if (elapsedMs < ORDER_MS) return
      answered(state, link)
      leaveAlone(state, { pair: link.pair, reason: 'the order was not answered', wasGood: false })
      enter(state, link, 'removing')
      return
    case 'standing':
      tickStanding(state, link)
      return
    case 'withdrawing':
      stepWithdrawal(state, link)
      return
    case 'draining':
      if (elapsedMs >= DRAIN_MS) enter(state, link, 'removing')
      return
    case 'removing':
      tickRemoving(state, link)
      return
  }
}

function tickStanding(state: State, link: Link): void {
  const { nowMs } = state
  if (link.usableMs > 0 && nowMs >= link.usableMs) {
    link.usableMs = 0
    markDirty(state, link)
  }
  if (link.isConnected || link.isManual) return
  const lostMs = endsOf(state, link.pair)
    .filter((host) => !host.isUp)
    .map((host) => nowMs - host.downSinceMs)
  if (lostMs.length > 0) {
    if (Math.max(...lostMs) >= LOST_HOST_MS) withdraw(state, link, 'its host is gone')
  } else if (nowMs - link.downSinceMs >= DOWN_PATIENCE_MS) {
    giveUp(state, link, `it was down for ${DOWN_PATIENCE_MS / 1000} s`)
  }
}

function tickRemoving(state: State, link: Link): void {
  if (link.isAsked) {
    if (state.nowMs - link.sinceMs < ORDER_MS) return
    retryRemoval(state, link)
  }
  if (state.nowMs < link.retryMs || !mayOrder(state, link.pair)) return
  link.sinceMs = state.nowMs
  ask(state, link)
  state.outbox.push({ kind: 'remove-link', pair: link.pair, reason: link.reason })
}

function retryRemoval(state: State, link: Link): void {
  answered(state, link)
  link.tries += 1
  link.retryMs = state.nowMs + Math.min(60_000, 1_000 * 2 ** Math.min(link.tries, 16))
}

/** There is room for an order about these two. */
export function mayOrder(state: State, pair: HostPair): boolean {
  if (state.ordersInFlight >= ORDERS_IN_FLIGHT_MAX) return false
  return endsOf(state, pair).every((host) => host.orders < ORDERS_PER_HOST_MAX)
}

function ask(state: State, link: Link): void {
  link.isAsked = true
  state.ordersInFlight += 1
  for (const host of endsOf(state, link.pair)) host.orders += 1
}

function answered(state: State, link: Link): void {
  if (!link.isAsked) return
  link.isAsked = false
  state.ordersInFlight -= 1
  for (const host of endsOf(state, link.pair)) host.orders -= 1
}

function stand(state: State, link: Link): void {
  answered(state, link)
  enter(state, link, 'standing')
  link.stoodMs = state.nowMs
  link.unusedMs = link.edges.length > 0 ? null : state.nowMs
}

function up(state: State, link: Link): void {
  if (link.isConnected) return
  link.isConnected = true
  tell(state, 'link-up', { pair: link.pair, reason: link.reason })
  markDirty(state, link)
}

function down(state: State, link: Link, reason: string): void {
  if (!link.isConnected) return
  link.isConnected = false
  link.downSinceMs = state.nowMs
  tell(state, 'link-down', { pair: link.pair, reason })
  markDirty(state, link)
  // The end of a host is no fault of the path.
  if (link.phase !== 'standing' || endsOf(state, link.pair).some((host) => !host.isUp)) return
  const recent = link.fallsMs.filter((atMs) => state.nowMs - atMs < FALLS_MS)
  link.fallsMs = [...recent, state.nowMs]
  link.usableMs = state.nowMs + REUSE_FIRST_MS * 2 ** recent.length
  if (link.fallsMs.length < FALLS_MAX) return
  link.fallsMs = []
  giveUp(state, link, `it fell ${FALLS_MAX} times within ${FALLS_MS / 1000} s: ${reason}`)
}

/** An order came to nothing. */
function failed(state: State, link: Link, reason: string): void {
  const { pair } = link
  answered(state, link)
  tell(state, 'link-failed', { pair, reason })
  const areUp = endsOf(state, pair).every((host) => host.isUp)
  if (areUp) leaveAlone(state, { pair, reason, wasGood: false })
  forgetLink(state, link)
}

/** Somebody else tried the pair: what does not connect for them does not for us. */
function failedForOthers(state: State, pair: HostPair, reason: string): void {
  if (!endsOf(state, pair).every((host) => host.isUp)) return
  leaveAlone(state, { pair, reason, wasGood: false })
}

function removed(state: State, link: Link, reason: string): void {
  const { pair, phase } = link
  answered(state, link)
  // Somebody else's wish: it is not ordered again at once.
  const isOurs = phase === 'removing'
  if (!isOurs) leaveAlone(state, { pair, reason: reason || 'it was removed', wasGood: false })
  forgetLink(state, link)
}

function leaveAlone(
  state: State,
  failure: { readonly pair: HostPair; readonly reason: string; readonly wasGood: boolean },
): void {
  const { seed } = state.options
  const { untilMs } = backOff(state.backOffs, { ...failure, seed, nowMs: state.nowMs })
  const seconds = Math.round((untilMs - state.nowMs) / 1000)
  const { pair, reason } = failure
  tell(state, 'back-off', { pair, reason: `for ${seconds} s: ${reason}` })
  if (state.replan === 'no') state.replan = 'paced'
}

function enter(state: State, link: Link, phase: LinkPhase): void {
  link.phase = phase
  link.sinceMs = state.nowMs
}
