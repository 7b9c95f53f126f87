// The values that pass between the stages of the adaptation: the measured network, the problem
// that the planner solves, its plan, and what the controller hears and orders. Rates are bytes a
// second as on the guest's wire, one direction; times are ms of the proxy's clock.

import type { MacAddress } from '../base/mac.ts'
import type { EdgeKey, Topology } from '../infer/types.ts'

/** One direction of a link between two daemons, as its sending end measured it. */
export interface PathMeasure {
  readonly from: string
  readonly to: string
  /** `star`: one end is the proxy. */
  readonly role: 'star' | 'fast-path'
  /** Least of the last seconds: the path without queues. */
  readonly rttMs: number | null
  /** Mean deviation of the round-trip time. */
  readonly jitterMs: number | null
  /** Share of what was sent that had to be sent again, 0..1. */
  readonly lossRatio: number | null
  /** How long a frame waits for its turn: in this end's queue and on the path. */
  readonly queueMs: number | null
  /** What the path delivered when it was tried: an estimate of its capacity. */
  readonly bytesPerSecond: number | null
  /** False: `bytesPerSecond` is only what was asked of it so far; it may carry more. */
  readonly isSaturated: boolean
  /** What it carries now. */
  readonly loadBytesPerSecond: number
  /** When its end last told of it. */
  readonly atMs: number
  /** When it delivered `bytesPerSecond`; null: never. */
  readonly rateAtMs?: number | null
  /** Of `bytesPerSecond`, 0..1; falls with age and with few samples. */
  readonly confidence: number
}

/** Two hosts that a fast path may join, sorted: `a` < `b`. */
export interface HostPair {
  readonly a: string
  readonly b: string
}

/** What people said of a pair of guests, in both directions. */
export interface Pin extends EdgeKey {
  readonly path: 'star' | 'direct'
}

export interface Budgets {
  readonly linksPerHost: number
  readonly links: number
}

/** `recommend`: plans are made and told, and carried out by nobody. */
export type AdaptLevel = 'off' | 'recommend' | 'auto'

export interface AdaptSettings {
  readonly level: AdaptLevel
  readonly budgets: Budgets
  /** A plan must be better by this share of the predicted time to replace what stands. */
  readonly margin: number
  /** A link that came stays at least so long, and stays so long without use. */
  readonly dwellMs: number
}

/** A host's access to the network, shared by all its links. Infinity: no limit is known. */
export interface ProblemHost {
  readonly name: string
  readonly sendBytesPerSecond: number
  readonly receiveBytesPerSecond: number
  /** Its star link. */
  readonly starSendBytesPerSecond: number
  readonly starReceiveBytesPerSecond: number
  readonly starRttMs: number
  readonly starLossRatio: number
}

/** A pair of hosts that a link may join; by index into the problem's hosts, `a` < `b`. */
export interface Candidate {
  readonly a: number
  readonly b: number
  /** Capacity of the path itself; Infinity: only its ends limit it, as far as known. */
  readonly aToBBytesPerSecond: number
  readonly bToABytesPerSecond: number
  /** Null: not measured yet; it is taken for the best that both stars allow. */
  readonly rttMs: number | null
  readonly lossRatio: number | null
  /** It is up now. */
  readonly isUp: boolean
  /** It may not be used now (cannot connect, was worse, is in back-off), and why. */
  readonly blockedBy: string | null
  /** Pinned by people: `direct` is taken before anything else, `star` never. */
  readonly pinned: 'star' | 'direct' | null
}

/** In place of a host's index: the proxy itself, for guests of its own network. */
export const PROXY_INDEX = -1

/** Traffic between two different hosts, one direction: all edges of the topology between them. */
export interface Demand {
  /** By index into the problem's hosts, or `PROXY_INDEX`: such traffic is always on the star. */
  readonly source: number
  readonly destination: number
  readonly bytesPerSecond: number
  readonly isThrottled: boolean
  /** People pinned these guests to the star; a link between their hosts does not carry them. */
  readonly staysOnStar?: boolean
}

/** All that the planner looks at. Pure numbers, so that 100,000 demands are cheap. */
export interface Problem {
  readonly proxy: {
    readonly sendBytesPerSecond: number
    readonly receiveBytesPerSecond: number
  }
  readonly hosts: readonly ProblemHost[]
  readonly candidates: readonly Candidate[]
  readonly demands: readonly Demand[]
  readonly budgets: Budgets
  readonly margin: number
}

/**
 * A link of the plan. `gain`: the predicted time with the links before it in the plan, over the
 * time with them and it; so the gains of all links multiply to the gain of the plan.
 */
export interface PlannedLink extends HostPair {
  readonly gain: number
  /** One sentence: which resource it relieves, by how much. */
  readonly reason: string
}

/** A pair of hosts with traffic that stays on the star, and why. */
export interface StarPair extends HostPair {
  readonly reason: string
}

export interface Plan {
  /** In the order of their worth. */
  readonly links: readonly PlannedLink[]
  readonly onStar: readonly StarPair[]
  /**
   * The communication phase by the fluid model, as seconds for the traffic that is seen in a second
   * now: with all on the star, with the links that stand, and with the plan.
   */
  readonly starSeconds: number
  readonly presentSeconds: number
  readonly plannedSeconds: number
  /** The resource that limits the plan, for people: "proxy sends", "node3 receives" ... */
  readonly bottleneck: string
}

/** A rule of a host: frames of this pair leave by the fast path to `via`. */
export interface PathRule extends EdgeKey {
  readonly via: string
}

/** What the controller hears. Time passes by ticks only: some ten a second. */
export type AdaptEvent =
  | { readonly kind: 'tick'; readonly nowMs: number }
  | { readonly kind: 'host-up'; readonly host: string; readonly canBeDialled: boolean }
  | { readonly kind: 'host-down'; readonly host: string }
  /** Guests and the hosts they are on, whole; the proxy's own name for guests of the LAN. */
  | { readonly kind: 'places'; readonly places: ReadonlyMap<MacAddress, string> }
  | { readonly kind: 'topology'; readonly topology: Topology }
  | { readonly kind: 'measures'; readonly measures: readonly PathMeasure[] }
  /**
   * What became of an order, and of links that stand, those made by hand included: `up` only after
   * payload has passed both ways at both ends; `down` while its ends dial again by themselves.
   */
  | {
      readonly kind: 'link'
      readonly pair: HostPair
      readonly state: 'up' | 'failed' | 'down' | 'removed'
      readonly reason: string
    }
  /** A host has (not) set the rules of this number. */
  | {
      readonly kind: 'rules'
      readonly host: string
      readonly sequence: number
      readonly error: string | null
    }
  | { readonly kind: 'settings'; readonly settings: AdaptSettings }
  | { readonly kind: 'pins'; readonly pins: readonly Pin[] }
  /** Links that the operator added by hand: they stand, and are used, and never withdrawn. */
  | { readonly kind: 'manual-links'; readonly pairs: readonly HostPair[] }

/** What the controller orders. */
export type AdaptCommand =
  | { readonly kind: 'add-link'; readonly pair: HostPair }
  | { readonly kind: 'remove-link'; readonly pair: HostPair; readonly reason: string }
  /** All rules of the adaptation at this host; they replace those of smaller numbers. */
  | {
      readonly kind: 'set-rules'
      readonly host: string
      readonly sequence: number
      readonly rules: readonly PathRule[]
    }
  /** For the event stream, the history and the audit log. */
  | { readonly kind: 'tell'; readonly record: AdaptRecord }

/** One decision or its outcome, as people read it. */
export interface AdaptRecord {
  readonly atMs: number
  readonly action:
    | 'plan'
    | 'link-ordered'
    | 'link-up'
    | 'link-failed'
    | 'link-down'
    | 'link-withdrawn'
    | 'rules-set'
    | 'rules-failed'
    | 'back-off'
  readonly pair: HostPair | null
  readonly host: string | null
  readonly reason: string
  /** The plan it follows from, by number; the topology's change it follows from, if any. */
  readonly plan: number | null
}

/**
 * What a problem is built from: all that the controller knows, as plain values. The maps are the
 * controller's own and change with its next step: read them, keep nothing of them.
 */
export interface ProblemInput {
  readonly nowMs: number
  /** The proxy's name, which `places` gives for guests of its LAN; never an end of a link. */
  readonly proxy: string
  readonly topology: Topology
  readonly places: ReadonlyMap<MacAddress, string>
  /** Those whose star link is up. Of two that cannot be dialled none can connect. */
  readonly hosts: ReadonlyMap<string, { readonly canBeDialled: boolean }>
  /** The newest of each direction, by `measureKey`. */
  readonly measures: ReadonlyMap<string, PathMeasure>
  /** Fast paths that are up, by `pairKey`. */
  readonly up: ReadonlyMap<string, HostPair>
  /** Pairs that may not be tried now, by `pairKey`, and why. */
  readonly blocked: ReadonlyMap<string, string>
  readonly pins: readonly Pin[]
  /** Made by hand, by `pairKey`: they stand whatever the plan says. */
  readonly manual: ReadonlyMap<string, HostPair>
  readonly settings: AdaptSettings
}

/** See problem.ts and planner.ts; the controller takes them as arguments. */
export type BuildProblem = (input: ProblemInput) => Problem
export type PlanLinks = (problem: Problem) => Plan

/** Where a link of the controller is in its life. */
export type LinkPhase =
  /** Ordered; not up at both ends yet. */
  | 'ordering'
  /** It stands: in use while it is connected and guests at its ends talk. */
  | 'standing'
  /** Its rules are being taken away at both ends. */
  | 'withdrawing'
  /** Nothing is sent into it any more; what is under way arrives. */
  | 'draining'
  | 'removing'

/** A link as people may see it. */
export interface LinkView extends HostPair {
  readonly phase: LinkPhase
  readonly isConnected: boolean
  readonly isManual: boolean
  /** The last plan has it. */
  readonly isWanted: boolean
  /** When its phase began. */
  readonly sinceMs: number
  /** Pairs of guests, one direction, that may use it. */
  readonly edges: number
  /** Why it came, or why it goes. */
  readonly reason: string
}

/** A pair of hosts that is left alone for a while. */
export interface BackOffView extends HostPair {
  readonly failures: number
  readonly untilMs: number
  readonly reason: string
}

/** The same pair, whatever the order of the names. */
export function hostPair(one: string, other: string): HostPair {
  return one < other ? { a: one, b: other } : { a: other, b: one }
}

/** A pair as the key of a map; names have no spaces. */
export function pairKey({ a, b }: HostPair): string {
  return `${a} ${b}`
}

/** One direction of a path as the key of a map. */
export function measureKey({ from, to }: { readonly from: string; readonly to: string }): string {
  return `${from} ${to}`
}
