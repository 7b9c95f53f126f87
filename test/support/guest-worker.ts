// Runs inside a guest of an end-to-end test and makes its traffic: TCP with a checksum, UDP with
// answers, multicast. Steered over the process channel by guest.ts.

import { createHash } from 'node:crypto'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { serveRequests } from '../../bench/channel.ts'

export type GuestRequest =
  | { readonly kind: 'serve'; readonly tcpPort: number; readonly udpPort: number }
  | {
      readonly kind: 'tcp'
      readonly host: string
      readonly port: number
      readonly bytes: number
      /** Bytes a second; the whole amount at once without. */
      readonly rateBytesPerSecond?: number
    }
  | {
      readonly kind: 'udp'
      readonly host: string
      readonly port: number
      readonly sizes: readonly number[]
      readonly timeoutMs: number
    }
  | {
      readonly kind: 'join'
      readonly group: string
      readonly port: number
      readonly interface: string
    }
  | { readonly kind: 'heard'; readonly group: string }
  | {
      readonly kind: 'multicast'
      readonly group: string
      readonly port: number
      readonly interface: string
      readonly texts: readonly string[]
    }

export interface TcpOutcome {
  readonly bytes: number
  readonly sha256Sent: string
  readonly sha256Received: string
  readonly seconds: number
}

const BLOCK_BYTES = 65_536
const heard = new Map<string, string[]>()

serveRequests<GuestRequest>(async (request) => {
  switch (request.kind) {
    case 'serve':
      return serve(request)
    case 'tcp':
      return sendTcp(request)
    case 'udp':
      return sendUdp(request)
    case 'join':
      return join(request)
    case 'heard':
      return heard.get(request.group) ?? []
    case 'multicast':
      return multicast(request)
  }
})

/** A TCP server that answers with the SHA-256 of all it got, and a UDP echo; IPv4 and IPv6. */
async function serve(ports: { readonly tcpPort: number; readonly udpPort: number }): Promise<void> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const hash = createHash('sha256')
    socket.on('data', (chunk) => hash.update(chunk))
    socket.on('end', () => socket.end(hash.digest('hex')))
    socket.on('error', () => socket.destroy()) // the sender sees it too and reports it
  })
  server.listen(ports.tcpPort, '::')
  await once(server, 'listening')
  const echo = createSocket({ type: 'udp6', reuseAddr: true })
  echo.on('message', (text, from) => echo.send(text, from.port, from.address))
  echo.bind(ports.udpPort, '::')
  await once(echo, 'listening')
}

async function sendTcp(request: Extract<GuestRequest, { kind: 'tcp' }>): Promise<TcpOutcome> {
  const startedMs = performance.now()
  const socket = connect({ host: request.host, port: request.port })
  await once(socket, 'connect')
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  const hash = createHash('sha256')
  for (let sent = 0; sent < request.bytes; ) {
    const block = makeBlock(sent, Math.min(BLOCK_BYTES, request.bytes - sent))
    hash.update(block)
    await write(socket, block)
    sent += block.length
    if (request.rateBytesPerSecond !== undefined) {
      const dueMs = startedMs + (sent / request.rateBytesPerSecond) * 1000
      const waitMs = Math.max(0, dueMs - performance.now())
      await new Promise((resolve) => setTimeout(resolve, waitMs))
    }
  }
  const isClosed = once(socket, 'close')
  socket.end()
  await isClosed
  const seconds = (performance.now() - startedMs) / 1000
  return {
    bytes: request.bytes,
    sha256Sent: hash.digest('hex'),
    sha256Received: answer,
    seconds,
  }
}

/** Bytes that differ from block to block and within one, so that a shifted copy is noticed. */
function makeBlock(offset: number, bytes: number): Buffer {
  const block = Buffer.from(TEMPLATE.subarray(0, bytes))
  if (bytes >= 8) block.writeDoubleBE(offset, 0)
  return block
}
const TEMPLATE = Buffer.from(
  Uint8Array.from({ length: BLOCK_BYTES }, (_, index) => (index * 167 + (index >> 8)) & 0xff),
)

async function write(socket: Socket, block: Buffer): Promise<void> {
  if (socket.destroyed) throw new Error('the connection broke')
  if (!socket.write(block)) await once(socket, 'drain')
}

/** Sends one datagram of each size; gives the sizes whose echo came back unchanged. */
async function sendUdp(request: Extract<GuestRequest, { kind: 'udp' }>): Promise<number[]> {
  const socket = createSocket(request.host.includes(':') ? 'udp6' : 'udp4')
  const answered: number[] = []
  const isDone = new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, request.timeoutMs)
    socket.on('message', (text) => {
      if (text.equals(makeBlock(text.length, text.length))) answered.push(text.length)
      if (answered.length < request.sizes.length) return
      clearTimeout(timer)
      resolve()
    })
  })
  for (const size of request.sizes) {
    await send(socket, makeBlock(size, size), request.port, request.host)
  }
  await isDone
  socket.close()
  return answered.sort((a, b) => a - b)
}

async function join(request: Extract<GuestRequest, { kind: 'join' }>): Promise<void> {
  const socket = createSocket({
    type: request.group.includes(':') ? 'udp6' : 'udp4',
    reuseAddr: true,
  })
  const texts: string[] = []
  heard.set(request.group, texts)
  socket.on('message', (text) => texts.push(text.toString()))
  socket.bind(request.port)
  await once(socket, 'listening')
  socket.addMembership(request.group, request.interface)
}

async function multicast(request: Extract<GuestRequest, { kind: 'multicast' }>): Promise<void> {
  const socket = createSocket(request.group.includes(':') ? 'udp6' : 'udp4')
  socket.bind()
  await once(socket, 'listening')
  socket.setMulticastInterface(request.interface)
  socket.setMulticastLoopback(false)
  for (const text of request.texts) {
    await send(socket, Buffer.from(text), request.port, request.group)
  }
  socket.close()
}

function send(socket: UdpSocket, bytes: Buffer, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(bytes, port, host, (error) => (error === null ? resolve() : reject(error)))
  })
}
