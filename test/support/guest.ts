// A guest of an end-to-end test that makes traffic on demand: one process in the guest's namespace
// for the whole test, because starting one for each of many pairs would take most of the time.

import { fileURLToPath } from 'node:url'
import { openChannel } from '../../bench/channel.ts'
import type { Place } from './frames.ts'
import type { GuestRequest, TcpOutcome } from './guest-worker.ts'

const WORKER = fileURLToPath(new URL('./guest-worker.ts', import.meta.url))
const TCP_PORT = 9_000
const UDP_PORT = 9_001

export interface Guest {
  readonly name: string
  /** Sends `bytes` over TCP to another guest, which answers with their SHA-256. */
  sendTcp(
    host: string,
    bytes: number,
    options?: { readonly rateBytesPerSecond?: number },
  ): Promise<TcpOutcome>
  /** Sends a datagram of each size; resolves with the sizes whose echo came back unchanged. */
  sendUdp(host: string, sizes: readonly number[], timeoutMs?: number): Promise<number[]>
  /** Joins a multicast group on the interface (IPv4: its address, IPv6: `::%eth0`). */
  join(group: string, options: MulticastOptions): Promise<void>
  /** What was heard of a joined group so far. */
  heard(group: string): Promise<string[]>
  multicast(group: string, texts: readonly string[], options: MulticastOptions): Promise<void>
  close(): void
}

export interface MulticastOptions {
  readonly port: number
  readonly interface: string
}

/** Starts the guest's process; its servers listen when this resolves. */
export async function startGuest(name: string, place: Place): Promise<Guest> {
  const child = place.spawn(process.execPath, [WORKER], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const { ask, close } = openChannel<GuestRequest>(child, `guest ${name}`)
  await ask({ kind: 'serve', tcpPort: TCP_PORT, udpPort: UDP_PORT })
  return {
    name,
    sendTcp: (host, bytes, options = {}) =>
      ask({ kind: 'tcp', host, port: TCP_PORT, bytes, ...options }) as Promise<TcpOutcome>,
    sendUdp: (host, sizes, timeoutMs = 3_000) =>
      ask({ kind: 'udp', host, port: UDP_PORT, sizes, timeoutMs }) as Promise<number[]>,
    join: async (group, options) => {
      await ask({ kind: 'join', group, ...options })
    },
    heard: (group) => ask({ kind: 'heard', group }) as Promise<string[]>,
    multicast: async (group, texts, options) => {
      await ask({ kind: 'multicast', group, texts, ...options })
    },
    close,
  }
}
