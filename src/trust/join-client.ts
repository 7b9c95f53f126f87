// `vnet join`: makes a key, makes sure that the proxy is the one that the token names, has the key
// signed and stores the identity. In order:
//
//   1. check name, token and state folder, before anything is sent
//   2. TLS 1.3 to the proxy (ALPN vnet-join); its CA must be the one of the token
//   3. preface, JoinRequest, JoinResponse (src/wire)
//   4. check the certificate and store it
//
// The token's secret is sent only after step 2: a man in the middle does not get it.

import { once } from 'node:events'
import { accessSync, constants, mkdirSync } from 'node:fs'
import { connect, type TLSSocket } from 'node:tls'
import type { Clock } from '../base/clock.ts'
import { messageOf, VnetError } from '../base/errors.ts'
import { JOIN_MESSAGE_BYTES_MAX } from '../base/limits.ts'
import type { MessageBody } from '../wire/control.ts'
import { decodeControl, encodeControl } from '../wire/control.ts'
import {
  createFrameDecoder,
  encodeFrame,
  encodePreface,
  PREFACE_BYTES,
  parsePreface,
} from '../wire/framing.ts'
import { makeKeyAndCsr } from './ca.ts'
import { parseCertificate, splitPem } from './certificate.ts'
import type { LoadedIdentity } from './identity.ts'
import { hasIdentity, loadIdentity, storeIdentity } from './identity.ts'
import type { DaemonIdentity } from './name.ts'
import { formatUri, parseName } from './name.ts'
import type { PresentedChain } from './proxy-check.ts'
import { checkClock, checkProxy } from './proxy-check.ts'
import { parseToken, type Token } from './token.ts'

export const JOIN_ALPN = 'vnet-join'
/** Over a bad long line with retransmissions; signing takes the proxy a millisecond. */
const JOIN_TIMEOUT_MS = 10_000
const NEW_TOKEN = 'make a new token on the proxy: vnet token create'

/** What the operator can do about a refusal, by its code. */
const HINTS: Readonly<Record<string, string>> = {
  'token-invalid': 'copy the whole text that `vnet token create` printed',
  'token-unknown': NEW_TOKEN,
  'token-expired': NEW_TOKEN,
  'token-used': NEW_TOKEN,
  'token-name': 'join under that name (--name), or make a token for this one',
  'name-taken': 'choose another name (--name), or replace that host as said',
  'join-failed': 'see `vnet logs` on the proxy',
}

export interface JoinOptions {
  /** The proxy's address or name. */
  readonly address: string
  readonly port: number
  /** As `vnet token create` printed it. */
  readonly token: string
  /** Name of this host in the network. */
  readonly name: string
  readonly stateDir: string
  readonly clock: Clock
  readonly timeoutMs?: number
}

export interface Joined {
  readonly identity: LoadedIdentity
  readonly proxy: DaemonIdentity
}

/**
 * Joins a network; at the end the state folder holds the host's identity. One that is there already
 * is replaced if it is of the same host in the same network, or unusable; at the end, not before.
 * @throws VnetError `name-invalid`, `token-invalid`, `already-joined`, `state-write`,
 *   `join-unreachable`, `join-not-vnet`, `join-version`, `join-wrong-ca`, `join-not-proxy`,
 *   `clock-skew`, `join-broken`, or the proxy's code (see join-server.ts).
 */
export async function join(options: JoinOptions): Promise<Joined> {
  const name = parseName(options.name)
  const token = parseToken(options.token)
  refuseOtherIdentity({ stateDir: options.stateDir, name, token })
  prepareStateDir(options.stateDir)
  const { privateKeyPem, csrDer } = await makeKeyAndCsr()
  const request = { tokenSecret: options.token.trim(), name, csrDer }
  const { proxy, response } = await converse({ ...options, ...token, request })
  if (response.errorCode !== '') {
    const hint = HINTS[response.errorCode]
    const message = `the proxy refused: ${response.error}`
    throw new VnetError(response.errorCode, message, hint === undefined ? {} : { hint })
  }
  const expected = formatUri({ network: proxy.network, role: 'host', name })
  checkResponse({ response, expected, caFingerprint: token.caFingerprint, options })
  const { certificatePem, caPem } = response
  const identity = storeIdentity(options.stateDir, { privateKeyPem, certificatePem, caPem })
  return { identity, proxy }
}

function refuseOtherIdentity({
  stateDir,
  name,
  token,
}: {
  readonly stateDir: string
  readonly name: string
  readonly token: Token
}): void {
  const old = hasIdentity(stateDir) ? usableIdentity(stateDir) : null
  if (old === null) return
  const { who, credentials } = old
  const authorities = splitPem(credentials.trustedCaPem).map((pem) => parseCertificate(pem))
  const isSame = authorities.some((ca) => ca.fingerprintSha256 === token.caFingerprint)
  if (isSame && who.role === 'host' && who.name === name) return
  throw new VnetError('already-joined', `${stateDir} holds the identity ${formatUri(who)}`, {
    hint: `to give that one up, remove ${stateDir}/identity; to keep it, use another --state`,
  })
}

function usableIdentity(stateDir: string): LoadedIdentity | null {
  try {
    return loadIdentity(stateDir)
  } catch (error) {
    if (error instanceof VnetError) return null
    throw error
  }
}

function prepareStateDir(stateDir: string): void {
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    accessSync(stateDir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new VnetError('state-write', `cannot write to ${stateDir}: ${messageOf(cause)}`, {
      hint: 'run as root, or name another folder with --state',
      cause,
    })
  }
}

interface Conversation extends JoinOptions {
  readonly caFingerprint: string
  readonly request: MessageBody<'joinRequest'>
}

/** Steps 2 and 3: one connection, one question, one answer, within the time-out. */
async function converse(conversation: Conversation): Promise<{
  readonly proxy: DaemonIdentity
  readonly response: MessageBody<'joinResponse'>
}> {
  const { address, port, clock, caFingerprint, request } = conversation
  const timeoutMs = conversation.timeoutMs ?? JOIN_TIMEOUT_MS
  const socket = connect({
    host: address,
    port,
    ALPNProtocols: [JOIN_ALPN],
    minVersion: 'TLSv1.3',
    rejectUnauthorized: false, // the CA is not known yet; checkProxy decides by the token
  })
  let isTimeout = false
  const cancelTimeout = clock.after(timeoutMs, () => {
    isTimeout = true
    socket.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`))
  })
  let phase: Phase = 'connect'
  socket.on('connect', () => {
    phase = 'handshake'
  })
  socket.on('error', () => {}) // told by the awaited calls below
  try {
    await once(socket, 'secureConnect')
    if (socket.alpnProtocol !== JOIN_ALPN) throw new Error('it did not agree to join')
    const proxy = checkProxy({
      chain: presentedChain(socket),
      caFingerprint,
      nowMs: clock.wallMs(),
    })
    phase = 'talk'
    return { proxy, response: await ask(socket, request) }
  } catch (error) {
    if (error instanceof VnetError) throw error
    throw connectionError({ cause: error, phase, where: `${address}:${port}`, isTimeout })
  } finally {
    cancelTimeout()
    socket.destroy()
  }
}

type Phase = 'connect' | 'handshake' | 'talk'

function connectionError({
  cause,
  phase,
  where,
  isTimeout,
}: {
  readonly cause: unknown
  readonly phase: Phase
  readonly where: string
  readonly isTimeout: boolean
}): VnetError {
  const why = messageOf(cause)
  if (phase === 'connect') {
    const hint = 'is the proxy running, the address right, and the port open in its firewall?'
    return new VnetError('join-unreachable', `cannot connect to ${where}: ${why}`, { hint, cause })
  }
  if (phase === 'handshake' && !isTimeout) {
    const hint = 'check the port; VNET listens on 7707 unless configured otherwise'
    return new VnetError('join-not-vnet', `${where} is not a VNET proxy: ${why}`, { hint, cause })
  }
  const hint = 'try again; if it persists, see `vnet logs` on the proxy'
  return new VnetError('join-broken', `the connection to ${where} failed: ${why}`, { hint, cause })
}

function presentedChain(socket: TLSSocket): PresentedChain {
  const leaf = socket.getPeerX509Certificate()
  if (leaf === undefined) throw new Error('it presented no certificate')
  return { leaf: leaf.raw, authority: leaf.issuerCertificate?.raw ?? null }
}

/** Step 3 on an established connection. */
async function ask(
  socket: TLSSocket,
  request: MessageBody<'joinRequest'>,
): Promise<MessageBody<'joinResponse'>> {
  const message = encodeControl({ kind: 'joinRequest', requestId: 1, ...request })
  socket.write(encodePreface(0))
  socket.write(encodeFrame('control', message))
  const decoder = createFrameDecoder({
    accepted: ['control', 'ping', 'pong'],
    controlBytesMax: JOIN_MESSAGE_BYTES_MAX,
  })
  let preface: Buffer | null = Buffer.alloc(0)
  for await (const data of socket) {
    let chunk: Buffer = data
    if (preface !== null) {
      preface = Buffer.concat([preface, chunk])
      if (preface.length < PREFACE_BYTES) continue
      checkPreface(preface)
      chunk = preface.subarray(PREFACE_BYTES)
      preface = null
    }
    const { frames, error } = decoder.push(chunk)
    for (const { kind, payload } of frames) {
      if (kind === 'ping') socket.write(encodeFrame('pong', payload))
      const response = kind === 'control' ? readResponse(payload) : null
      if (response !== null) return response
    }
    if (error !== null) throw new Error(error)
  }
  throw new Error('the proxy closed the connection without an answer')
}

function checkPreface(bytes: Buffer): void {
  const result = parsePreface(bytes)
  if (result.ok) return
  if (result.code === 'not-vnet') throw new Error(result.reason)
  throw new VnetError('join-version', result.reason, {
    hint: 'install the same release of vnet on both machines',
  })
}

/** The answer; null for a message that is none. */
function readResponse(payload: Uint8Array): MessageBody<'joinResponse'> | null {
  const result = decodeControl(payload, JOIN_MESSAGE_BYTES_MAX)
  if (!result.ok) throw new Error(result.reason)
  const { message } = result
  if (message.kind === 'goodbye') throw new Error(`${message.code}: ${message.reason}`)
  return message.kind === 'joinResponse' ? message : null
}

/** Step 4: the certificate must be what was asked for, under the CA of the token, and valid now. */
function checkResponse({
  response,
  expected,
  caFingerprint,
  options,
}: {
  readonly response: MessageBody<'joinResponse'>
  readonly expected: string
  readonly caFingerprint: string
  readonly options: JoinOptions
}): void {
  const certificate = parseCertificate(response.certificatePem)
  const authorities = splitPem(response.caPem).map((pem) => parseCertificate(pem))
  const isKnownCa = authorities.some((ca) => ca.fingerprintSha256 === caFingerprint)
  if (certificate.uri !== expected || !isKnownCa) {
    throw new VnetError('join-broken', `the proxy answered with a certificate of another daemon`, {
      hint: 'this is an error of the proxy; see `vnet logs` there',
    })
  }
  checkClock(certificate, options.clock.wallMs())
}
