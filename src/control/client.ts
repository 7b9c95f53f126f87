// The admin API from the other side: typed calls over a daemon's unix socket. The CLI, the lab and
// the tests use it.

import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { AdaptLevel } from '../adapt/types.ts'
import { messageOf, VnetError } from '../base/errors.ts'
import type { MacAddress } from '../base/mac.ts'
import type { LinkInfo, PortInfo } from '../plane/plane.ts'
import type { AdaptView, PathPinRequest } from './adaptation.ts'
import type {
  ApiError,
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
import type { PinRow } from './backend.ts'
import type { NetworkView } from './network.ts'
import type { Explanation, PlanView } from './planned.ts'

/** Longer than the longest act of a daemon (a fast-path link tries both sides: some 5 s). */
const ANSWER_TIMEOUT_MS = 70_000
/** An answer of a proxy with full tables. */
const ANSWER_BYTES_MAX = 256 * 1_048_576

type Query = Readonly<Record<string, string | number | boolean | undefined>>

export class AdminClient {
  readonly socket: string

  constructor(socket: string) {
    this.socket = socket
  }

  status = () => this.#get<Status>('/v1/status')
  hosts = () => this.#get<HostRow[]>('/v1/hosts')
  ports = () => this.#get<PortInfo[]>('/v1/ports')
  links = () => this.#get<LinkInfo[]>('/v1/links')
  macs = () => this.#get<MacRow[]>('/v1/macs')
  rules = () => this.#get<RuleRow[]>('/v1/rules')
  drops = () => this.#get<DropsRow[]>('/v1/drops')
  counters = () => this.#get<PairRow[]>('/v1/counters')
  doctor = () => this.#get<Check[]>('/v1/doctor')
  tokens = () => this.#get<TokenRow[]>('/v1/tokens')
  pins = () => this.#get<PinRow[]>('/v1/pins')
  audit = (lines?: number) => this.#get<AuditRow[]>('/v1/audit', { lines })

  network = () => this.#get<NetworkView>('/v1/network')
  matrix = () => this.#get<MatrixView>('/v1/matrix')
  topology = () => this.#get<TopologyView>('/v1/topology')
  parameters = () => this.#get<ParameterRow[]>('/v1/parameters')
  guestNames = () => this.#get<GuestName[]>('/v1/guests')
  /** Newest first. */
  history = (query: { readonly sinceMs?: number; readonly limit?: number } = {}) =>
    this.#get<HistoryRow[]>('/v1/history', query)

  setParameter(name: string, value: number): Promise<ParameterRow> {
    return this.#call('PUT', `/v1/parameters/${encodeURIComponent(name)}`, { value })
  }
  /** An empty name takes it away. */
  nameGuest({ mac, name }: GuestName): Promise<GuestName> {
    return this.#call('PUT', `/v1/guests/${mac}`, { name })
  }
  /** `host`: at the proxy, the host that gets the rule. */
  setRule(rule: RuleRequest, host?: string): Promise<void> {
    return this.#act('POST', pathOf('/v1/rules', { host }), rule)
  }
  removeRule(rule: RuleRequest, host?: string): Promise<void> {
    return this.#act('DELETE', pathOf('/v1/rules', { host }), rule)
  }
  addLink(link: LinkRequest): Promise<LinkOrderResult> {
    return this.#call('POST', '/v1/links', link)
  }
  removeLink(link: LinkRequest): Promise<LinkOrderResult> {
    return this.#call('DELETE', '/v1/links', link)
  }
  ping(ping: PingRequest): Promise<PingResult> {
    return this.#call('POST', '/v1/ping', ping)
  }
  createToken(token: TokenRequest = {}): Promise<TokenCreated> {
    return this.#call('POST', '/v1/tokens', token)
  }
  removeToken(id: string): Promise<void> {
    return this.#act('DELETE', `/v1/tokens/${encodeURIComponent(id)}`)
  }
  revoke(host: string): Promise<void> {
    return this.#act('POST', '/v1/revoke', { host })
  }
  setPin(pin: PinRow): Promise<void> {
    return this.#act('POST', '/v1/pins', pin)
  }
  removePin(mac: MacAddress): Promise<void> {
    return this.#act('DELETE', '/v1/pins', { mac })
  }
  adaptation(): Promise<AdaptView> {
    return this.#get('/v1/adaptation')
  }
  setAdaptation(level: AdaptLevel): Promise<AdaptView> {
    return this.#call('PUT', '/v1/adaptation', { level })
  }
  pinPath(pin: PathPinRequest): Promise<void> {
    return this.#act('PUT', '/v1/adaptation/pins', pin)
  }
  plan(): Promise<PlanView> {
    return this.#get('/v1/plan')
  }
  explain(a: string, b: string): Promise<Explanation> {
    return this.#get('/v1/explain', { a, b })
  }
  reload(): Promise<ReloadResult> {
    return this.#call('POST', '/v1/reload')
  }

  /** A pcap file as it grows; destroying the stream ends the capture. */
  capture(options: {
    readonly port?: string
    readonly link?: string
    readonly snap?: number
  }): Promise<IncomingMessage> {
    return this.#open('GET', pathOf('/v1/capture', options))
  }

  /** Log records, one JSON object a line; with `follow` the stream goes on. */
  logs(options: { readonly follow?: boolean; readonly lines?: number } = {}) {
    return this.#open('GET', pathOf('/v1/logs', options))
  }

  /** Records of the adaptation, one JSON object a line; with `follow` the stream goes on. */
  events(options: { readonly follow?: boolean; readonly lines?: number } = {}) {
    return this.#open('GET', pathOf('/v1/events', options))
  }

  #get<T>(path: string, query: Query = {}): Promise<T> {
    return this.#call('GET', pathOf(path, query))
  }

  async #act(method: string, path: string, body?: unknown): Promise<void> {
    await this.#call(method, path, body)
  }

  async #call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.#open(method, path, body)
    return JSON.parse(await readAll(response)) as T
  }

  /** @throws VnetError of the daemon, or `daemon-unreachable`. */
  async #open(method: string, path: string, body?: unknown): Promise<IncomingMessage> {
    const response = await this.#send(method, path, body)
    if ((response.statusCode ?? 500) < 400) return response
    throw readError(await readAll(response), response.statusCode ?? 500)
  }

  #send(method: string, path: string, body: unknown): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const text = body === undefined ? undefined : JSON.stringify(body)
      // Without a length Node would send the body of a DELETE as if it were the next request.
      const headers =
        text === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
      const call = request({ socketPath: this.socket, method, path, headers }, (response) => {
        call.setTimeout(0) // a stream may be silent for as long as it likes
        resolve(response)
      })
      call.on('error', (error) => reject(unreachable(this.socket, error)))
      giveUpAfter(call, ANSWER_TIMEOUT_MS)
      call.end(text)
    })
  }
}

function giveUpAfter(call: ClientRequest, timeoutMs: number): void {
  call.setTimeout(timeoutMs, () => call.destroy(new Error(`no answer within ${timeoutMs} ms`)))
}

function pathOf(path: string, query: Query): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined)
  const text = new URLSearchParams(
    given.map(([key, value]): [string, string] => [key, String(value)]),
  ).toString()
  return text === '' ? path : `${path}?${text}`
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response) {
    chunks.push(chunk as Buffer)
    bytes += (chunk as Buffer).length
    if (bytes > ANSWER_BYTES_MAX) throw new VnetError('answer-too-big', 'the answer is too big')
  }
  return Buffer.concat(chunks).toString('utf8')
}

function readError(text: string, status: number): VnetError {
  try {
    const { error } = JSON.parse(text) as ApiError
    const hint = error.hint === undefined ? {} : { hint: error.hint }
    return new VnetError(error.code, error.message, hint)
  } catch (cause) {
    return new VnetError('answer-invalid', `the daemon answered with status ${status}`, { cause })
  }
}

function unreachable(socket: string, cause: Error & { readonly code?: string }): VnetError {
  if (cause.code === 'EACCES') {
    return new VnetError('daemon-unreachable', `no permission to use ${socket}`, {
      hint: 'run as root, or as the user of the daemon',
      cause,
    })
  }
  const why =
    cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED'
      ? 'no daemon answers'
      : messageOf(cause)
  return new VnetError('daemon-unreachable', `${why} on ${socket}`, {
    hint: "start the daemon ('vnet proxy' or 'vnet host'), or name its socket with --socket",
    cause,
  })
}
