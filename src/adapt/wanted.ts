// Which links should be: the plan, taken over where it is better by the margin or where the traffic
// itself has changed, and what follows from it for the links that stand and for those to be made.

import { blockedBy } from './back-off.ts'
import {
  canBeKept,
  giveUp,
  keep,
  mayOrder,
  ORDERS_IN_FLIGHT_MAX,
  orderLink,
  withdraw,
} from './life.ts'
import { refusesRules } from './path-rules.ts'
import { endsOf, type Link, type State, tell } from './state.ts'
import { type HostPair, hostPair, type Plan, type ProblemInput, pairKey } from './types.ts'

/** Without a change of the traffic, plans are made so often at most. */
const REPLAN_MS = 2_000
/** Changes one close behind the other share a plan where plans take their time. */
const REPLAN_AT_ONCE_MS = 200
const LARGE_EDGES = 5_000
/** A link in use goes when no plan wanted it for so long: two plans at least. */
const UNWANTED_MS = 2 * REPLAN_MS
/** Orders that are looked at after an event: a long list is gone through at ticks only. */
const SCAN_MAX = 512

/** Makes a plan if it is time for one. */
export function planIfDue(state: State): void {
  if (state.replan === 'no' || state.settings.level === 'off') return
  const elapsedMs = state.nowMs - state.plannedMs
  const isLarge = state.topology.edges.length > LARGE_EDGES
  const atOnceMs = isLarge ? REPLAN_AT_ONCE_MS : 0
  if (elapsedMs < (state.replan === 'at-once' ? atOnceMs : REPLAN_MS)) return
  state.replan = 'no'
  state.plannedMs = state.nowMs
  const { buildProblem, planLinks } = state.options
  state.plan = planLinks(buildProblem(problemInput(state)))
  if (state.settings.level === 'recommend') tellPlan(state, state.plan)
  else if (state.isPlanDue || isBetter(state, state.plan)) takeOver(state, state.plan)
}

/** What the builder of problems is given, now. */
export function problemInput(state: State): ProblemInput {
  const { nowMs, topology, places, measures, pins, manual, settings } = state
  const hosts = new Map([...state.hosts].filter(([, host]) => host.isUp))
  const up = new Map<string, HostPair>()
  for (const { key, pair, phase, isConnected } of state.links.values()) {
    if (phase === 'standing' && isConnected) up.set(key, pair)
  }
  const blocked = new Map<string, string>()
  for (const [key, { untilMs, reason }] of state.backOffs.byPair) {
    if (nowMs < untilMs) blocked.set(key, reason)
  }
  const { proxy } = state.options
  return { nowMs, proxy, topology, places, hosts, measures, up, blocked, pins, manual, settings }
}

function isBetter({ settings }: State, plan: Plan): boolean {
  return plan.presentSeconds > plan.plannedSeconds * (1 + settings.margin)
}

function takeOver(state: State, plan: Plan): void {
  const isNewTraffic = state.isPlanDue
  const before = state.wanted
  const wanted = new Map<string, { pair: HostPair; reason: string }>()
  for (const pair of pinnedPairs(state)) wanted.set(pairKey(pair), { pair, reason: 'pinned' })
  for (const { a, b, reason } of plan.links)
    wanted.set(pairKey({ a, b }), { pair: { a, b }, reason })
  for (const [key, mark] of before) {
    if (!wanted.has(key) && isAway(state, key)) wanted.set(key, mark)
  }
  state.isPlanDue = false
  state.wanted = wanted
  state.isPendingOld = true
  refill(state)
  tellPlan(state, plan)
  let count = staying(state.links.values())
  for (const link of state.links.values()) {
    const mark = wanted.get(link.key)
    if (mark === undefined) {
      link.unwantedMs ??= state.nowMs
      // Not the traffic has changed but what is known of the path: it was a bad choice.
      if (before.has(link.key)) link.isDropped = !isNewTraffic && link.edges.length > 0
      continue
    }
    link.isDropped = false
    link.unwantedMs = null
    if (count >= state.settings.budgets.links || !mayKeep(state, link)) continue
    keep(state, link, mark.reason)
    count += 1
  }
}

/** A link that stands and whose end is away for now: no plan can have it, and it may come back. */
function isAway({ links, hosts }: State, key: string): boolean {
  const link = links.get(key)
  if (link === undefined || link.phase !== 'standing') return false
  const { a, b } = link.pair
  return !link.isConnected || !hosts.get(a)?.isUp || !hosts.get(b)?.isUp
}

/** A link on its way out has a place again. */
function mayKeep(state: State, link: Link): boolean {
  const { key, pair } = link
  if (!canBeKept(link) || blockedBy(state.backOffs, key, state.nowMs) !== null) return false
  const { linksPerHost } = state.settings.budgets
  return endsOf(state, pair).every((host) => staying(host.links) < linksPerHost)
}

/** Pairs of hosts that people want a direct link for. */
function pinnedPairs({ pins, places, options }: State): readonly HostPair[] {
  return pins.flatMap(({ path, source, destination }) => {
    const [from, to] = [places.get(source), places.get(destination)]
    if (path !== 'direct' || from === undefined || to === undefined || from === to) return []
    return from === options.proxy || to === options.proxy ? [] : [hostPair(from, to)]
  })
}

/** Only what is new: the same plan again is no news. */
function tellPlan(state: State, plan: Plan): void {
  const text = plan.links.map(pairKey).sort().join(', ')
  if (text === state.toldPlan) return
  state.toldPlan = text
  state.planNumber += 1
  const [present, planned] = [plan.presentSeconds, plan.plannedSeconds].map(percent)
  const reason =
    `${plan.links.length} links: traffic of a second takes ${planned} s, ` +
    `${present} s as it is; the limit is then: ${plan.bottleneck}`
  tell(state, 'plan', { reason })
}

const percent = (seconds: number) => seconds.toPrecision(3)

/** Orders what should be and is not, as far as there is room. */
export function placeOrders(state: State, after: 'tick' | 'event'): void {
  if (state.grace !== null || state.settings.level !== 'auto') return
  const { pending } = state
  const kept: string[] = []
  const lacking: HostPair[] = []
  const end = after === 'tick' ? pending.length : Math.min(pending.length, SCAN_MAX)
  let looked = 0
  for (; looked < end && state.ordersInFlight < ORDERS_IN_FLIGHT_MAX; looked += 1) {
    const key = pending[looked] ?? ''
    if (mayStillWait(state, key, lacking)) kept.push(key)
  }
  pending.splice(0, looked, ...kept)
  if (lacking.length > 0) makeRoom(state, lacking)
}

/** Orders the link if that is possible. True: it is worth to look at it again soon. */
function mayStillWait(state: State, key: string, lacking: HostPair[]): boolean {
  const mark = state.wanted.get(key)
  if (mark === undefined || state.links.has(key)) return false
  const { pair, reason } = mark
  const hosts = endsOf(state, pair)
  // What stands in the way sets `isPendingOld` when it is gone.
  if (blockedBy(state.backOffs, key, state.nowMs) !== null) return false
  if (!hosts.every((host) => host.isUp) || !hosts.some((host) => host.canBeDialled)) return false
  if (hosts.some(refusesRules)) return false
  const { links, linksPerHost } = state.settings.budgets
  if (state.links.size >= links || hosts.some((host) => host.links.size >= linksPerHost)) {
    lacking.push(pair)
    return false
  }
  if (!mayOrder(state, pair)) return true
  orderLink(state, pair, reason)
  return false
}

/** Takes links that nobody uses or wants away before their time, one for each that has no room. */
function makeRoom(state: State, lacking: readonly HostPair[]): void {
  const { links, linksPerHost } = state.settings.budgets
  const drop = (among: Iterable<Link>, most: number): void => {
    let dropped = 0
    for (const link of among) {
      if (dropped >= most) return
      const isIdle = link.unusedMs !== null && !state.wanted.has(link.key)
      if (!isIdle || link.isManual || link.phase !== 'standing') continue
      withdraw(state, link, 'nobody uses it, and another needs its place')
      dropped += 1
    }
  }
  for (const pair of lacking) {
    for (const host of endsOf(state, pair)) {
      if (host.links.size >= linksPerHost) drop(host.links, 1)
    }
  }
  if (state.links.size >= links) drop(state.links.values(), lacking.length)
}

/** Looks through what is wanted again. Costs a look at each link of the plan. */
export function refill(state: State): void {
  if (!state.isPendingOld) return
  state.isPendingOld = false
  state.pending = [...state.wanted.keys()].filter((key) => !state.links.has(key))
}

/** Withdraws a link that stands if it is not wanted any more and has stood long enough. */
export function letGo(state: State, link: Link): void {
  if (link.phase !== 'standing' || link.isManual) return
  const { level, dwellMs } = state.settings
  if (level === 'off') withdraw(state, link, 'the adaptation is off')
  if (level !== 'auto' || state.wanted.has(link.key)) return
  const { nowMs } = state
  if (nowMs - link.stoodMs < dwellMs) return
  if (link.unusedMs !== null) {
    if (nowMs - link.unusedMs >= dwellMs) withdraw(state, link, 'nobody uses it')
    return
  }
  // It is in use: one plan may be an error, the next would take it back.
  if (link.unwantedMs === null || nowMs - link.unwantedMs < UNWANTED_MS) return
  if (link.isDropped) giveUp(state, link, whyOnStar(state, link))
  else withdraw(state, link, whyOnStar(state, link))
}

/** The plan's reason, found in a map that is made once a plan. */
function whyOnStar({ plan }: State, { key }: Link): string {
  if (plan === null) return 'there is no plan'
  let reasons = REASONS.get(plan)
  if (reasons === undefined) {
    reasons = new Map(plan.onStar.map((pair) => [pairKey(pair), pair.reason]))
    REASONS.set(plan, reasons)
  }
  return reasons.get(key) ?? 'the plan is better without it'
}

const REASONS = new WeakMap<Plan, ReadonlyMap<string, string>>()

/** After budgets fell or links were made by hand: the least worthy go at once. */
export function shedOverBudget(state: State): void {
  const { links: linksMax, linksPerHost } = state.settings.budgets
  const rank = new Map([...state.wanted.keys()].map((key, at) => [key, at]))
  const worth = (link: Link) => rank.get(link.key) ?? Number.POSITIVE_INFINITY
  const byWorth = (links: Iterable<Link>) =>
    [...links]
      .filter((link) => !link.isManual && link.phase === 'standing')
      .sort((one, other) => worth(other) - worth(one) || (one.key < other.key ? -1 : 1))
  const shed = (links: Iterable<Link>, excess: number): void => {
    if (excess <= 0) return
    for (const link of byWorth(links).slice(0, excess)) {
      withdraw(state, link, 'there is room for fewer links')
    }
  }
  for (const host of state.hosts.values()) shed(host.links, staying(host.links) - linksPerHost)
  shed(state.links.values(), staying(state.links.values()) - linksMax)
}

/** How many stay as things are. */
function staying(links: Iterable<Link>): number {
  let count = 0
  for (const { phase } of links) if (phase === 'ordering' || phase === 'standing') count += 1
  return count
}
