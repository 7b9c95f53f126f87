// What the controller knows: hosts and what they were told, links and where each is in its life,
// who talks to whom. Only the functions of this folder change it, and only within a step.

import type { MacAddress } from '../base/mac.ts'
import type { EdgeKey, Topology } from '../infer/types.ts'
import { type BackOffs, createBackOffs } from './back-off.ts'
import type {
  AdaptCommand,
  AdaptRecord,
  AdaptSettings,
  BuildProblem,
  HostPair,
  LinkPhase,
  PathMeasure,
  PathRule,
  Pin,
  Plan,
  PlanLinks,
} from './types.ts'
import { pairKey } from './types.ts'

/** A set of rules on its way to a host. */
export interface SentRules {
  readonly sequence: number
  readonly atMs: number
  readonly rules: readonly PathRule[]
}

export interface Host {
  readonly name: string
  isUp: boolean
  canBeDialled: boolean
  downSinceMs: number
  /** Orders about its links that are not answered yet. */
  orders: number
  readonly links: Set<Link>
  /** Not answered yet; one at a time. */
  sent: SentRules | null
  /** What it has acknowledged since it came up; null: it may have anything. */
  rules: readonly PathRule[] | null
  /** Peers that rules at the host may still name, by what was sent and acknowledged. */
  via: Set<string>
  /** Its rules may have to change. */
  isDirty: boolean
  rulesFailures: number
  rulesRetryMs: number
}

export interface Link {
  readonly pair: HostPair
  readonly key: string
  phase: LinkPhase
  sinceMs: number
  isConnected: boolean
  /** Since when it is not; meaningless while it is. */
  downSinceMs: number
  isManual: boolean
  /** When it came to stand. */
  stoodMs: number
  /** When it fell, lately. */
  fallsMs: readonly number[]
  /** Not in use before: it fell, and has to show that it stands. */
  usableMs: number
  /** Since when no guests at its ends talk; null: they do. */
  unusedMs: number | null
  edges: readonly EdgeKey[]
  /** A measurement said it is worse than the star, so many times one after the other. */
  worse: number
  /** The plan dropped it although its guests talk: it is left alone when it is gone. */
  isDropped: boolean
  /** Since when no plan has it; null: it is wanted. */
  unwantedMs: number | null
  /** An order about it is not answered yet. */
  isAsked: boolean
  /** Removing: how often it was ordered, and when next. */
  tries: number
  retryMs: number
  reason: string
}

export interface Options {
  /** The proxy's name; it is no end of a fast path. */
  readonly proxy: string
  readonly settings: AdaptSettings
  readonly buildProblem: BuildProblem
  readonly planLinks: PlanLinks
  /** For the jitter of pauses. */
  readonly seed: number
  /** Links of the adaptation that stood when the proxy ended; hosts keep them. */
  readonly standing?: readonly HostPair[]
  /** How long the inference needs to see again what goes on: two smoothing intervals. */
  readonly settleMs?: number
  /** Must be more than any that a proxy before this one sent. Default: 1. */
  readonly firstSequence?: number
}

export interface State {
  readonly options: Options
  settings: AdaptSettings
  nowMs: number
  readonly hosts: Map<string, Host>
  readonly links: Map<string, Link>
  readonly backOffs: BackOffs
  readonly measures: Map<string, PathMeasure>
  topology: Topology
  /** As told, and with the guests of hosts that are away. */
  toldPlaces: ReadonlyMap<MacAddress, string>
  places: ReadonlyMap<MacAddress, string>
  retained: Map<MacAddress, string>
  pins: readonly Pin[]
  manual: Map<string, HostPair>
  /** Who talks across each pair of hosts. */
  traffic: ReadonlyMap<string, readonly EdgeKey[]>
  isTrafficOld: boolean
  /** Edges that were looked at since the last tick. */
  regrouped: number
  tidiedMs: number
  /** The links that should be, in order of their worth, and why. */
  wanted: ReadonlyMap<string, { readonly pair: HostPair; readonly reason: string }>
  /** Those of them that are to be ordered; made anew when `isPendingOld`. */
  pending: string[]
  isPendingOld: boolean
  plan: Plan | null
  planNumber: number
  /** Of the plan that was told last. */
  toldPlan: string
  plannedMs: number
  replan: 'no' | 'paced' | 'at-once'
  /** The plan of the next time is taken without having to be better. */
  isPlanDue: boolean
  /** Hosts whose rules can be sent. */
  readonly dirty: Set<Host>
  rulesInFlight: number
  ordersInFlight: number
  sequence: number
  /** Nothing is ordered before this; null: it has not begun, or it is over. */
  grace: Grace | null
  outbox: AdaptCommand[]
}

export interface Grace {
  /** Null: no tick has come yet. */
  startedMs: number | null
  /** The last of the hosts with links came up. */
  readonly awaited: Set<string>
  completeMs: number
}

const NO_TOPOLOGY: Topology = { guests: [], edges: [] }
const SETTLE_MS = 2_000

export function createState(options: Options): State {
  const standing = options.standing ?? []
  const state: State = {
    options: { settleMs: SETTLE_MS, ...options },
    settings: options.settings,
    nowMs: 0,
    hosts: new Map(),
    links: new Map(),
    backOffs: createBackOffs(),
    measures: new Map(),
    topology: NO_TOPOLOGY,
    toldPlaces: new Map(),
    places: new Map(),
    retained: new Map(),
    pins: [],
    manual: new Map(),
    traffic: new Map(),
    isTrafficOld: false,
    regrouped: 0,
    tidiedMs: 0,
    wanted: new Map(),
    pending: [],
    isPendingOld: false,
    plan: null,
    planNumber: 0,
    toldPlan: '',
    plannedMs: Number.NEGATIVE_INFINITY,
    replan: 'no',
    isPlanDue: false,
    dirty: new Set(),
    rulesInFlight: 0,
    ordersInFlight: 0,
    sequence: options.firstSequence ?? 1,
    grace: standing.length === 0 ? null : { startedMs: null, awaited: new Set(), completeMs: 0 },
    outbox: [],
  }
  for (const pair of standing) {
    addLink(state, pair, { phase: 'standing', reason: 'it stood when the proxy started' })
    state.grace?.awaited.add(pair.a).add(pair.b)
  }
  return state
}

export function hostOf(state: State, name: string): Host {
  const known = state.hosts.get(name)
  if (known !== undefined) return known
  const host: Host = {
    name,
    isUp: false,
    canBeDialled: false,
    downSinceMs: state.nowMs,
    orders: 0,
    links: new Set(),
    sent: null,
    rules: null,
    via: new Set(),
    isDirty: false,
    rulesFailures: 0,
    rulesRetryMs: 0,
  }
  state.hosts.set(name, host)
  return host
}

export function endsOf(state: State, pair: HostPair): readonly [Host, Host] {
  return [hostOf(state, pair.a), hostOf(state, pair.b)]
}

export function addLink(
  state: State,
  pair: HostPair,
  { phase, reason }: { readonly phase: LinkPhase; readonly reason: string },
): Link {
  const key = pairKey(pair)
  const edges = state.traffic.get(key) ?? []
  const link: Link = {
    pair,
    key,
    phase,
    sinceMs: state.nowMs,
    isConnected: false,
    downSinceMs: state.nowMs,
    isManual: state.manual.has(key),
    stoodMs: state.nowMs,
    fallsMs: [],
    usableMs: 0,
    unusedMs: edges.length > 0 ? null : state.nowMs,
    edges,
    worse: 0,
    isDropped: false,
    unwantedMs: state.wanted.has(key) ? null : state.nowMs,
    isAsked: false,
    tries: 0,
    retryMs: 0,
    reason,
  }
  state.links.set(key, link)
  for (const host of endsOf(state, pair)) host.links.add(link)
  return link
}

export function forgetLink(state: State, link: Link): void {
  state.links.delete(link.key)
  for (const host of endsOf(state, link.pair)) host.links.delete(link)
  state.isPendingOld = true
  markDirty(state, link)
}

/** Rules at both ends of a link may have to change. */
export function markDirty(state: State, { pair }: Pick<Link, 'pair'>): void {
  for (const host of endsOf(state, pair)) markHostDirty(state, host)
}

export function markHostDirty(state: State, host: Host): void {
  host.isDirty = true
  if (host.isUp && host.sent === null) state.dirty.add(host)
}

export function tell(
  state: State,
  action: AdaptRecord['action'],
  what: { readonly pair?: HostPair; readonly host?: string; readonly reason: string },
): void {
  const { pair = null, host = null, reason } = what
  const plan = state.planNumber === 0 ? null : state.planNumber
  const record: AdaptRecord = { atMs: state.nowMs, action, pair, host, reason, plan }
  state.outbox.push({ kind: 'tell', record })
}
