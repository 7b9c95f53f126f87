// What the admin API asks of a daemon. Both daemons implement it; a request that a role does not
// know is refused by `notHere`. Everything here is a view or an act of a person, nothing of frames.

import { VnetError } from '../base/errors.ts'
import type { MacAddress } from '../base/mac.ts'
import type { InferenceCounters } from '../infer/types.ts'
import type { LinkInfo, PortInfo } from '../plane/plane.ts'
import type { AdaptationBackend } from './adaptation.ts'
import type {
  AuditRow,
  Check,
  DropsRow,
  GuestName,
  HistoryRow,
  HostRow,
  LinkOrderResult,
  LinkRequest,
  MacRow,
  MatrixView,
  PairRow,
  ParameterRow,
  PingRequest,
  PingResult,
  ReloadResult,
  RuleRequest,
  RuleRow,
  Status,
  TokenCreated,
  TokenRequest,
  TokenRow,
  TopologyView,
} from './api.ts'
import type { NetworkView } from './network.ts'
import type { PlanningBackend } from './planned.ts'

export interface PinRow {
  readonly mac: MacAddress
  readonly host: string
}

export interface AdminBackend {
  status(): Status
  hosts(): readonly HostRow[]
  ports(): readonly PortInfo[]
  links(): readonly LinkInfo[]
  macs(): readonly MacRow[]
  rules(): readonly RuleRow[]
  drops(): readonly DropsRow[]
  counters(): readonly PairRow[]
  /** `host`: at the proxy, the host that is to have the rule; null: this daemon. */
  setRule(request: RuleRequest, host: string | null): Promise<void>
  removeRule(request: RuleRequest, host: string | null): Promise<void>
  addLink(request: LinkRequest): Promise<LinkOrderResult>
  removeLink(request: LinkRequest): Promise<LinkOrderResult>
  ping(request: PingRequest): Promise<PingResult>
  /** A descriptor to read pcap from; closing it ends the capture. */
  capture(target: { readonly port?: string; readonly link?: string }, snapBytes: number): number
  doctor(): Promise<readonly Check[]>
  tokens(): readonly TokenRow[]
  createToken(request: TokenRequest): TokenCreated
  removeToken(id: string): void
  revoke(host: string): void
  audit(lines: number): readonly AuditRow[]
  pins(): readonly PinRow[]
  setPin(pin: PinRow): void
  removePin(mac: MacAddress): void
  reload(): Promise<ReloadResult>
  /** What is known of the application's traffic; hosts know only their own part. */
  readonly inference?: InferenceBackend
  readonly adaptation?: AdaptationBackend
  /** Its plan, and why a pair takes its path. */
  readonly planning?: PlanningBackend
  /** What is known of links; hosts know only their own. */
  readonly network?: () => NetworkView
}

/** The inference, asked and set by people. */
export interface InferenceBackend {
  matrix(): MatrixView
  topology(): TopologyView
  /** Newest first; `sinceMs` of the wall clock. */
  history(query: { readonly sinceMs: number | null; readonly limit: number }): readonly HistoryRow[]
  parameters(): readonly ParameterRow[]
  /** @throws VnetError `parameter-unknown` or `parameter-range`. */
  setParameter(name: string, value: number): ParameterRow
  guestNames(): readonly GuestName[]
  /** An empty name takes it away. */
  nameGuest(guest: GuestName): void
  /** For metrics and `vnet doctor`. */
  figures(): InferenceFigures
}

/** Totals since the start, and how it is now. */
export interface InferenceFigures extends InferenceCounters {
  /** Messages that were no part of a report. */
  readonly refusedMessages: number
  /** Pairs that a host reported of guests of another. */
  readonly foreignPairs: number
  /** From the end of a report's interval until it was taken in, added up. */
  readonly reportDelaySeconds: number
  readonly guests: number
  readonly pairs: number
  readonly edges: number
  /** Of hosts' reports: as set, or longer while the proxy is too busy. */
  readonly updateIntervalMs: number
  readonly ticks: number
  readonly tickSeconds: number
  readonly longestTickMs: number
  /** How much later than it was due a tick began, at the worst: the event loop was busy. */
  readonly latestTickMs: number
}

/** Where the API reads the log: what was written lately, and what is written from now on. */
export interface LogSource {
  /** The last records, oldest first, each one line of JSON. */
  recent(lines: number): readonly string[]
  /** Calls back for each further record until the returned function is called. */
  follow(onLine: (line: string) => void): () => void
}

/** For requests that only the other role can carry out. */
export function notHere(what: string): VnetError {
  return new VnetError('only-at-proxy', `${what} is done at the proxy, this is a host`, {
    hint: "run the command where 'vnet proxy' runs",
  })
}
