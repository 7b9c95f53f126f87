// What forwarding a small frame costs with few and with many MACs, rules and counted pairs. The
// figures come from forwarding.cc, one process a configuration.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { type Check, checkPairs } from '../checks.ts'
import { type BenchContext, type BenchOutcome, type Case, samplesOf } from '../harness.ts'
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
    'of its own (bench/scale/forwarding.cc), one process a configuration, in turn. `macs`: so ' +
    'many MACs, half of them sources. `destinations`: besides one rule for each destination. ' +
    '`pairs`: one rule for each of so many (source, destination) pairs. `counted`: so many ' +
    'pairs send and are counted.',
  '`active`: ten of the pairs send, the rest of the table stands by; the forwarder alone, from ' +
    'a port to nowhere. `random`: the same with all entries in random order, the worst there ' +
    'is: no entry is still in the cache when it is needed again. `relay`: random, and the ' +
    "proxy's whole work between two TLS links. `whole`: random, and all that the frame costs " +
    'from TAP to TAP: workers of a host, of the proxy, which holds the tables, and of another ' +
    'host, with the kernel work that they do.',
  'The checks compare the largest table with the smallest: of `active`, the forwarder alone; ' +
    'of `whole` and `counted`, where every frame is of another pair, all that a frame costs. ' +
    '`random` and `relay` show what of it is the look-up, and are not checked.',
]

/** Measures, and compares the largest table with the smallest. */
export async function measureForwarding(context: BenchContext): Promise<BenchOutcome> {
  context.progress('building the program')
  const program = await buildOnPlane(new URL('./forwarding.cc', import.meta.url))
  const cases = PLANS.map((plan): Case => ({ name: plan.name, measure: measure(plan) }))
  const results = await context.interleave(cases, context.isQuick ? 1 : 5)
  const checks = PLANS.filter((plan) => plan.isChecked).map((plan): Check => {
    const [least = 0, most = 0] = [plan.sizes[0], plan.sizes.at(-1)]
    const above = samplesOf(results, plan.name, measureName(most))
    const below = samplesOf(results, plan.name, measureName(least))
    return checkPairs({ name: `flat-${plan.name}`, above, below, op: '<=', target: 1.1 })
  })
  return { cases: results, checks }

  function measure({ way, table, flows, sizes }: Plan) {
    return async () => {
      const frames = String(way === 'none' ? 1_000_000 : 200_000)
      const measures: Record<string, number> = {}
      for (const size of sizes) {
        const args = [way, table, String(size), String(flows), frames]
        const { stdout } = await run(program, args)
        measures[measureName(size)] = JSON.parse(stdout).nsPerFrame
      }
      return measures
    }
  }
}

function measureName(entries: number): string {
  return `frameOf${entries}Ns`
}
