// A TLS listener in Node that speaks the join protocol as the native plane does, around the real
// JoinServer; with switches to misbehave.

import type { AddressInfo } from 'node:net'
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { JOIN_MESSAGE_BYTES_MAX } from '../../src/base/limits.ts'
import type { Credentials } from '../../src/plane/plane.ts'
import type { JoinServer } from '../../src/trust/join-server.ts'
import { decodeControl, encodeControl } from '../../src/wire/control.ts'
import {
  createFrameDecoder,
  encodeFrame,
  encodePreface,
  PREFACE_BYTES,
} from '../../src/wire/framing.ts'

export interface JoinListenerOptions {
  readonly credentials: Credentials
  readonly server: JoinServer
  readonly nowMs: () => number
  readonly tls?: TlsOptions
  /** Sent in place of the preface. */
  readonly preface?: Uint8Array
  /** Sent in place of the answer; empty: the connection is closed. */
  readonly answer?: Uint8Array
}

export interface JoinListener {
  readonly port: number
  /** Requests that came as far as being decoded. */
  readonly requests: () => number
  close(): Promise<void>
}

export async function startJoinListener(options: JoinListenerOptions): Promise<JoinListener> {
  const { certificateChainPem, privateKeyPem } = options.credentials
  let requests = 0
  const sockets = new Set<TLSSocket>()
  const listener = createServer({
    cert: certificateChainPem,
    key: privateKeyPem,
    minVersion: 'TLSv1.3',
    ALPNProtocols: ['vnet-join'],
    ...options.tls,
  })
  listener.on('secureConnection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {}) // clients break off on purpose
    socket.write(options.preface ?? encodePreface(0))
    socket.write(encodeFrame('ping', new Uint8Array(8)))
    receive(socket, async (bytes) => {
      requests += 1
      if (options.answer !== undefined) return options.answer
      return answer(options, bytes, socket.remoteAddress ?? '')
    })
  })
  listener.listen(0, '127.0.0.1')
  await new Promise((resolve) => listener.once('listening', resolve))
  return {
    port: (listener.address() as AddressInfo).port,
    requests: () => requests,
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => listener.close(() => resolve()))
    },
  }
}

function receive(socket: TLSSocket, reply: (bytes: Uint8Array) => Promise<Uint8Array>): void {
  const decoder = createFrameDecoder({
    accepted: ['control', 'pong'],
    controlBytesMax: JOIN_MESSAGE_BYTES_MAX,
  })
  let skipped = 0
  socket.on('data', (chunk: Buffer) => {
    const rest = chunk.subarray(Math.min(chunk.length, PREFACE_BYTES - skipped))
    skipped += chunk.length - rest.length
    for (const { kind, payload } of decoder.push(rest).frames) {
      if (kind !== 'control') continue
      reply(payload).then((bytes) => {
        if (bytes.length === 0) socket.end()
        else socket.write(encodeFrame('control', bytes))
      })
    }
  })
}

async function answer(
  { server, nowMs }: JoinListenerOptions,
  bytes: Uint8Array,
  remoteAddress: string,
): Promise<Uint8Array> {
  const decoded = decodeControl(bytes, JOIN_MESSAGE_BYTES_MAX)
  if (!decoded.ok || decoded.message.kind !== 'joinRequest') return new Uint8Array(0)
  const { requestId } = decoded.message
  const request = decoded.message
  const { response } = await server.handle({ request, remoteAddress, nowMs: nowMs() })
  return encodeControl({ kind: 'joinResponse', requestId, ...response })
}
