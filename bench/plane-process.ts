// Starts a plane-worker in a namespace and speaks with it: one call, one promise.

import { fileURLToPath } from 'node:url'
import type { Credentials, LinkId, LinkRole, Plane, PlaneOptions } from '../src/plane/plane.ts'
import { openChannel } from './channel.ts'
import type { Namespace } from './netns.ts'
import type { PlaneRequest } from './plane-worker.ts'
import { until } from './wait.ts'

const WORKER = fileURLToPath(new URL('./plane-worker.ts', import.meta.url))
const NATIVE_PLANE = new URL('../src/native/native-plane.ts', import.meta.url).href

export interface PlaneProcess {
  readonly pid: number
  /** Calls a method of the plane. @throws Error with the plane's own message. */
  call<K extends Method>(
    method: K,
    ...args: Parameters<Plane[K]>
  ): Promise<Awaited<ReturnType<Plane[K]>>>
  /** Dials and waits until the link is admitted here. */
  dial(target: {
    readonly host: string
    readonly port: number
    readonly role: LinkRole
  }): Promise<LinkId>
  stop(): Promise<void>
}

type Method = Exclude<keyof Plane, 'onEvent'>

/** Starts a plane in `namespace`. */
export async function startPlane(
  namespace: Namespace,
  options: PlaneOptions,
  credentials: Credentials,
  addon?: string,
): Promise<PlaneProcess> {
  const child = namespace.spawn(process.execPath, [WORKER], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const channel = openChannel<PlaneRequest>(child, `the plane in ${namespace.name}`)
  const { ask } = channel
  await ask({
    ...{ kind: 'start', options, credentials, module: NATIVE_PLANE },
    ...(addon === undefined ? {} : { addon }),
  })
  const call = <K extends Method>(method: K, ...args: Parameters<Plane[K]>) =>
    ask({ kind: 'call', method, args }) as Promise<Awaited<ReturnType<Plane[K]>>>
  return {
    pid: child.pid ?? 0,
    call,
    dial: async (target) => {
      const link = (await ask({ kind: 'dial', ...target })) as LinkId
      await until(
        async () => {
          const links = await call('links')
          return links.some((info) => info.id === link && info.state === 'admitted')
        },
        { what: `link from ${namespace.name} to ${target.host}`, timeoutMs: 5_000 },
      )
      return link
    },
    stop: async () => {
      await ask({ kind: 'stop' })
      channel.close()
    },
  }
}
