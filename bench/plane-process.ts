// Starts a plane-worker in a namespace and speaks with it: one call, one promise.

import { fileURLToPath } from 'node:url'
import type { Credentials, LinkId, LinkRole, Plane, PlaneOptions } from '../src/plane/plane.ts'
import type { Namespace } from './netns.ts'
import type { PlaneAnswer, PlaneRequest } from './plane-worker.ts'
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
): Promise<PlaneProcess> {
  const child = namespace.spawn(process.execPath, [WORKER], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let nextId = 1
  let isStopping = false
  child.on('message', (message: PlaneAnswer) => {
    const waiter = waiting.get(message.id)
    waiting.delete(message.id)
    if (message.error === undefined) waiter?.resolve(message.value)
    else waiter?.reject(new Error(message.error))
  })
  child.once('exit', (code, signal) => {
    const error = new Error(`the plane in ${namespace.name} ended: ${signal ?? code}`)
    for (const waiter of waiting.values()) waiter.reject(error)
    if (!isStopping) process.stderr.write(`${error.message}\n`)
  })
  const ask = (request: PlaneRequest): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = nextId
      nextId += 1
      waiting.set(id, { resolve, reject })
      child.send({ id, request })
    })
  await ask({ kind: 'start', options, credentials, module: NATIVE_PLANE })
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
      isStopping = true
      await ask({ kind: 'stop' })
      child.disconnect()
    },
  }
}
