// Many joined hosts for an end-to-end test, in one process of a namespace: real links, real
// certificates, no guests. What the hosts are is in fleet-worker.ts.

import { fileURLToPath } from 'node:url'
import { openChannel } from '../../bench/channel.ts'
import type { FleetRequest, FleetState } from './fleet-worker.ts'
import type { Place } from './frames.ts'

const WORKER = fileURLToPath(new URL('./fleet-worker.ts', import.meta.url))

export interface Fleet {
  readonly names: readonly string[]
  state(): Promise<FleetState>
  close(): void
}

/** Joins and starts `fleet-0` to `fleet-N`, N being `count` - 1; does not wait for their links. */
export async function startFleet(
  place: Place,
  options: {
    readonly count: number
    readonly folder: string
    readonly proxy: { readonly address: string; readonly port: number }
    /** With a use for each. */
    readonly token: string
    /** The first host listens here, the next one port higher; without it none listens. */
    readonly firstPort?: number
  },
): Promise<Fleet> {
  const { count, folder, proxy, token, firstPort = null } = options
  const names = Array.from({ length: count }, (_, index) => `fleet-${index}`)
  const child = place.spawn(process.execPath, [WORKER], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const { ask, close } = openChannel<FleetRequest>(child, 'the fleet')
  await ask({ kind: 'start', folder, proxy, token, names, firstPort })
  return { names, state: () => ask({ kind: 'state' }) as Promise<FleetState>, close }
}
