// `vnet bench choices`: what each choice of the data plane brings, by leaving it out. Two bare
// planes with one fast path; each case starts them anew, with options or a build of its own.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Credentials, PlaneOptions } from '../src/plane/plane.ts'
import { check, ratio } from './checks.ts'
import { makeCredentials } from './credentials.ts'
import { type Bench, type BenchContext, type Case, type Measures, medianOf } from './harness.ts'
import { createSandbox } from './netns.ts'
import {
  allowCongestionControl,
  buildUnderlay,
  GUEST_DEVICE,
  GUESTS,
  HOST_ADDRESS,
  LISTEN_PORT,
  type Underlay,
} from './overlay.ts'
import { type PlaneProcess, startPlane } from './plane-process.ts'
import { percentile } from './stats.ts'
import { loadTcp, loadTcpAndPing, type Path, ping, sendFrames, waitForPath } from './traffic.ts'

interface Choice {
  readonly name: string
  readonly options?: Partial<PlaneOptions>
  readonly isPortOffloaded?: boolean
  /** What is defined for a build of its own. */
  readonly define?: string
}

const CHOICES: readonly Choice[] = [
  { name: 'all-in' },
  { name: 'no-gso', options: { isOffloadOffered: false }, isPortOffloaded: false },
  { name: 'no-batches', define: 'VNET_WITHOUT_BATCHES' },
  { name: 'small-records', define: 'VNET_WITH_SMALL_RECORDS' },
  { name: 'no-queue-limit', define: 'VNET_WITHOUT_QUEUE_LIMIT' },
  { name: 'one-thread', options: { workers: 1 } },
  { name: 'no-priority', options: { isPrioritised: false } },
  { name: 'no-encryption', define: 'VNET_WITHOUT_ENCRYPTION' },
]
/** Of the same program without encryption. */
const ENCRYPTED_SHARE_MIN = 0.7
const ROOT = fileURLToPath(new URL('..', import.meta.url))

export const choicesBench: Bench = {
  name: 'choices',
  summary: 'what each choice of the data plane brings, by leaving it out',
  method: [
    'Two bare planes in namespaces, joined by veth; one fast path over TLS and TCP; one guest ' +
      'each. The planes are started anew for each case and repeat, the cases take turns.',
    '`all-in`: as it is used. `no-gso`: no virtio-net headers and super-frames at the TAP ' +
      'devices and on the link. `no-batches`: each frame is sealed and written alone. ' +
      '`small-records`: TLS records of 1,400 bytes instead of 16 KB. `no-queue-limit`: no CoDel, ' +
      '64 MB of room, no TCP_NOTSENT_LOWAT. `one-thread`: one worker for both directions. ' +
      '`no-priority`: workers have no precedence over other programs. `no-encryption`: frames ' +
      'are copied where they would be sealed and opened; such a build talks to no other.',
    'Measures as in `throughput`.',
  ],
  run,
}

async function run(context: BenchContext) {
  const sandbox = createSandbox('c')
  const forbid = await allowCongestionControl()
  try {
    const underlay = await buildUnderlay(sandbox)
    const credentials = await makeCredentials(['alpha', 'beta'])
    const wanted = CHOICES.filter(({ name }) => context.only?.includes(name) ?? true)
    const cases: Case[] = []
    for (const choice of wanted) {
      const addon = choice.define === undefined ? undefined : await build(choice, context.progress)
      cases.push({
        name: choice.name,
        measure: () => measureChoice({ choice, underlay, credentials, addon }),
      })
    }
    const results = await context.interleave(cases, context.isQuick ? 1 : 3)
    const of = (name: string, measure: string) => medianOf(results, name, measure)
    const checks = ([1, 4] as const).map((streams) => {
      const measure = `tcp${streams}GbitPerSecond`
      return check({
        name: `encryptedToPlain${streams}`,
        value: ratio(of('all-in', measure), of('no-encryption', measure)),
        ...{ unit: '', op: '>=', target: ENCRYPTED_SHARE_MIN },
      })
    })
    return { cases: results, checks }
  } finally {
    await sandbox.close()
    await forbid()
  }
}

/** Compiles the variant once; gives the addon's path. */
async function build(choice: Choice, progress: (text: string) => void): Promise<string> {
  progress(`building ${choice.name}`)
  const command = [`${ROOT}scripts/build-variant`, choice.name, choice.define ?? ''] as const
  await promisify(execFile)(command[0], command.slice(1), { cwd: ROOT })
  return `${ROOT}build/variants/${choice.name}.node`
}

interface Setting {
  readonly choice: Choice
  readonly underlay: Underlay
  readonly credentials: Record<'alpha' | 'beta', Credentials>
  readonly addon: string | undefined
}

async function measureChoice(setting: Setting): Promise<Measures> {
  const planes: PlaneProcess[] = []
  try {
    const path = await startPair(setting, planes)
    await waitForPath(path)
    const idle = await ping(path, { count: 200 })
    const one = await loadTcpAndPing(path, { streams: 1, seconds: 2 })
    const four = await loadTcp(path, { streams: 4, seconds: 2 })
    const frames = await sendFrames(path, { durationMs: 300 })
    return {
      tcp1GbitPerSecond: one.gbitPerSecond,
      tcp4GbitPerSecond: four.gbitPerSecond,
      cpuSecondsPerGB: one.cpuSecondsPerGB,
      frames64BPerSecond: frames.deliveredPerSecond,
      rttIdleP50Us: percentile(idle, 50),
      rttUnderLoadP50Us: percentile(one.rttUs, 50),
      rttUnderLoadP99Us: percentile(one.rttUs, 99),
    }
  } finally {
    for (const plane of planes) await plane.stop()
  }
}

/** Two planes with a guest each and a fast path between them. */
async function startPair(
  { choice, underlay, credentials, addon }: Setting,
  planes: PlaneProcess[],
): Promise<Path> {
  const { alpha, beta } = underlay.hosts
  const { a1, b1 } = underlay.guests
  const options = { role: 'host', ...choice.options } as const
  const from = await startPlane(alpha, options, credentials.alpha, addon)
  planes.push(from)
  const to = await startPlane(beta, options, credentials.beta, addon)
  planes.push(to)
  await to.call('listen', { address: '0.0.0.0', port: LISTEN_PORT })
  const link = await from.dial({ host: HOST_ADDRESS.beta, port: LISTEN_PORT, role: 'fast-path' })
  const [accepted] = await to.call('links')
  if (accepted === undefined) throw new Error('beta does not know the fast path')
  const ends = [
    { plane: from, guest: a1, plan: GUESTS.a1, peer: GUESTS.b1, link },
    { plane: to, guest: b1, plan: GUESTS.b1, peer: GUESTS.a1, link: accepted.id },
  ]
  for (const end of ends) {
    const { mac } = end.plan
    const isOffloaded = choice.isPortOffloaded ?? true
    const device = { device: GUEST_DEVICE, netns: end.guest.path, mac, mtu: 1500, isOffloaded }
    await end.plane.call('addPort', { kind: 'tap', name: 'guest', ...device })
    await end.guest.ip(`addr add ${end.plan.address}/24 dev ${GUEST_DEVICE}`)
    await end.guest.ip(`link set ${GUEST_DEVICE} up`)
    // Broadcast has no star to go by here.
    const peer = `${end.peer.address} lladdr ${end.peer.mac} dev ${GUEST_DEVICE}`
    await end.guest.ip(`neigh replace ${peer}`)
    const target = { kind: 'link', link: end.link } as const
    await end.plane.call('setRule', { destination: end.peer.mac, target })
  }
  return { client: a1, server: b1, address: GUESTS.b1.address }
}
