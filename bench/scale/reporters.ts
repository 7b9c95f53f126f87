// A thousand hosts that report to one real proxy over TLS links of their own: does it keep up? The
// hosts share a process (reporters-worker.ts); what they report is made up, the rest is real.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { messageOf } from '../../src/base/errors.ts'
import type { Credentials } from '../../src/plane/plane.ts'
import { makeKeyAndCsr, signRequest } from '../../src/trust/ca.ts'
import { credentialsOf } from '../../src/trust/identity.ts'
import { openProxyTrust } from '../../src/trust/proxy-trust.ts'
import { openChannel } from '../channel.ts'
import { type Check, check } from '../checks.ts'
import { startNetwork } from '../daemons.ts'
import type { BenchContext, BenchOutcome, CaseResult, Measures } from '../harness.ts'
import { medianOf } from '../harness.ts'
import { processCpuSeconds, processRssMB } from '../machine.ts'
import { createSandbox } from '../netns.ts'
import { percentile } from '../stats.ts'
import { until } from '../wait.ts'
import type { ReporterRequest, ReporterState } from './reporters-worker.ts'

const WORKER = fileURLToPath(new URL('./reporters-worker.ts', import.meta.url))
const NETWORK = 'bench'
const PROXY = { address: '127.0.0.1', port: 7707 }
const METRICS = '127.0.0.1:9707'
const HOSTS = 1_000
const PAIRS = 200_000
/** All pairs are edges, and the proxy has kept its pace for so long. */
const STEADY_MS = 8_000
const WARM_UP_TIMEOUT_MS = 120_000

export const REPORTERS_METHOD = [
  `\`links\`: a real proxy with ${HOSTS} TLS links to as many hosts, which share a process on ` +
    'the same machine. Each reports 200 pairs at the common edges that the proxy orders, with ' +
    '10,000 guests and 200,000 active pairs as above. `delayMs` is the time from the end of a ' +
    "report's interval until the proxy has taken it in, the mean of each second; its median is " +
    'shown, and `growth` compares the last third of the run with the first. `answer...Ms` is how ' +
    'long the proxy takes to tell the time on one of the links, asked ten times a second. ' +
    '`updateIntervalMs` is what the proxy orders in the end: longer than 100 where it has not ' +
    'the processor time to take them all in.',
]

/** What breaks leaves the checks unmeasured. */
export async function measureReporters(context: BenchContext): Promise<BenchOutcome> {
  const seconds = context.isQuick ? 12 : 30
  let why: string | undefined
  const measure = () =>
    measureOnce(context, seconds).catch((error: unknown) => {
      why = messageOf(error)
      context.progress(`stopped: ${why}`)
      return {}
    })
  const cases = await context.interleave([{ name: 'links', measure }], 1)
  return { cases, checks: judge(cases, why) }
}

function judge(cases: readonly CaseResult[], why: string | undefined): Check[] {
  const of = (measure: string) => ({
    value: medianOf(cases, 'links', measure),
    ...(why === undefined ? {} : { why }),
  })
  return [
    check({ name: 'linksUp', ...of('hosts'), unit: '', op: '==', target: HOSTS }),
    check({ name: 'delayGrowth', ...of('growth'), unit: 'x', op: '<=', target: 1.5 }),
    check({ name: 'reportsLost', ...of('lostReports'), unit: '', op: '==', target: 0 }),
    check({ name: 'proxyMemory', ...of('rssMB'), unit: 'MB', op: '<=', target: 1_000 }),
  ]
}

async function measureOnce(context: BenchContext, seconds: number): Promise<Measures> {
  const sandbox = createSandbox('q')
  try {
    const namespace = await sandbox.addNamespace('ground')
    context.progress(`making ${HOSTS} certificates`)
    const credentials = await joinAll(join(sandbox.folder, 'proxy'))
    const network = await startNetwork({
      ...{ folder: sandbox.folder, namespace, ...PROXY },
      settings: { metrics: { listen: METRICS } },
    })
    const child = namespace.spawn(process.execPath, [WORKER], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const { ask, close } = openChannel<ReporterRequest>(child, 'the hosts')
    context.progress('connecting')
    const proxy = { host: PROXY.address, port: PROXY.port }
    const say = (request: ReporterRequest) =>
      ask(request).catch((cause: unknown) => {
        throw new Error(`${messageOf(cause)}; the proxy said:\n${network.proxy.log()}`)
      })
    await say({ kind: 'start', proxy, credentials, metrics: METRICS })
    context.progress('all report')
    const state = async () => (await say({ kind: 'state' })) as ReporterState
    const before = await untilSteady(state)
    const cpuBefore = await processCpuSeconds(network.proxy.pid)
    await sleep(seconds * 1_000)
    const after = await state()
    const cpu = (await processCpuSeconds(network.proxy.pid)) - cpuBefore
    const rssMB = await processRssMB(network.proxy.pid, 'now')
    close()
    await network.close()
    return { ...figuresOf(before, after), proxyCores: cpu / seconds, rssMB }
  } finally {
    await sandbox.close()
  }
}

async function untilSteady(state: () => Promise<ReporterState>): Promise<ReporterState> {
  let sinceMs = performance.now()
  let intervalMs = Number.NaN
  const isSteady = ({ metrics }: ReporterState) => {
    const now = metrics['vnet_inference_update_interval_seconds'] ?? Number.NaN
    const isSame = now === intervalMs && metrics['vnet_inference_edges'] === PAIRS
    intervalMs = now
    if (!isSame) sinceMs = performance.now()
    return performance.now() - sinceMs >= STEADY_MS
  }
  const look = async () => {
    const now = await state()
    return isSteady(now) ? now : null
  }
  const options = { timeoutMs: WARM_UP_TIMEOUT_MS, intervalMs: 500 }
  return until(look, { what: 'a steady pace of all pairs', ...options })
}

function figuresOf(before: ReporterState, after: ReporterState): Measures {
  const { answersMs, delaysMs } = after // since `before`
  const third = Math.floor(delaysMs.length / 3)
  const middle = (samples: readonly number[]) => percentile(samples, 50)
  const metric = (name: string) => after.metrics[`vnet_inference_${name}`] ?? Number.NaN
  const since = (name: string) =>
    metric(name) - (before.metrics[`vnet_inference_${name}`] ?? Number.NaN)
  return {
    hosts: after.links,
    pairs: metric('pairs'),
    edges: metric('edges'),
    reportsPerSecond: since('reports_total') / ((after.atMs - before.atMs) / 1_000),
    lostReports: since('reports_lost_total'),
    lateReports: since('reports_late_total'),
    foreignPairs: since('pairs_foreign_total'),
    changes: since('changes_total'),
    updateIntervalMs: metric('update_interval_seconds') * 1_000,
    tickMs: (1_000 * since('tick_seconds_total')) / since('ticks_total'),
    answerP50Ms: middle(answersMs),
    answerP99Ms: percentile(answersMs, 99),
    delayMs: middle(delaysMs),
    growth: middle(delaysMs.slice(-third)) / middle(delaysMs.slice(0, third)),
  }
}

/** The network of a proxy that starts in this folder later, with all hosts in it. */
async function joinAll(stateDir: string): Promise<Credentials[]> {
  const nowMs = Date.now()
  mkdirSync(stateDir, { recursive: true, mode: 0o700 })
  const trust = await openProxyTrust({ stateDir, network: NETWORK, proxyName: 'proxy', nowMs })
  const { authority, store } = trust
  const all: Credentials[] = []
  for (let index = 0; index < HOSTS; index++) {
    const name = `host-${index}`
    const { privateKeyPem, csrDer } = await makeKeyAndCsr()
    const identity = { network: NETWORK, role: 'host', name } as const
    const { certificatePem, ...certificate } = await signRequest({
      ...{ authority, csrDer, identity, nowMs },
    })
    store.putHost({
      ...{ name, publicKeySha256: certificate.publicKeySha256, serial: certificate.serial },
      ...{ joinedAtMs: nowMs, certificateNotAfterMs: certificate.notAfterMs },
      ...{ isRevoked: false, lastAddress: null, lastSeenMs: null },
    })
    all.push(credentialsOf({ privateKeyPem, certificatePem, caPem: authority.certificatePem }))
  }
  store.close()
  return all
}
