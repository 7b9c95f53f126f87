// A TLS client in Node that speaks to a real daemon byte by byte: whatever certificate, preface,
// frames and messages a test wants, and what the daemon answered until it ended the connection.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls'
import type { MacAddress } from '../../src/base/mac.ts'
import { macToBytes } from '../../src/base/mac.ts'
import type { LoadedIdentity } from '../../src/trust/identity.ts'
import { type ControlMessage, decodeControl, encodeControl } from '../../src/wire/control.ts'
import {
  createFrameDecoder,
  encodeFrame,
  encodePreface,
  PREFACE_BYTES,
} from '../../src/wire/framing.ts'
import { until } from './netns.ts'

/** No daemon leaves a peer that is refused or silent alone for longer. */
const OPEN_MS_MAX = 10_000

/** How a connection ended, as its client saw it. */
export interface RawEnd {
  /** What the daemon said before, if it did. */
  readonly goodbye: { readonly code: string; readonly reason: string } | null
  /** TLS alert or error of the socket, such as `ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED`. */
  readonly error: string | null
  /** From the dial on. */
  readonly afterMs: number
}

export interface RawPeer {
  readonly socket: TLSSocket
  readonly ended: Promise<RawEnd>
  /** Messages that came so far. */
  readonly messages: readonly ControlMessage[]
  write(bytes: Uint8Array): void
  send(message: ControlMessage): void
  frame(frame: Uint8Array): void
  /** Waits for a message of a kind. */
  next<K extends ControlMessage['kind']>(kind: K): Promise<ControlMessage & { readonly kind: K }>
  isOpen(): boolean
  close(): void
}

/** A TestIdentity, or what joining gave. */
type Identity = Pick<LoadedIdentity, 'who' | 'credentials'>

export interface RawOptions {
  readonly port: number
  /** Absent: no certificate. */
  readonly identity?: Identity
  readonly alpn?: string
  readonly tls?: ConnectionOptions
  /** In place of the right one; empty: none. */
  readonly preface?: Uint8Array
}

/** Connects and sends the preface at once, as all daemons do. Pings are answered. */
export function dialRaw(options: RawOptions): RawPeer {
  const { port, identity, alpn = 'vnet', preface = encodePreface(0) } = options
  const startMs = performance.now()
  const messages: ControlMessage[] = []
  let error: string | null = null
  const socket = tlsConnect({
    host: '127.0.0.1',
    port,
    rejectUnauthorized: false, // this end is not what is tested
    ALPNProtocols: [alpn],
    ...(identity === undefined
      ? {}
      : {
          cert: identity.credentials.certificateChainPem,
          key: identity.credentials.privateKeyPem,
        }),
    ...options.tls,
  })
  socket.on('error', (cause: Error & { readonly code?: string }) => {
    error ??= cause.code ?? cause.message
    socket.destroy() // Node does not always, where an alert met a write
  })
  if (preface.length > 0) socket.write(preface)
  receive(socket, messages)
  const ended = new Promise<RawEnd>((resolve) => {
    const giveUp = setTimeout(() => {
      error = `still open after ${OPEN_MS_MAX} ms (${error ?? 'no error'})`
      socket.destroy()
    }, OPEN_MS_MAX)
    socket.once('close', () => {
      clearTimeout(giveUp)
      const last = messages.find((message) => message.kind === 'goodbye')
      const goodbye = last === undefined ? null : { code: last.code, reason: last.reason }
      resolve({ goodbye, error, afterMs: performance.now() - startMs })
    })
  })
  return {
    socket,
    ended,
    messages,
    write: (bytes) => socket.write(bytes),
    send: (message) => socket.write(encodeFrame('control', encodeControl(message))),
    frame: (frame) => socket.write(encodeFrame('ethernet', frame)),
    next: (kind) =>
      until(() => messages.find((message) => message.kind === kind) as never, {
        what: `a message ${kind}`,
        intervalMs: 5,
      }),
    isOpen: () => !socket.destroyed && !socket.readableEnded,
    close: () => socket.destroy(),
  }
}

function receive(socket: TLSSocket, messages: ControlMessage[]): void {
  const decoder = createFrameDecoder()
  let skipped = 0
  socket.on('data', (chunk: Buffer) => {
    const rest = chunk.subarray(Math.min(chunk.length, PREFACE_BYTES - skipped))
    skipped += chunk.length - rest.length
    for (const { kind, payload } of decoder.push(rest).frames) {
      if (kind === 'ping') socket.write(encodeFrame('pong', payload))
      const decoded = kind === 'control' ? decodeControl(payload) : null
      if (decoded?.ok && decoded.message.kind !== 'unknown') messages.push(decoded.message)
    }
  })
  socket.on('end', () => socket.destroy())
}

/** A right Hello of a host for its star link. */
export function helloOf(name: string): ControlMessage & { readonly kind: 'hello' } {
  return {
    kind: 'hello',
    requestId: 0,
    versionMajor: 1,
    versionMinor: 0,
    name,
    role: 'host',
    software: 'raw peer of a test',
    instance: 'raw',
    wallClockMs: Date.now(),
    endpoints: [],
    linkRole: 'star',
    linkOrderId: '',
  }
}

/** A peer that is admitted: resolves when the daemon has answered with its own Hello. */
export async function dialAdmitted(options: RawOptions & { readonly identity: Identity }) {
  const peer = dialRaw(options)
  peer.send(helloOf(options.identity.who.name))
  await peer.next('hello')
  return peer
}

/** A plain TCP connection; what the daemon says on it is dropped. */
export async function dialPlain(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port })
  socket.on('error', () => {}) // the daemon may well reset it
  socket.resume()
  await once(socket, 'connect')
  return socket
}

/** An Ethernet frame of 60 bytes with an EtherType for experiments. */
export function ethernet(source: MacAddress, destination: MacAddress): Uint8Array {
  const frame = Buffer.alloc(60)
  frame.set(macToBytes(destination), 0)
  frame.set(macToBytes(source), 6)
  frame.writeUInt16BE(0x88b5, 12)
  return frame
}
