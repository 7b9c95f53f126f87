// Many links on one proxy: what they carry together, against what one pair of hosts gets through.

import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../src/base/errors.ts'
import { type Check, checkPairs } from '../checks.ts'
import {
  type BenchContext,
  type BenchOutcome,
  type Case,
  type CaseResult,
  type Measures,
  samplesOf,
} from '../harness.ts'
import { processCpuSeconds } from '../machine.ts'
import { createSandbox } from '../netns.ts'
import { allowCongestionControl } from '../overlay.ts'
import { buildTool } from '../tool.ts'
import { until } from '../wait.ts'
import { type Crowd, startCrowd } from './crowd.ts'

const LINKS = 64
const PAIRS = LINKS / 2
const ONE = 'links-2'
const ONE_OF_MANY_STREAMS = `links-2-streams-${PAIRS}`
const ALL = `links-${LINKS}`
const PORT = '5501'
/** Until as many streams as there are have found their share. */
const WARM_UP_MS = 500
/** What was under way when a run ended is through. */
const SETTLE_MS = 200
/** Of the throughput of one pair. */
const SHARE_MIN = 0.85

export const LINKS_METHOD = [
  `\`links-*\`: a real proxy daemon with ${LINKS} TLS links to as many real host daemons, which ` +
    'share a process; each host has one guest. Bulk TCP from guest to guest through the proxy: ' +
    `\`${ONE}\` by one pair, \`${ONE_OF_MANY_STREAMS}\` by the same pair with as many streams as ` +
    `all have together, \`${ALL}\` by ${PAIRS} pairs with a stream each. All links are up all ` +
    'the time; the cases run in turn. One program sends for all guests, one receives for all and ' +
    'throws the bytes away inside the kernel. Processor time, by whom: the proxy, all hosts, and ' +
    'the two programs, with the kernel work that each does. `fairness` is the index of Jain, ' +
    'Chiu and Hawe (1984) over the streams: 1 where all get the same.',
  `\`manyLinksToOne\` is the throughput of \`${ALL}\` to that of \`${ONE}\`: the median of the ` +
    'ratios of the repeats, in each of which the two run one after the other.',
]

/** Where the streams of a case go: which pair's receiver. */
const CASES = [
  { name: ONE, pairs: [0] },
  { name: ALL, pairs: Array.from({ length: PAIRS }, (_, pair) => pair) },
  { name: ONE_OF_MANY_STREAMS, pairs: Array.from({ length: PAIRS }, () => 0), repeatsMax: 3 },
]

/** Measures with all links up. What breaks leaves the check unmeasured. */
export async function measureLinks(context: BenchContext): Promise<BenchOutcome> {
  const wanted = CASES.filter(({ name }) => context.only?.includes(name) ?? true)
  if (wanted.length === 0) return { cases: [], checks: [] }
  const sandbox = createSandbox('s')
  const forbid = await allowCongestionControl()
  try {
    context.progress(`starting a proxy and ${LINKS} hosts`)
    const crowd = await startCrowd(sandbox, PAIRS)
    const durationMs = context.isQuick ? 700 : 1_500
    const cases = wanted.map(({ pairs, ...rest }): Case => {
      const to = pairs.map((pair) => crowd.receiverOf(pair))
      return { ...rest, measure: () => load(crowd, to, durationMs) }
    })
    const results = await context.interleave(cases, context.isQuick ? 5 : 9)
    await crowd.stop()
    return { cases: results, checks: [judge(results)] }
  } catch (error) {
    context.progress(`stopped: ${messageOf(error)}`)
    return { cases: [], checks: [judge([], messageOf(error))] }
  } finally {
    await sandbox.close()
    await forbid()
  }
}

function judge(cases: readonly CaseResult[], why?: string): Check {
  return checkPairs({
    name: 'manyLinksToOne',
    above: samplesOf(cases, ALL, 'gbitPerSecond'),
    below: samplesOf(cases, ONE, 'gbitPerSecond'),
    ...{ op: '>=', target: SHARE_MIN, against: ONE },
    ...(why === undefined ? {} : { why }),
  })
}

/** One stream to each address. */
async function load(crowd: Crowd, to: readonly string[], durationMs: number): Promise<Measures> {
  const bulk = await buildTool(new URL('./bulk.c', import.meta.url))
  const words = ['receive', PORT, String(to.length), String(WARM_UP_MS), String(durationMs)]
  const receiver = crowd.receivers.spawn(bulk, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  receiver.stdout?.on('data', (chunk) => {
    output += chunk
  })
  const isOver = new Promise<void>((end) => receiver.once('close', () => end()))
  const says = (word: string) =>
    until(() => output.includes(word), {
      ...{ what: `bulk: ${word}`, intervalMs: 5, timeoutMs: 15_000 },
    })
  await says('ready')
  const sending = crowd.senders.exec(bulk, 'send', PORT, ...to)
  await Promise.race([says('counting'), sending])
  const before = await readCpuSeconds(crowd)
  await isOver
  const after = await readCpuSeconds(crowd)
  const sent: { readonly bytes: number; readonly cpuSeconds: number } = JSON.parse(await sending)
  const received: Received = JSON.parse(output.slice(output.indexOf('{')))
  await sleep(SETTLE_MS)
  const bytes = received.bytes.reduce((total, one) => total + one, 0)
  const squares = received.bytes.reduce((total, one) => total + one * one, 0)
  const perGB = (seconds: number, of = bytes) => seconds / (of / 1e9)
  return {
    gbitPerSecond: (bytes * 8) / received.seconds / 1e9,
    proxyCpuSecondsPerGB: perGB(after.proxy - before.proxy),
    hostsCpuSecondsPerGB: perGB(after.hosts - before.hosts),
    guestsCpuSecondsPerGB: perGB(received.cpuSeconds) + perGB(sent.cpuSeconds, sent.bytes),
    fairness: bytes ** 2 / (received.bytes.length * squares),
  }
}

/** What bulk.c says. */
interface Received {
  readonly seconds: number
  readonly cpuSeconds: number
  /** By stream. */
  readonly bytes: readonly number[]
}

async function readCpuSeconds({ proxyPid, hostsPid }: Crowd) {
  const [proxy, hosts] = await Promise.all([proxyPid, hostsPid].map(processCpuSeconds))
  return { proxy: proxy ?? 0, hosts: hosts ?? 0 }
}
