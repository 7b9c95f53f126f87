// The rules of each host: exact pairs of guests, both directions of each edge whose hosts have a
// link in use. A host gets them whole, one set at a time; the next goes when it has answered.

import { blockedBy, chanceOf } from './back-off.ts'
import { giveUp, stepWithdrawal } from './life.ts'
import {
  endsOf,
  type Host,
  type Link,
  markDirty,
  markHostDirty,
  type State,
  tell,
} from './state.ts'
import type { PathRule } from './types.ts'

/** Sets of rules on their way at once: a restart of all hosts must not fill the proxy's queues. */
export const RULES_IN_FLIGHT_MAX = 256
/** No answer by then: it is sent again. */
const ANSWER_MS = 5_000
const RETRY_FIRST_MS = 1_000
const RETRY_LAST_MS = 60_000
/** After so many failures one after the other its links are given up. */
const FAILURES_MAX = 3

/** Guests at its ends may use the link. */
export function isInUse(state: State, link: Link): boolean {
  if (link.phase !== 'standing' || !link.isConnected || state.settings.level === 'off') return false
  if (state.nowMs < link.usableMs) return false
  // One end that sets no rules keeps both on the star.
  if (endsOf(state, link.pair).some(refusesRules)) return false
  return !link.isManual || blockedBy(state.backOffs, link.key, state.nowMs) === null
}

/** It did not set its rules so often that it is not counted on. */
export function refusesRules(host: Host): boolean {
  return host.isUp && host.rulesFailures >= FAILURES_MAX
}

/** All rules that a host should have now, in an order that depends on nothing but the state. */
export function rulesOf(state: State, host: Host): readonly PathRule[] {
  const links = [...host.links].filter((link) => link.edges.length > 0 && isInUse(state, link))
  links.sort((one, other) => (one.key < other.key ? -1 : 1))
  const rules: PathRule[] = []
  for (const { pair, edges } of links) {
    const via = pair.a === host.name ? pair.b : pair.a
    const known = new Set<string>()
    for (const edge of edges) {
      const isHere = state.places.get(edge.source) === host.name
      const source = isHere ? edge.source : edge.destination
      const destination = isHere ? edge.destination : edge.source
      const key = `${source} ${destination}`
      if (known.has(key)) continue
      known.add(key)
      rules.push({ source, destination, via })
    }
  }
  return rules
}

/** Sends what has changed to the hosts that can take it. */
export function flushRules(state: State): void {
  if (state.grace !== null) return
  for (const host of state.dirty) {
    if (state.rulesInFlight >= RULES_IN_FLIGHT_MAX) return
    state.dirty.delete(host)
    if (!host.isUp || host.sent !== null || state.nowMs < host.rulesRetryMs) continue
    host.isDirty = false
    const rules = rulesOf(state, host)
    if (host.rules !== null && sameRules(host.rules, rules)) continue
    const sequence = state.sequence
    state.sequence += 1
    state.rulesInFlight += 1
    host.sent = { sequence, atMs: state.nowMs, rules }
    for (const { via } of rules) host.via.add(via)
    state.outbox.push({ kind: 'set-rules', host: host.name, sequence, rules })
  }
}

/** A host has answered, or not (`error`). */
export function rulesAnswered(
  state: State,
  host: Host,
  answer: { readonly sequence: number; readonly error: string | null },
): void {
  const { sent } = host
  if (sent === null || sent.sequence !== answer.sequence) return
  forgetSent(state, host)
  if (answer.error !== null) {
    rulesFailed(state, host, answer.error)
    return
  }
  if (refusesRules(host)) takesRulesAgain(state, host)
  host.rulesFailures = 0
  const isNews = sent.rules.length > 0 || (host.rules?.length ?? 0) > 0
  host.rules = sent.rules
  host.via = new Set(sent.rules.map(({ via }) => via))
  // A host that came and needs none is no news: hundreds may come at once.
  if (isNews) tell(state, 'rules-set', { host: host.name, reason: `${sent.rules.length} rules` })
  if (host.isDirty) markHostDirty(state, host)
  for (const link of host.links) if (link.phase === 'withdrawing') stepWithdrawal(state, link)
}

/** What was sent will not be answered. */
export function forgetSent(state: State, host: Host): void {
  if (host.sent === null) return
  host.sent = null
  state.rulesInFlight -= 1
}

/** Time passes: answers that do not come, retries that are due. */
export function tickRules(state: State): void {
  for (const host of state.hosts.values()) {
    if (host.sent !== null && state.nowMs - host.sent.atMs >= ANSWER_MS) {
      forgetSent(state, host)
      rulesFailed(state, host, 'it does not answer')
    }
    if (host.isDirty && state.nowMs >= host.rulesRetryMs) markHostDirty(state, host)
  }
}

function takesRulesAgain(state: State, host: Host): void {
  state.isPendingOld = true
  for (const link of host.links) markDirty(state, link)
}

function rulesFailed(state: State, host: Host, error: string): void {
  host.rulesFailures += 1
  host.rules = null
  host.isDirty = true
  const fullMs = RETRY_FIRST_MS * 2 ** Math.min(host.rulesFailures - 1, 16)
  const chance = chanceOf(`${state.options.seed} ${host.name} ${host.rulesFailures}`)
  host.rulesRetryMs = state.nowMs + Math.min(RETRY_LAST_MS, fullMs) * (1 + chance / 4)
  tell(state, 'rules-failed', { host: host.name, reason: error })
  if (!refusesRules(host)) return
  for (const link of host.links) {
    if (link.phase === 'standing') giveUp(state, link, `${host.name} sets no rules: ${error}`)
  }
}

function sameRules(one: readonly PathRule[], other: readonly PathRule[]): boolean {
  if (one.length !== other.length) return false
  return one.every((rule, at) => {
    const same = other[at]
    return (
      rule.source === same?.source && rule.destination === same.destination && rule.via === same.via
    )
  })
}
