// `vnet bench scale-inference`: what one tick of the inference costs by the number of active pairs,
// and what it needs of memory.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { seededRandom } from '../src/base/random.ts'
import { createInference } from '../src/infer/inference.ts'
import type { Inference, MatrixReport } from '../src/infer/types.ts'
import { type Check, check, ratio } from './checks.ts'
import type { Bench, BenchContext, BenchOutcome, Case } from './harness.ts'
import { medianOf } from './harness.ts'
import { guestMac } from './inference/traffic.ts'
import { measureReporters, REPORTERS_METHOD } from './scale/reporters.ts'

interface Plan {
  readonly name: string
  readonly hosts: number
  readonly guestsPerHost: number
  /** Each guest sends to so many others. */
  readonly partners: number
}

/** Guests talk within groups of this many, as applications do. */
const GROUP = 100
const PLANS: readonly Plan[] = [12, 25, 50, 100, 200].map((thousands) => ({
  name: `${thousands},000 pairs`,
  hosts: thousands * 5,
  guestsPerHost: 10,
  partners: 20,
}))
const LARGEST = '200,000 pairs'
const INTERVAL_MS = 100
const START_MS = 1_800_000_000_000

export const scaleInferenceBench: Bench = {
  name: 'scale-inference',
  summary: 'cost of a tick of the inference by the number of active pairs',
  method: [
    'Hosts of ten guests each report every 100 ms; each guest sends to 20 others of its group of ' +
      '100, so that 1,000 hosts with 10,000 guests have 200,000 active pairs. `ingestMs`: ' +
      'processor time of taking in the reports of all hosts for one interval; `tickMs`: of the ' +
      'decision after it; `cpuMs`: both. Each is the median over the ticks of a run, window ' +
      'full and all pairs known. `memoryMB`: what the inference adds to the process.',
    'Reports come as new objects each interval, as from the wire. `linear` compares the cost of ' +
      'a pair in the largest network with that in the smallest.',
    ...REPORTERS_METHOD,
  ],
  run: async (context) => {
    const inference = await measureScaleInference(context)
    const isWanted = context.only?.includes('links') ?? true
    const links = isWanted ? await measureReporters(context) : { cases: [], checks: [] }
    return {
      cases: [...inference.cases, ...links.cases],
      checks: [...inference.checks, ...links.checks],
    }
  },
}

async function measureScaleInference(context: BenchContext): Promise<BenchOutcome> {
  const cases = PLANS.map((plan): Case => ({ name: plan.name, measure: async () => measure(plan) }))
  const results = await context.interleave(cases, context.isQuick ? 1 : 5)
  const figure = (name: string, measure: string) => medianOf(results, name, measure)
  const [smallest] = PLANS
  const checks: Check[] = [
    check({
      name: 'cpuOfTick',
      value: figure(LARGEST, 'cpuMs'),
      unit: 'ms',
      op: '<=',
      target: 100,
    }),
    check({
      name: 'memory',
      value: figure(LARGEST, 'memoryMB'),
      unit: 'MB',
      op: '<=',
      target: 1_000,
    }),
    check({
      name: 'linear',
      value: ratio(figure(LARGEST, 'cpuNsPerPair'), figure(smallest?.name ?? '', 'cpuNsPerPair')),
      unit: '',
      op: '<=',
      target: 2,
    }),
  ]
  return { cases: results, checks }
}

/** Ticks until the window is full and the code is compiled, and those that are measured. */
const WARM_TICKS = 20
const MEASURED_TICKS = 15

function measure(plan: Plan) {
  const before = usedBytes()
  const inference = createInference()
  const hosts = plannedHosts(plan)
  const costs = { ingestMs: [] as number[], tickMs: [] as number[] }
  for (let tick = 1; tick <= WARM_TICKS + MEASURED_TICKS; tick += 1) {
    const reports = hosts.map((host) => reportOf(host, tick))
    const cost = runTick(inference, reports, START_MS + tick * INTERVAL_MS)
    if (tick <= WARM_TICKS) continue
    costs.ingestMs.push(cost.ingestMs)
    costs.tickMs.push(cost.tickMs)
  }
  const memoryMB = (usedBytes() - before) / 2 ** 20
  const pairs = hosts.reduce((sum, host) => sum + host.source.length, 0)
  const [ingestMs, tickMs] = [middle(costs.ingestMs), middle(costs.tickMs)]
  return {
    ingestMs,
    tickMs,
    cpuMs: ingestMs + tickMs,
    cpuNsPerPair: ((ingestMs + tickMs) * 1e6) / pairs,
    // The record is asked for, so that the inference lives until here.
    tickedPairs: inference.record().pairs.length,
    memoryMB,
  }
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function usedBytes(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** One interval: all reports, then the decision. */
function runTick(inference: Inference, reports: readonly MatrixReport[], nowMs: number) {
  const start = cpuMs()
  for (const report of reports) inference.ingest(report, nowMs + 5)
  const ingested = cpuMs()
  inference.tick(nowMs + 20)
  const end = cpuMs()
  return { ingestMs: ingested - start, tickMs: end - ingested }
}

/** Processor time of this thread, as long as nothing else runs in it. */
const cpuMs = () => process.cpuUsage().user / 1_000 + process.cpuUsage().system / 1_000

const middle = (values: number[]) =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

interface PlannedHost {
  readonly name: string
  readonly guests: MatrixReport['guests']
  readonly source: readonly number[]
  readonly destination: readonly number[]
  readonly bytes: readonly number[]
}

function plannedHosts({ hosts, guestsPerHost, partners }: Plan): PlannedHost[] {
  const random = seededRandom(1)
  const count = hosts * guestsPerHost
  return Array.from({ length: hosts }, (_, host) => {
    const numbers = new Map<number, number>()
    const numberOf = (guest: number) => {
      const number = numbers.get(guest) ?? numbers.size
      numbers.set(guest, number)
      return number
    }
    const planned = { source: [] as number[], destination: [] as number[], bytes: [] as number[] }
    for (let own = 0; own < guestsPerHost; own += 1) {
      const guest = host * guestsPerHost + own
      const group = guest - (guest % GROUP)
      const first = 1 + Math.floor(random.next() * (GROUP - partners - 1))
      for (let partner = 0; partner < partners; partner += 1) {
        const other = group + ((guest - group + first + partner) % GROUP)
        planned.source.push(numberOf(guest))
        planned.destination.push(numberOf(other % count))
        planned.bytes.push(Math.round(20_000 + random.next() * 80_000))
      }
    }
    return { name: `host-${host}`, guests: [...numbers.keys()].map(guestMac), ...planned }
  })
}

function reportOf(host: PlannedHost, sequence: number): MatrixReport {
  const toMs = START_MS + sequence * INTERVAL_MS
  return {
    host: host.name,
    instance: 'first',
    sequence,
    fromMs: toMs - INTERVAL_MS,
    toMs,
    guests: [...host.guests],
    source: Uint32Array.from(host.source),
    destination: Uint32Array.from(host.destination),
    bytes: Float64Array.from(host.bytes, (bytes) => bytes + (sequence % 7) * 100),
    frames: Uint32Array.from(host.bytes, (bytes) => Math.ceil(bytes / 1_514)),
    droppedFrames: new Uint32Array(host.bytes.length),
  }
}
