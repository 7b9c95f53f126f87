// Serves the admin API (src/control/api.ts) on a unix socket that only its owner can open. Knows
// HTTP and nothing of what it serves: that is the AdminBackend's.

import { existsSync, mkdirSync, unlinkSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { connect, Socket } from 'node:net'
import { dirname } from 'node:path'
import { PassThrough, pipeline, type Readable } from 'node:stream'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { messageOf, VnetError } from '../base/errors.ts'
import { type AdaptationBackend, addAdaptation } from './adaptation.ts'
import type { ApiError } from './api.ts'
import { type AdminBackend, type LogSource, notHere } from './backend.ts'
import { addPlanning, type PlanningBackend } from './planned.ts'
import * as schemas from './schemas.ts'

/** The largest request is a rule: some hundred bytes. */
const BODY_BYTES_MAX = 65_536
/** A follower of the log that does not read is cut off rather than buffered for. */
const FOLLOW_BUFFER_BYTES_MAX = 1_048_576

export interface AdminServerOptions {
  readonly socket: string
  readonly backend: AdminBackend
  readonly logs: LogSource
  /** Failures of the daemon itself, for its log. */
  readonly onError: (error: unknown) => void
}

export interface AdminServer {
  close(): Promise<void>
}

/**
 * Listens on the socket (mode 0600, its folder is made with 0700). A socket that a dead daemon left
 * behind is replaced; that of a living one is not.
 * @throws VnetError `admin-socket-busy` or `admin-socket`.
 */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const { socket } = options
  const app = buildApp(options)
  await claimSocket(socket)
  try {
    mkdirSync(dirname(socket), { recursive: true, mode: 0o700 })
    const old = process.umask(0o177) // never readable by others, not even for a moment
    try {
      await app.listen({ path: socket })
    } finally {
      process.umask(old)
    }
    await chmod(socket, 0o600)
  } catch (cause) {
    throw new VnetError('admin-socket', `cannot listen on ${socket}: ${messageOf(cause)}`, {
      hint: 'set admin.socket to a path that this user may write',
      cause,
    })
  }
  return { close: () => app.close() }
}

/**
 * Removes a socket that a dead daemon left behind.
 * @throws VnetError `admin-socket-busy` if a living one answers there.
 */
export async function claimSocket(path: string): Promise<void> {
  if (!existsSync(path)) return
  if (await doesAnswer(path)) {
    throw new VnetError('admin-socket-busy', `another daemon answers on ${path}`, {
      hint: 'stop it first, or set admin.socket',
    })
  }
  unlinkSync(path)
}

function doesAnswer(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path)
    probe.on('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.on('error', () => resolve(false))
  })
}

function buildApp(options: AdminServerOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: true,
    schemaController: {
      compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas },
    },
  })
  app.setErrorHandler((error, _request, reply) => sendError(reply, error, options.onError))
  app.setNotFoundHandler((request, reply) => {
    const message = `there is no ${request.method} ${request.url}`
    sendError(reply, new VnetError('not-found', message), options.onError)
  })
  // DELETE with a body is part of the API; an absent body is an empty one.
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, body === '' ? {} : JSON.parse(String(body)))
    } catch (error) {
      done(new VnetError('request-invalid', `the body is not JSON: ${messageOf(error)}`))
    }
  })
  addViews(app, options.backend)
  addActs(app, options.backend)
  addTrust(app, options.backend)
  addInference(app, options.backend)
  addAdaptation(app, () => adaptationOf(options.backend))
  addPlanning(app, () => planningOf(options.backend))
  app.get('/v1/network', () => {
    if (options.backend.network === undefined) throw notHere('measuring the whole network')
    return options.backend.network()
  })
  addStreams(app, options)
  return app
}

/** Requests are checked by zod; fastify's own compilers would cost 3 MB of memory unused. */
function noSchemas(): never {
  throw new Error('routes of the admin API have no JSON schemas')
}

function addViews(app: FastifyInstance, backend: AdminBackend): void {
  app.get('/v1/status', () => backend.status())
  app.get('/v1/hosts', () => backend.hosts())
  app.get('/v1/ports', () => backend.ports())
  app.get('/v1/links', () => backend.links())
  app.get('/v1/macs', () => backend.macs())
  app.get('/v1/rules', () => backend.rules())
  app.get('/v1/drops', () => backend.drops())
  app.get('/v1/counters', () => backend.counters())
  app.get('/v1/doctor', () => backend.doctor())
}

function addActs(app: FastifyInstance, backend: AdminBackend): void {
  const rule = (request: FastifyRequest) => ({
    rule: schemas.parse(schemas.ruleRequest, request.body) as Parameters<
      AdminBackend['setRule']
    >[0],
    host: schemas.parse(schemas.ruleQuery, request.query).host ?? null,
  })
  const link = (request: FastifyRequest) => schemas.parse(schemas.linkRequest, request.body)
  app.post('/v1/rules', async (request) => {
    const { rule: wanted, host } = rule(request)
    await backend.setRule(wanted, host)
    return {}
  })
  app.delete('/v1/rules', async (request) => {
    const { rule: wanted, host } = rule(request)
    await backend.removeRule(wanted, host)
    return {}
  })
  app.post('/v1/links', (request) => backend.addLink(link(request)))
  app.delete('/v1/links', (request) => backend.removeLink(link(request)))
  app.post('/v1/ping', (request) =>
    backend.ping(
      schemas.parse(schemas.pingRequest, request.body) as Parameters<AdminBackend['ping']>[0],
    ),
  )
  app.post('/v1/reload', () => backend.reload())
}

function addTrust(app: FastifyInstance, backend: AdminBackend): void {
  app.get('/v1/tokens', () => backend.tokens())
  app.post('/v1/tokens', (request) => {
    const wanted = schemas.parse(schemas.tokenRequest, request.body ?? {})
    return backend.createToken(wanted as Parameters<AdminBackend['createToken']>[0])
  })
  app.delete<{ Params: { id: string } }>('/v1/tokens/:id', (request) => {
    backend.removeToken(request.params.id)
    return {}
  })
  app.post('/v1/revoke', (request) => {
    backend.revoke(schemas.parse(schemas.revokeRequest, request.body).host)
    return {}
  })
  app.get('/v1/audit', (request) =>
    backend.audit(schemas.parse(schemas.auditQuery, request.query).lines),
  )
  app.get('/v1/pins', () => backend.pins())
  app.post('/v1/pins', (request) => {
    backend.setPin(schemas.parse(schemas.pinRequest, request.body))
    return {}
  })
  app.delete('/v1/pins', (request) => {
    backend.removePin(schemas.parse(schemas.pinRemoval, request.body).mac)
    return {}
  })
}

function addInference(app: FastifyInstance, backend: AdminBackend): void {
  const inference = () => {
    if (backend.inference === undefined) throw notHere('the inference of the topology')
    return backend.inference
  }
  app.get('/v1/matrix', () => inference().matrix())
  app.get('/v1/topology', () => inference().topology())
  app.get('/v1/history', (request) => {
    const { sinceMs, limit } = schemas.parse(schemas.historyQuery, request.query)
    return inference().history({ sinceMs: sinceMs ?? null, limit })
  })
  app.get('/v1/parameters', () => inference().parameters())
  app.put<{ Params: { name: string } }>('/v1/parameters/:name', (request) =>
    inference().setParameter(
      request.params.name,
      schemas.parse(schemas.parameterRequest, request.body).value,
    ),
  )
  app.get('/v1/guests', () => inference().guestNames())
  app.put('/v1/guests/:mac', (request) => {
    const { mac } = schemas.parse(schemas.guestParameters, request.params)
    const { name } = schemas.parse(schemas.guestRequest, request.body)
    inference().nameGuest({ mac, name })
    return { mac, name }
  })
}

function addStreams(app: FastifyInstance, { backend, logs }: AdminServerOptions): void {
  app.get('/v1/capture', (request, reply) => {
    const { port, link, snap } = schemas.parse(schemas.captureQuery, request.query)
    const target = {
      ...(port === undefined ? {} : { port }),
      ...(link === undefined ? {} : { link }),
    }
    const fd = backend.capture(target, snap)
    const pipe = new Socket({ fd, readable: true, writable: false })
    sendStream(reply, pipe, 'application/vnd.tcpdump.pcap')
  })
  app.get('/v1/logs', (request, reply) => {
    const query = schemas.parse(schemas.logsQuery, request.query)
    sendLines(reply, { ...query, recent: logs.recent(query.lines), source: logs.follow })
  })
  app.get('/v1/events', (request, reply) => {
    const query = schemas.parse(schemas.logsQuery, request.query)
    const { recent, follow } = adaptationOf(backend)
    const source = (onLine: (line: string) => void) =>
      follow((record) => onLine(JSON.stringify(record)))
    const lines = recent(query.lines).map((record) => JSON.stringify(record))
    sendLines(reply, { ...query, recent: lines, source })
  })
}

function planningOf({ planning }: AdminBackend): PlanningBackend {
  if (planning === undefined) throw notHere('planning')
  return planning
}

function adaptationOf({ adaptation }: AdminBackend): AdaptationBackend {
  if (adaptation === undefined) throw notHere('the adaptation')
  return adaptation
}

/** Lines that there are; with `follow` also those that come. */
function sendLines(
  reply: FastifyReply,
  {
    follow,
    recent,
    source,
  }: {
    readonly follow?: string | undefined
    readonly recent: readonly string[]
    readonly source: (onLine: (line: string) => void) => () => void
  },
): void {
  const stream = new PassThrough({ highWaterMark: FOLLOW_BUFFER_BYTES_MAX })
  for (const line of recent) stream.write(`${line}\n`)
  if (follow === undefined || follow === '0' || follow === 'false') stream.end()
  else {
    const stop = source((line) => {
      if (!stream.write(`${line}\n`)) stream.destroy()
    })
    stream.on('close', stop)
  }
  sendStream(reply, stream, 'application/x-ndjson')
}

/** Headers at once, though the first data may be long in coming; ends with the reader. */
function sendStream(reply: FastifyReply, stream: Readable, type: string): void {
  reply.hijack()
  const response = reply.raw
  response.writeHead(200, { 'content-type': type })
  response.flushHeaders()
  // Either end's fault ends both; the reader sees a broken stream, and nobody else is concerned.
  pipeline(stream, response, () => {})
}

/** HTTP status by code of error; every other VnetError is 409: the world is not so now. */
const STATUS: Readonly<Record<string, number>> = {
  'not-found': 404,
  'request-invalid': 400,
  'mac-invalid': 400,
  'name-invalid': 400,
  'rule-target-invalid': 400,
  'token-request-invalid': 400,
  'parameter-range': 400,
  'parameter-unknown': 404,
  'rule-unknown': 404,
  'host-unknown': 404,
  'guest-unknown': 404,
  'port-unknown': 404,
  'link-unknown': 404,
  'token-unknown': 404,
  'pin-unknown': 404,
  'only-at-proxy': 405,
  'request-timeout': 504,
}

function sendError(reply: FastifyReply, error: unknown, onError: (error: unknown) => void): void {
  if (error instanceof VnetError) {
    const { code, message, hint } = error
    const body: ApiError = { error: { code, message, ...(hint === undefined ? {} : { hint }) } }
    reply.status(STATUS[code] ?? 409).send(body)
    return
  }
  const status = (error as { readonly statusCode?: number }).statusCode ?? 500
  if (status >= 500) onError(error)
  const code = status >= 500 ? 'internal' : 'request-invalid'
  const message = status >= 500 ? 'the daemon failed to answer; see its log' : messageOf(error)
  reply.status(status).send({ error: { code, message } } satisfies ApiError)
}
