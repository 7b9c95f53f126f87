// Starts a relay on the loopback of a namespace.

import { fileURLToPath } from 'node:url'
import { openChannel } from '../../bench/channel.ts'
import type { Place } from './frames.ts'
import type { RelayRequest } from './relay-worker.ts'

const WORKER = fileURLToPath(new URL('./relay-worker.ts', import.meta.url))

export interface RemoteRelay {
  readonly port: number
  /** Ends all connections at both ends, by a reset or in order. */
  drop(how: 'reset' | 'end'): Promise<void>
  close(): void
}

/** Relays a port of its own to `target`, both on 127.0.0.1 of the namespace. */
export async function startRelay(place: Place, target: number): Promise<RemoteRelay> {
  const child = place.spawn(process.execPath, [WORKER], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const { ask, close } = openChannel<RelayRequest>(child, 'the relay')
  const port = (await ask({ kind: 'open', target })) as number
  return {
    port,
    drop: async (how) => {
      await ask({ kind: 'drop', how })
    },
    close,
  }
}
