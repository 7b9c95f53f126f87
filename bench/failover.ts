// `vnet bench failover`: fast paths that die in every way, hosts and proxies that are killed: how
// long until payload is back, and who else notices.

import { setTimeout as sleep } from 'node:timers/promises'
import { type Check, check } from './checks.ts'
import { FAULTS, type Fault } from './failover/faults.ts'
import { killHost, killProxy } from './failover/kills.ts'
import { type Site, startSite, warmUp } from './failover/site.ts'
import { monotonicMs, startStream } from './failover/stream.ts'
import { type Bench, type Case, type Measures, samplesOf } from './harness.ts'
import { createSandbox } from './netns.ts'
import { percentile } from './stats.ts'

const REPEATS = 5
const QUICK_REPEATS = 1
/** The stream runs for so long before, and is watched for so long after. */
const BEFORE_MS = 300
const AFTER_MS = 1_600
const BACK_WITHIN_MS = 1_000
/** Shorter silences are a busy machine's and count in silentMs only. */
const OUTAGE_MS = 100

export const failoverBench: Bench = {
  name: 'failover',
  summary: 'how long payload is missing when a fast path, a host or the proxy dies',
  method: [
    'Three hosts with a guest each, a proxy, real daemons. Star links and fast paths ' +
      'have networks of their own, so that a fast path fails alone. A stream of 10,000 ' +
      'numbered datagrams of 1,000 bytes a second goes over the fast path; then it is ' +
      'struck, at a moment that nobody is told. outageMs is the time from there (the last ' +
      'frame that came through, at the latest when the command that strikes has ended) to ' +
      'the end of the last silence of 100 ms and more, seen at the receiver within 1.6 s; ' +
      'silentMs is all silences of 20 ms and more; lostFrames is what never came.',
    ...FAULTS.map(({ name, transport, about }) => `${name} (${transport}): ${about}.`),
    'host-killed: the daemon of the receiving host gets SIGKILL. othersLostFrames is ' +
      'what a stream between two other guests loses; restartMs is the time from the start ' +
      'of the daemon until its guest has payload again (its TAP is a new one and is given ' +
      'its address by hand).',
    'proxy-killed: SIGKILL to the proxy while the stream goes over a fast path, and a new one a ' +
      'second later. convergedMs is the time from its start until all hosts are connected and ' +
      'it counts the fast path as up; the stream must not notice.',
  ],
  run: async (context) => {
    const sandbox = createSandbox('f')
    try {
      const site = await startSite(sandbox)
      await warmUp(site)
      context.progress('the overlay is up')
      const kills: Case[] = [
        { name: 'host-killed', measure: () => killHost(site), repeatsMax: 3 },
        { name: 'proxy-killed', measure: () => killProxy(site), repeatsMax: 3 },
      ]
      const faults = FAULTS.map((fault) => ({
        name: fault.name,
        measure: () => strike(site, fault),
      }))
      const repeats = context.isQuick ? QUICK_REPEATS : REPEATS
      const cases = await context.interleave([...faults, ...kills], repeats)
      await site.close()
      return { cases, checks: judge(cases) }
    } finally {
      await sandbox.close()
    }
  },
}

async function strike(site: Site, { transport, strike: hit }: Fault): Promise<Measures> {
  const { alpha, beta } = site.hosts
  await site.connect('alpha', 'beta', transport)
  const { guest } = beta
  const stream = await startStream({
    ...{ from: alpha.guest.namespace, to: guest.namespace, address: guest.address },
  })
  // By chance, so that it does not keep step with anything of the daemons'.
  await sleep(BEFORE_MS + Math.random() * 200)
  const beforeMs = monotonicMs()
  const undo = await hit(alpha, beta)
  const struckMs = monotonicMs()
  await sleep(AFTER_MS)
  const outcome = await stream.stop()
  await undo()
  await site.disconnect('alpha', 'beta')
  const silences = outcome.gaps.filter(([, toMs]) => toMs > beforeMs)
  const outages = silences.filter(([fromMs, toMs]) => toMs - fromMs >= OUTAGE_MS)
  // The command takes a while: what counts is the last frame that came through.
  const startMs = Math.min(struckMs, ...outages.map(([fromMs]) => Math.max(fromMs, beforeMs)))
  const endMs = Math.max(startMs, ...outages.map(([, toMs]) => toMs))
  return {
    outageMs: endMs - startMs,
    silentMs: silences.reduce((sum, [fromMs, toMs]) => sum + toMs - fromMs, 0),
    lostFrames: outcome.lost,
    duplicates: outcome.duplicates,
    reordered: outcome.reordered,
  }
}

function judge(cases: Awaited<ReturnType<Bench['run']>>['cases']): Check[] {
  const within = FAULTS.map(({ name }) => {
    const samples = samplesOf(cases, name, 'outageMs')
    return check({
      ...{ name: `${name}: payload is back, p95`, unit: 'ms', op: '<=', target: BACK_WITHIN_MS },
      value: samples.length === 0 ? null : percentile(samples, 95),
    })
  })
  const worst = (name: string, measure: string) => {
    const samples = samplesOf(cases, name, measure)
    return samples.length === 0 ? null : Math.max(...samples)
  }
  const none = (name: string, of: string, measure: string) =>
    check({ name, value: worst(of, measure), unit: 'frames', op: '==', target: 0 })
  // Else the stream was not on the path that was struck.
  const struck = FAULTS.map(({ name }) => {
    const samples = samplesOf(cases, name, 'lostFrames')
    return check({
      ...{ name: `${name}: struck`, unit: 'frames', op: '>=', target: 1 },
      value: samples.length === 0 ? null : Math.min(...samples),
    })
  })
  const doubled = FAULTS.map(({ name }) => none(`${name}: doubled`, name, 'duplicates'))
  return [
    ...within,
    ...struck,
    ...doubled,
    none('host-killed: others lose', 'host-killed', 'othersLostFrames'),
    none('proxy-killed: the fast path loses', 'proxy-killed', 'lostFrames'),
    none('proxy-killed: doubled', 'proxy-killed', 'duplicates'),
    check({
      ...{ name: 'proxy-killed: converged', value: worst('proxy-killed', 'convergedMs') },
      ...{ unit: 'ms', op: '<=', target: 5_000 },
    }),
  ]
}
