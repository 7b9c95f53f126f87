// What forwarding a small frame costs with few and with many MACs, rules and counted pairs. The
// figures come from forwarding.cc: one process a table, in which its sizes take turns.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Check, check } from '../checks.ts'
import type { BenchContext, BenchOutcome, Case, Measures } from '../harness.ts'
import { summarise } from '../stats.ts'
import { buildOnPlane } from './build.ts'

const run = promisify(execFile)

type Way = 'none' | 'relay' | 'whole'
type Table = 'macs' | 'destinations' | 'pairs'

interface Plan {
  readonly name: string
  readonly way: Way
  readonly table: Table
  /** Pairs that send; 0: all entries, in random order. */
  readonly flows: number
  readonly sizes: readonly number[]
  readonly isChecked: boolean
}

const SIZES = [10, 1_000, 100_000]
const TABLES: readonly Table[] = ['macs', 'destinations', 'pairs']
/** With all of them sending: each is counted at the port that it enters by. */
const COUNTED_PAIRS = [10, 10_000]
/** As many as the smallest table has, so that the same number sends at each size. */
const ACTIVE_FLOWS = 10

const PLANS: readonly Plan[] = [
  ...TABLES.flatMap((table): Plan[] => {
    const common = { table, sizes: SIZES }
    return [
      { ...common, name: `active-${table}`, way: 'none', flows: ACTIVE_FLOWS, isChecked: true },
      { ...common, name: `random-${table}`, way: 'none', flows: 0, isChecked: false },
      { ...common, name: `relay-${table}`, way: 'relay', flows: 0, isChecked: false },
      { ...common, name: `whole-${table}`, way: 'whole', flows: 0, isChecked: true },
    ]
  }),
  {
    ...{ name: 'whole-counted', way: 'whole', table: 'macs', flows: 0 },
    ...{ sizes: COUNTED_PAIRS, isChecked: true },
  },
]

export const FORWARDING_METHOD = [
  'Processor time for one frame of 64 bytes, by the real forwarder and its tables in a program ' +
    'of its own (bench/scale/forwarding.cc), where the sizes of a table take turns. `macs`: so ' +
    'many MACs, half of them sources. `destinations`: besides one rule for each destination. ' +
    '`pairs`: one rule for each of so many (source, destination) pairs. `counted`: so many ' +
    'pairs send and are counted.',
  '`active`: ten of the pairs send, the rest of the table stands by; the forwarder alone, from ' +
    'a port to nowhere. `random`: the same with all entries in random order, the worst there ' +
    'is: no entry is still in the cache when it is needed again. `relay`: random, and the ' +
    "proxy's whole work between two TLS links. `whole`: random, and all that the frame costs " +
    'from TAP to TAP: workers of a host, of the proxy, which holds the tables, and of another ' +
    'host, with the kernel work that they do.',
  '`largestToSmallest` is the median of the ratios of its rounds, and what the checks judge: of ' +
    '`active`, the forwarder alone; of `whole` and `counted`, where every frame is of another ' +
    'pair, all that a frame costs. `random` and `relay` show what of it is the look-up, and are ' +
    'not checked.',
]

/** Measures, and compares the largest table with the smallest. */
export async function measureForwarding(context: BenchContext): Promise<BenchOutcome> {
  context.progress('building the program')
  const program = await buildOnPlane(new URL('./forwarding.cc', import.meta.url))
  const cases = PLANS.map((plan): Case => ({ name: plan.name, measure: () => measure(plan) }))
  const results = await context.interleave(cases, context.isQuick ? 1 : 3)
  const checks = PLANS.filter((plan) => plan.isChecked).map(({ name }): Check => {
    const summary = results.find((one) => one.name === name)?.measures.largestToSmallest
    const range = summary === undefined ? {} : { range: [summary.min, summary.max] as const }
    const value = summary?.median ?? null
    return check({ name: `flat-${name}`, value, unit: 'x', op: '<=', target: 1.1, ...range })
  })
  return { cases: results, checks }

  async function measure({ way, table, flows, sizes }: Plan): Promise<Measures> {
    const frames = way === 'none' ? 131_072 : 12_800
    const rounds = context.isQuick ? 11 : 31
    const words = [way, table, ...[flows, frames, rounds, ...sizes].map(String)]
    const rows: Record<string, number[]> = JSON.parse((await run(program, words)).stdout)
    const of = (size: number | undefined) => rows[String(size)] ?? []
    const [least, most] = [of(sizes[0]), of(sizes.at(-1))]
    const ratios = most.map((ns, round) => ns / (least[round] ?? Number.NaN))
    return {
      ...Object.fromEntries(sizes.map((size) => [measureName(size), medianIn(of(size))])),
      largestToSmallest: medianIn(ratios),
    }
  }
}

function medianIn(samples: readonly number[]): number | null {
  return summarise(samples)?.median ?? null
}

function measureName(entries: number): string {
  return `frameOf${entries}Ns`
}
