// `vnet bench switch`: a stream that goes on while its path is switched from the star to a fast
// path and back, a hundred times.

import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../src/base/random.ts'
import { type Check, check } from './checks.ts'
import { type Site, startSite, warmUp } from './failover/site.ts'
import { startStream } from './failover/stream.ts'
import { type Bench, type CaseResult, type Measures, samplesOf } from './harness.ts'
import { createSandbox } from './netns.ts'

const SWITCHES = 100
const QUICK_SWITCHES = 40
const REPEATS = 3
/** From one switch to the next: by chance from so long to so much longer. */
const STAYS_MS = 60
const STAYS_MORE_MS = 80
const CASES = ['tcp', 'udp'] as const

export const switchBench: Bench = {
  name: 'switch',
  summary:
    'frames lost, doubled and reordered while a stream is switched between star and fast path',
  method: [
    'Two hosts with a guest each, a proxy, real daemons, a fast path between them. From ' +
      'one guest to the other goes a stream of 10,000 numbered datagrams of 1,000 bytes a ' +
      'second, while a rule over the fast path is set and removed through the admin API: ' +
      `${SWITCHES} switches at moments by chance, ` +
      `${STAYS_MS} to ${STAYS_MS + STAYS_MORE_MS} ms apart.`,
    'Every number must arrive, and once. The star is the longer way: after a switch to the fast ' +
      'path some frames overtake those before them. reordered counts frames that came after one ' +
      'with a higher number, reorderedMax is the widest distance of numbers; silentMs is the ' +
      'longest time without a frame, of 20 ms and more.',
    '`tcp`: the fast path is a TLS connection; `udp`: datagrams.',
  ],
  run: async (context) => {
    const sandbox = createSandbox('w')
    try {
      const site = await startSite(sandbox)
      await warmUp(site)
      context.progress('the overlay is up')
      const count = context.isQuick ? QUICK_SWITCHES : SWITCHES
      const cases = await context.interleave(
        CASES.map((transport) => ({
          name: transport,
          measure: () => switchUnderStream(site, { transport, count }),
        })),
        context.isQuick ? 1 : REPEATS,
      )
      await site.close()
      return { cases, checks: judge(cases) }
    } finally {
      await sandbox.close()
    }
  },
}

/** Switches a running stream to and fro; the fast path is there all the time. */
export async function switchUnderStream(
  site: Site,
  options: { readonly transport: 'tcp' | 'udp'; readonly count: number },
): Promise<Measures> {
  const { transport, count } = options
  const { alpha, beta } = site.hosts
  const random = seededRandom(20_260_101)
  await site.connect('alpha', 'beta', transport)
  await site.route('alpha', 'beta', 'star')
  const { namespace: to, address } = beta.guest
  const before = await framesOver(site)
  const stream = await startStream({ from: alpha.guest.namespace, to, address })
  for (let i = 0; i < count; i++) {
    await sleep(STAYS_MS + random.next() * STAYS_MORE_MS)
    await site.route('alpha', 'beta', i % 2 === 0 ? 'direct' : 'star')
  }
  await sleep(STAYS_MS)
  const outcome = await stream.stop()
  const direct = (await framesOver(site)) - before
  await site.route('alpha', 'beta', 'direct') // as disconnect() expects it
  await site.disconnect('alpha', 'beta')
  const { sent, lost, duplicates, reordered, reorderedMax, gaps } = outcome
  return {
    ...{ switches: count, sentFrames: sent, lostFrames: lost, duplicates, reordered, reorderedMax },
    reorderedPerSwitch: reordered / count,
    directShare: direct / sent,
    silentMs: Math.max(0, ...gaps.map(([fromMs, toMs]) => toMs - fromMs)),
  }
}

/** Sent by alpha over its fast path so far. */
async function framesOver({ hosts }: Site): Promise<number> {
  const links = await hosts.alpha.daemon.admin.links()
  return links.find((link) => link.peer === 'beta')?.txFrames ?? 0
}

function judge(cases: readonly CaseResult[]): Check[] {
  const worst = (name: string, measure: string) => {
    const samples = samplesOf(cases, name, measure)
    return samples.length === 0 ? null : Math.max(...samples)
  }
  return CASES.flatMap((name) => [
    check({
      ...{ name: `${name}: lost`, value: worst(name, 'lostFrames') },
      ...{ unit: 'frames', op: '==', target: 0 },
    }),
    check({
      ...{ name: `${name}: doubled`, value: worst(name, 'duplicates') },
      ...{ unit: 'frames', op: '==', target: 0 },
    }),
    // Else nothing was switched.
    check({
      ...{ name: `${name}: took the fast path`, value: worst(name, 'directShare') },
      ...{ unit: 'of the frames', op: '>=', target: 0.3 },
    }),
  ])
}
