// The controller of the adaptation: a function of state and event, without clock, chance or I/O,
// that says what is to be done. The daemon runs it, the simulator and property tests do. One
// event's way:
//  1. hear    what has changed: hosts, places, traffic, measures, links, answers
//  2. plan    at once for new traffic, else now and then                        (wanted.ts)
//  3. order   the links that should be and are not; let go what is not wanted   (life.ts)
//  4. rules   the sets that have changed, to the hosts that can take them       (path-rules.ts)
// Nothing is taken from the star: no rules means that everything goes there.

import { blockedBy, passBackOffs } from './back-off.ts'
import { giveUp, keep, LOST_HOST_MS, linkChanged, tickLink, withdraw } from './life.ts'
import { flushRules, forgetSent, rulesAnswered, tickRules } from './path-rules.ts'
import { addLink, type Grace, hostOf, markDirty, markHostDirty, type State } from './state.ts'
import { dropRetained, isRegroupDue, regroup, sameEdges, takePlaces } from './traffic.ts'
import {
  type AdaptCommand,
  type AdaptEvent,
  type AdaptSettings,
  type HostPair,
  hostPair,
  measureKey,
  type PathMeasure,
  pairKey,
} from './types.ts'
import { letGo, placeOrders, planIfDue, refill, shedOverBudget } from './wanted.ts'
import { worseThanStar } from './worse.ts'

export { createState, type Options as ControllerOptions, type State } from './state.ts'
export { problemInput } from './wanted.ts'

/** A link found worse so often, one measurement after the other, is given up. */
const WORSE_MAX = 2
/** How long links found at the start wait for their hosts. */
const GRACE_MS_MAX = 10_000
const TIDY_MS = 10_000
/** Figures of paths that nobody has measured for so long are forgotten. */
const MEASURE_MS_MAX = 900_000

/**
 * Takes an event and says what is to be done. The state that is handed in is changed and given
 * back; equal states and events give equal results. Events that contradict what is known (an answer
 * to nothing, a host that is up already) do no harm.
 */
export function step(
  state: State,
  event: AdaptEvent,
): { readonly state: State; readonly commands: readonly AdaptCommand[] } {
  hear(state, event)
  if (state.grace === null) act(state, event.kind === 'tick' ? 'tick' : 'event')
  const commands = state.outbox
  state.outbox = []
  return { state, commands }
}

function act(state: State, after: 'tick' | 'event'): void {
  if (isRegroupDue(state) && regroup(state)) wantPlan(state)
  planIfDue(state)
  placeOrders(state, after)
  flushRules(state)
}

function hear(state: State, event: AdaptEvent): void {
  switch (event.kind) {
    case 'tick':
      tick(state, event.nowMs)
      return
    case 'host-up':
      hostUp(state, event.host, event.canBeDialled)
      return
    case 'host-down':
      hostDown(state, event.host)
      return
    case 'places':
      takePlaces(state, event.places)
      return
    case 'topology':
      if (!sameEdges(state.topology.edges, event.topology.edges)) state.isTrafficOld = true
      state.topology = event.topology
      wantPlanSoon(state)
      return
    case 'measures':
      measured(state, event.measures)
      return
    case 'link':
      linkChanged(state, event)
      return
    case 'rules':
      rulesAnswered(state, hostOf(state, event.host), event)
      return
    case 'settings':
      setSettings(state, event.settings)
      return
    case 'pins':
      state.pins = event.pins
      state.isTrafficOld = true
      wantPlan(state)
      return
    case 'manual-links':
      setManual(state, event.pairs)
      return
  }
}

/** The traffic or people's wishes are other ones: the next plan counts. */
function wantPlan(state: State): void {
  state.replan = 'at-once'
  state.isPlanDue = true
}

/** Something is known better than before. */
function wantPlanSoon(state: State): void {
  if (state.replan === 'no') state.replan = 'paced'
}

function tick(state: State, nowMs: number): void {
  // A clock that goes back stands still.
  state.nowMs = Math.max(state.nowMs, nowMs)
  state.regrouped = 0
  if (state.grace !== null) {
    if (!isGraceOver(state, state.grace)) return
    state.grace = null
    for (const link of state.links.values()) {
      link.stoodMs = state.nowMs
      link.downSinceMs = state.nowMs
    }
    if (state.settings.level === 'auto') shedOverBudget(state)
    state.isTrafficOld = true
    wantPlan(state)
  }
  if (passBackOffs(state.backOffs, state.nowMs)) {
    state.isPendingOld = true
    for (const pair of state.manual.values()) markDirty(state, { pair })
    wantPlanSoon(state)
  }
  for (const link of state.links.values()) {
    letGo(state, link)
    tickLink(state, link)
  }
  tickRules(state)
  if (state.nowMs - state.tidiedMs >= TIDY_MS) tidy(state)
  refill(state)
}

/**
 * After the proxy's start nothing is touched until what goes on has been seen: its links' hosts are
 * back and the inference had its time since, or the wait was too long.
 */
function isGraceOver(state: State, grace: Grace): boolean {
  grace.startedMs ??= state.nowMs
  for (const name of grace.awaited) {
    if (!hostOf(state, name).isUp) continue
    grace.awaited.delete(name)
    grace.completeMs = state.nowMs
  }
  const settleMs = state.options.settleMs ?? 0
  if (state.nowMs - grace.startedMs >= Math.max(GRACE_MS_MAX, settleMs)) return true
  const sinceMs = Math.max(grace.startedMs, grace.completeMs)
  return grace.awaited.size === 0 && state.nowMs - sinceMs >= settleMs
}

function hostUp(state: State, name: string, canBeDialled: boolean): void {
  const host = hostOf(state, name)
  forgetSent(state, host)
  host.isUp = true
  host.canBeDialled = canBeDialled
  // Whatever it has by now, it gets its rules whole.
  host.rules = null
  host.rulesFailures = 0
  host.rulesRetryMs = 0
  for (const link of host.links) link.downSinceMs = Math.max(link.downSinceMs, state.nowMs)
  state.isPendingOld = true
  markHostDirty(state, host)
  wantPlanSoon(state)
}

function hostDown(state: State, name: string): void {
  const host = hostOf(state, name)
  if (!host.isUp) return
  forgetSent(state, host)
  host.isUp = false
  host.downSinceMs = state.nowMs
  state.dirty.delete(host)
  wantPlanSoon(state)
}

function measured(state: State, measures: readonly PathMeasure[]): void {
  for (const path of measures) {
    state.measures.set(measureKey(path), path)
    if (path.role !== 'fast-path') continue
    const link = state.links.get(pairKey(hostPair(path.from, path.to)))
    if (link?.phase !== 'standing') continue
    const stars = [path.from, path.to].map((end) => starMeasure(state, end))
    const reason = worseThanStar({ path, stars })
    link.worse = reason === null ? 0 : link.worse + 1
    const isKnown = blockedBy(state.backOffs, link.key, state.nowMs) !== null
    if (reason !== null && link.worse >= WORSE_MAX && !isKnown) giveUp(state, link, reason)
  }
  wantPlanSoon(state)
}

/** Of either direction: loss and delay are seen by whoever measures. */
function starMeasure({ measures, options }: State, host: string): PathMeasure | undefined {
  const { proxy } = options
  return (
    measures.get(measureKey({ from: host, to: proxy })) ??
    measures.get(measureKey({ from: proxy, to: host }))
  )
}

function setSettings(state: State, settings: AdaptSettings): void {
  state.settings = settings
  if (settings.level === 'off') {
    state.wanted = new Map()
    state.pending = []
    state.toldPlan = ''
  }
  for (const link of state.links.values()) {
    markDirty(state, link)
    if (settings.level === 'off' && state.grace === null) letGo(state, link)
  }
  if (state.grace === null && settings.level !== 'recommend') shedOverBudget(state)
  wantPlan(state)
}

function setManual(state: State, pairs: readonly HostPair[]): void {
  const manual = new Map(pairs.map((pair) => [pairKey(pair), pair]))
  state.manual = manual
  for (const link of state.links.values()) {
    const wasManual = link.isManual
    link.isManual = manual.has(link.key)
    if (link.isManual) keep(state, link, 'made by hand')
    // Whoever made it takes it away now; if the plan wants it, it is made anew.
    else if (wasManual) withdraw(state, link, 'it was made by hand, and is not wanted any more')
  }
  for (const [key, pair] of manual) {
    if (state.links.has(key)) continue
    addLink(state, pair, { phase: 'standing', reason: 'made by hand' })
  }
  for (const link of state.links.values()) markDirty(state, link)
  if (state.grace === null && state.settings.level === 'auto') shedOverBudget(state)
  wantPlan(state)
}

/** Forgets hosts that are gone and figures that are old. */
function tidy(state: State): void {
  state.tidiedMs = state.nowMs
  for (const [name, host] of state.hosts) {
    const isGone = !host.isUp && state.nowMs - host.downSinceMs >= LOST_HOST_MS
    if (isGone && host.links.size === 0) state.hosts.delete(name)
  }
  dropRetained(state)
  for (const [key, { atMs }] of state.measures) {
    if (state.nowMs - atMs >= MEASURE_MS_MAX) state.measures.delete(key)
  }
}
