// A UDP relay on loopback, as a NAT is one: each sender gets a port of its own towards the target,
// and answers go back to it. It can be blocked, and shows what passed, so that a test can send it
// again, or something like it.

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

/** So many of the newest datagrams to the target are kept. */
const KEPT_MAX = 1_000
/** A burst of large frames, while this process does something else. */
const BUFFER_BYTES = 4 * 1_048_576

export interface UdpRelay {
  /** Drops everything, both ways, and tells nobody. */
  setBlocked(isBlocked: boolean): void
  /** The newest datagrams that were sent to the target, oldest first. */
  readonly passed: readonly Buffer[]
  /** Sends to the target from a port of its own. */
  inject(datagram: Uint8Array): void
  close(): void
}

/** Relays UDP 127.0.0.1:`port` to `target`. @throws if the port is taken. */
export async function createUdpRelay(port: number, target: number): Promise<UdpRelay> {
  const front = await open(port)
  const backs = new Map<number, Socket>()
  const passed: Buffer[] = []
  let isBlocked = false
  let isClosed = false
  const backOf = (sender: number): Socket => {
    const known = backs.get(sender)
    if (known !== undefined) return known
    const back = quiet(createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES }))
    backs.set(sender, back)
    back.on('message', (datagram) => {
      if (!isBlocked && !isClosed) front.send(datagram, sender, '127.0.0.1', ignore)
    })
    return back
  }
  front.on('message', (datagram, from) => {
    if (isBlocked) return
    passed.push(datagram)
    if (passed.length > KEPT_MAX) passed.shift()
    backOf(from.port).send(datagram, target, '127.0.0.1', ignore)
  })
  return {
    passed,
    setBlocked: (blocked) => {
      isBlocked = blocked
    },
    inject: (datagram) => backOf(0).send(datagram, target, '127.0.0.1', ignore),
    close() {
      isClosed = true
      front.close()
      for (const back of backs.values()) back.close()
    },
  }
}

async function open(port: number): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: BUFFER_BYTES })
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  return quiet(socket)
}

/** A port that nobody listens on (any more) is told by ICMP; the path is silent all the same. */
function quiet(socket: Socket): Socket {
  return socket.on('error', ignore)
}

function ignore(): void {}
