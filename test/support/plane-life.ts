// A program that brings two native planes to a stage of their life and ends there, in a given way.
// Run by test/contract/native-exit.test.ts: node plane-life.ts STAGE END

import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { createNativePlane } from '../../src/native/native-plane.ts'
import type { Plane, PlaneEvent } from '../../src/plane/plane.ts'
import { makeTestNetwork } from './identities.ts'

export const STAGES = ['created', 'listening', 'dialling', 'linked', 'traffic', 'closing'] as const
export const ENDS = ['exit', 'throw', 'close', 'worker'] as const
type Stage = (typeof STAGES)[number]

/** Resolves at the stage; what runs on behind it must not hurt. */
async function reach(stage: Stage): Promise<readonly Plane[]> {
  const proxy = createNativePlane({ role: 'proxy', workers: 2 })
  const host = createNativePlane({ role: 'host', workers: 2 })
  const planes = [proxy, host]
  if (stage === 'created') return planes
  const network = await makeTestNetwork()
  proxy.setCredentials((await network.issue('hub', 'proxy')).credentials)
  host.setCredentials((await network.issue('alpha')).credentials)
  const { port } = proxy.listen({ address: '127.0.0.1', port: 0 })
  if (stage === 'listening') return planes
  const linked = Promise.all(planes.map(admitFirst))
  host.dial({ host: '127.0.0.1', port })
  if (stage === 'dialling') return planes
  await linked
  if (stage === 'linked') return planes
  const memory = host.addPort({ kind: 'memory', name: 'vm1' })
  const frame = Buffer.alloc(1500, 2)
  for (let count = 0; count < 2_000; count++) host.inject(memory.id, frame)
  if (stage === 'traffic') return planes
  void host.close()
  return planes
}

function admitFirst(plane: Plane): Promise<void> {
  return new Promise((resolve) => {
    plane.onEvent = (event: PlaneEvent) => {
      if (event.kind !== 'link-pending') return
      plane.admit(event.link.id, { role: 'star', peer: 'peer' })
      resolve()
    }
  })
}

async function main(stage: Stage, end: string): Promise<void> {
  if (end === 'worker' && isMainThread) {
    const worker = new Worker(new URL(import.meta.url), { workerData: stage })
    await new Promise((resolve) => worker.once('message', resolve))
    await worker.terminate()
    process.stdout.write('ended\n')
    return
  }
  const planes = await reach(stage)
  if (end === 'exit') process.exit(0)
  if (end === 'throw') throw new Error('on purpose')
  for (const plane of planes) await plane.close()
  process.stdout.write('ended\n')
}

if (!isMainThread) {
  const { parentPort } = await import('node:worker_threads')
  await reach(workerData as Stage)
  parentPort?.postMessage('reached')
} else if (process.argv[1] === import.meta.filename) {
  await main(process.argv[2] as Stage, process.argv[3] ?? 'exit')
}
