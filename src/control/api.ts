// The local admin API as types: HTTP with JSON bodies over a unix socket (mode 0600). The CLI, the
// lab and the tests use nothing else. Paths are versioned by `/v1`; errors have one form, ApiError.
//
// GET  /v1/status                -> Status
// GET  /v1/hosts                 -> HostRow[]   (proxy: all joined; host: itself and its peers)
// GET  /v1/ports                 -> PortInfo[]
// GET  /v1/links                 -> LinkInfo[]
// GET  /v1/macs                  -> MacRow[]
// GET  /v1/rules                 -> RuleRow[]
// POST /v1/rules                 RuleRequest  -> {}   ?host=NAME at the proxy: on that host
// DELETE /v1/rules               RuleRequest  -> {}
// GET  /v1/drops                 -> DropsRow[]
// GET  /v1/counters              -> PairRow[]   totals since start, rates of the last interval
// POST /v1/links                 LinkRequest  -> LinkOrderResult   (proxy: a fast path a <-> b)
// DELETE /v1/links               LinkRequest  -> LinkOrderResult
// POST /v1/ping                  PingRequest  -> PingResult        one echo
// GET  /v1/capture?port=|link=&snap=   -> pcap stream (application/vnd.tcpdump.pcap)
// GET  /v1/doctor                -> Check[]
// GET  /v1/logs?follow=&lines=   -> newline-delimited JSON log records
// GET  /v1/tokens                -> TokenRow[]           (proxy)
// POST /v1/tokens                TokenRequest -> TokenCreated
// DELETE /v1/tokens/:id          -> {}
// POST /v1/revoke                {host} -> {}            (proxy)
// GET  /v1/audit?lines=          -> AuditRow[]           (proxy)
// GET  /v1/pins, POST /v1/pins {mac,host}, DELETE /v1/pins {mac}    (proxy)
// POST /v1/reload                -> ReloadResult
// GET  /v1/matrix                -> MatrixView           (proxy)
// GET  /v1/topology              -> TopologyView         (proxy)
// GET  /v1/history?sinceMs=&limit=  -> HistoryRow[]      (proxy) newest first
// GET  /v1/parameters            -> ParameterRow[]       (proxy)
// PUT  /v1/parameters/:name      {value} -> ParameterRow (proxy)
// GET  /v1/guests                -> GuestName[]          (proxy)
// PUT  /v1/guests/:mac           {name} -> GuestName     (proxy) an empty name takes it away
// The adaptation (GET /v1/adaptation, /v1/events ...): src/control/adaptation.ts; its plan
// (GET /v1/plan, /v1/explain): src/control/planned.ts
// GET  /v1/network               -> NetworkView          (proxy) src/control/network.ts
// The adaptation (GET /v1/adaptation, /v1/events ...): src/control/adaptation.ts
// GET  /metrics is on a TCP port of its own (config metrics.listen), Prometheus text

import type { MacAddress } from '../base/mac.ts'
import type { ParameterSpec } from '../infer/parameters.ts'
import type { ChangeEvent, Recognised, Role, TickRecord } from '../infer/types.ts'
import type {
  LinkInfo,
  MacEntry,
  PairTraffic,
  PortInfo,
  RuleInfo,
  TransportPolicy,
} from '../plane/plane.ts'

export interface ApiError {
  readonly error: { readonly code: string; readonly message: string; readonly hint?: string }
}

export interface Status {
  readonly role: 'proxy' | 'host'
  readonly name: string
  readonly network: string
  readonly version: string
  readonly pid: number
  readonly startedAtMs: number
  readonly listen: { readonly address: string; readonly port: number } | null
  readonly star: 'up' | 'down' | 'not-applicable' // host: link to the proxy
  readonly hostsUp: number // proxy: hosts with an admitted star link
  readonly hostsKnown: number
  readonly ports: number
  readonly fastPaths: number
  /** Of these, with frames in UDP datagrams by now; null at the proxy, which is no end of them. */
  readonly fastPathsByUdp: number | null
  readonly macs: number
  readonly dropsTotal: number
  /** Events of the data plane that the daemon never heard of: it was too busy. */
  readonly lostEvents: number
  readonly certificate: {
    readonly uri: string
    readonly notAfterMs: number
    readonly warning: string | null
  }
  readonly rssBytes: number
  readonly cpuSeconds: number
}

export interface HostRow {
  readonly name: string
  readonly state: 'up' | 'down' | 'revoked'
  readonly address: string | null
  readonly rttUs: number | null
  readonly sinceMs: number | null // of the state
  readonly ports: number | null
  readonly macs: number
  readonly fastPaths: readonly string[] // names of peers
  readonly rxBytes: number | null
  readonly txBytes: number | null
  readonly drops: number | null
  readonly version: string | null
  readonly certificateNotAfterMs: number | null
}

export interface MacRow extends Omit<MacEntry, 'where'> {
  readonly where: string // "port vm1", "host alpha"
  readonly pinnedTo: string | null
}

export interface RuleRow extends Omit<RuleInfo, 'target'> {
  readonly target: string // "port vm1", "host alpha", "drop"
  /** Set by people, or by the adaptation. */
  readonly origin: 'manual' | 'adapt'
}

export interface RuleRequest {
  readonly destination: MacAddress
  readonly source?: MacAddress
  /** `port:NAME`, `host:NAME` or `drop`; not needed to remove. */
  readonly target?: string
  readonly isTransit?: boolean
}

export interface DropsRow {
  readonly where: string // "total", "port vm1", "link alpha"
  readonly reason: string
  readonly count: number
}

export interface PairRow extends PairTraffic {
  readonly bytesPerSecond: number
  readonly framesPerSecond: number
}

export interface LinkRequest {
  readonly a: string
  readonly b: string
  /** To add: of the frames. Default: as it was, and `auto` for a new link. */
  readonly transport?: TransportPolicy
}

export interface LinkOrderResult {
  readonly orderId: string
  readonly state: 'up' | 'removed' | 'failed'
  readonly reason: string
}

export interface PingRequest {
  readonly host: string
  readonly sequence: number
  readonly payloadBytes?: number
  readonly timeoutMs?: number
}

export interface PingResult {
  readonly host: string
  readonly sequence: number
  readonly rttMs: number
  readonly via: 'direct' | 'proxy'
}

export interface Check {
  readonly name: string
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped'
  readonly found: string
  /** What to do; null when all is well. */
  readonly advice: string | null
}

export interface TokenRequest {
  readonly ttlSeconds?: number // default 3,600
  readonly uses?: number // default 1
  /** Only this host name may join with it. */
  readonly name?: string
}

export interface TokenCreated {
  readonly id: string
  readonly token: string
  readonly expiresAtMs: number
  /** The whole command to run on the host. */
  readonly command: string
}

export interface TokenRow {
  readonly id: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly usesLeft: number
  readonly name: string | null
}

export interface AuditRow {
  readonly atMs: number
  readonly actor: string // "admin", "host alpha", "proxy"
  readonly action: string // "token-created", "host-joined", "host-revoked", "link-added", ...
  readonly detail: string
}

export interface ReloadResult {
  /** Keys that changed and are in force now. */
  readonly changed: readonly string[]
  /** Keys that changed and need a restart of the daemon. */
  readonly restartNeeded: readonly string[]
  /** Names of ports, or `metrics`, that could not be applied; the log says why. */
  readonly failed: readonly string[]
}

export interface PortRow extends PortInfo {}
export interface LinkRow extends LinkInfo {}

/** Of the inference, with the roles as an object: MAC -> role. */
export interface RecognisedRow extends Omit<Recognised, 'roles'> {
  readonly roles: Readonly<Record<string, Role>>
}

export interface ChangeRow extends Omit<ChangeEvent, 'before' | 'after'> {
  readonly before: readonly RecognisedRow[]
  readonly after: readonly RecognisedRow[]
}

/** MAC -> name of the guest, where one is known. */
export type GuestNames = Readonly<Record<string, string>>

/** The last decision of the controller without its pairs. */
export interface TopologyView
  extends Pick<TickRecord, 'tick' | 'atMs' | 'parameters' | 'hosts' | 'topology'> {
  readonly patterns: readonly RecognisedRow[]
  /** The last change that there was, however long ago; null: none since the start. */
  readonly change: ChangeRow | null
  readonly names: GuestNames
}

/** The last decision of the controller, whole. */
export interface MatrixView extends TopologyView, Pick<TickRecord, 'pairs'> {}

/** A change as it was kept, with the topology that it led to. */
export interface HistoryRow {
  readonly id: number
  readonly change: ChangeRow
  readonly topology: TickRecord['topology']
  readonly names: GuestNames
}

export interface ParameterRow extends Omit<ParameterSpec, 'name'> {
  readonly name: string
  readonly value: number
}

export interface GuestName {
  readonly mac: MacAddress
  /** Empty: no name. */
  readonly name: string
}
