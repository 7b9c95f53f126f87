// `vnet bench planner`: how near the planner comes to the best choice of links, beside other ways
// to choose them, and what a plan costs in a large network.

import { setImmediate } from 'node:timers/promises'
import { planByIntensity, planFullMesh, planRandomly } from '../src/adapt/baselines.ts'
import { exhaustive } from '../src/adapt/exhaustive.ts'
import { planLinks, planOrder } from '../src/adapt/planner.ts'
import { type Plan, type Problem, pairKey } from '../src/adapt/types.ts'
import { seededRandom } from '../src/base/random.ts'
import { type Check, check } from './checks.ts'
import type { Bench, BenchContext, BenchOutcome, CaseResult, Measures } from './harness.ts'
import { largeNetwork, randomNetwork } from './planning/networks.ts'
import { percentile, type Summary, summarise } from './stats.ts'

const NETWORKS = 500
const NETWORKS_QUICK = 100
const LARGE = { hosts: 5_000, pairs: 100_000 }
const LARGE_REPEATS = 5
/** Phases closer to each other than this share are equal. */
const DIFFERENT = 0.001

export const plannerBench: Bench = {
  name: 'planner',
  summary: 'how near the plan comes to the best choice of links, and what it costs',
  method: [
    `${NETWORKS} random networks (--quick: ${NETWORKS_QUICK}) by seeds 1, 2, ...: 3 to 6 hosts, ` +
      'proxy and access lines from 10 Mbit/s to 1 Gbit/s in each direction, every second star ' +
      'link and direct path with a limit of its own, demands that differ up to tenfold, budgets ' +
      'from 1 link upwards. `gapPercent`: how much longer the communication phase is by the ' +
      'fluid model than with the best of all choices within the budgets (exhaustive search). ' +
      '`slowdown`: the phase over that of the best choice; `speedup`: the star over the phase.',
    '`by intensity`: the pairs with most traffic; `full mesh`: all pairs, budgets or not; ' +
      '`random`: any pairs. `k links`: exactly k links, for each k, against the best subset of k.',
    `Large: ${LARGE.hosts.toLocaleString('en-US')} hosts in groups of 100, ` +
      `${LARGE.pairs.toLocaleString('en-US')} demands, at most 16 links a host and 50,000 in ` +
      'all. `from a cold start`: no link is up; `with links up`: a third of them are. `planMs`: ' +
      'time of one plan.',
  ],
  run: measurePlanner,
}

async function measurePlanner(context: BenchContext): Promise<BenchOutcome> {
  const networks = context.isQuick ? NETWORKS_QUICK : NETWORKS
  const rows: Row[] = []
  const sized: SizedRow[] = []
  for (let seed = 1; seed <= networks; seed += 1) {
    const problem = randomNetwork(seededRandom(seed))
    rows.push(compare(problem, seed))
    sized.push(...compareSizes(problem))
    if (seed % 50 === 0) {
      context.progress(`${seed} networks`)
      await setImmediate()
    }
  }
  const cases = [...casesOf(rows), ...sizedCasesOf(sized)]
  const large = await measureLarge(context)
  const checks = [...checksOf(rows, sized), ...large.map(checkLarge)]
  return { cases: [...cases, ...large], checks }
}

/** Seconds of the phase by way of choosing. */
interface Row {
  readonly best: number
  readonly star: number
  readonly planner: number
  readonly byIntensity: number
  readonly random: number
  readonly fullMesh: number
}

function compare(problem: Problem, seed: number): Row {
  const plan = planLinks(problem)
  return {
    best: exhaustive(problem).seconds,
    star: plan.starSeconds,
    planner: plan.plannedSeconds,
    byIntensity: planByIntensity(problem).plannedSeconds,
    random: planRandomly(problem, seededRandom(seed)).plannedSeconds,
    fullMesh: planFullMesh(problem).plannedSeconds,
  }
}

/** Exactly so many links as there may be, chosen in three ways: seconds of the phase. */
interface SizedRow {
  readonly best: number
  readonly planner: number
  readonly byIntensity: number
}

function compareSizes(problem: Problem): SizedRow[] {
  const unlimited = { ...problem, budgets: { links: 16, linksPerHost: 16 } }
  const all = planOrder(unlimited, 16).length
  return Array.from({ length: all }, (_, at) => at + 1).map((links) => {
    const chosen = new Set(planOrder(unlimited, links).map(pairKey))
    const present = withUp(unlimited, (a, b) => chosen.has(pairKey({ a, b })))
    return {
      best: exhaustive(unlimited, links).seconds,
      planner: planLinks(present).presentSeconds,
      byIntensity: planByIntensity({ ...unlimited, budgets: { links, linksPerHost: 16 } })
        .plannedSeconds,
    }
  })
}

function withUp(problem: Problem, isUp: (a: string, b: string) => boolean): Problem {
  const nameOf = (at: number): string => problem.hosts[at]?.name ?? ''
  return {
    ...problem,
    candidates: problem.candidates.map((candidate) => ({
      ...candidate,
      isUp: isUp(nameOf(candidate.a), nameOf(candidate.b)),
    })),
  }
}

/** Share by which `seconds` is longer; less than the error of doubles is nothing. */
function gap(seconds: number, best: number): number {
  const share = best === 0 ? 0 : seconds / best - 1
  return share < 1e-9 ? 0 : share
}

function casesOf(rows: readonly Row[]): CaseResult[] {
  const ways = ['planner', 'byIntensity', 'random', 'fullMesh', 'star'] as const
  const names = { byIntensity: 'by intensity', fullMesh: 'full mesh' } as const
  return ways.map((way) =>
    caseOf(
      way in names ? names[way as keyof typeof names] : way,
      rows.map((row) => ({
        ...measureGap(gap(row[way], row.best)),
        slowdown: row[way] / row.best,
        speedup: row.star / row[way],
      })),
    ),
  )
}

function sizedCasesOf(rows: readonly SizedRow[]): CaseResult[] {
  const measures = (way: 'planner' | 'byIntensity'): Measures[] =>
    rows.map((row) => ({
      ...measureGap(gap(row[way], row.best)),
      slowdown: row[way] / row.best,
    }))
  return [
    caseOf('k links, planner', measures('planner')),
    caseOf('k links, by intensity', measures('byIntensity')),
  ]
}

const measureGap = (share: number): Measures => ({ gapPercent: share * 100 })

function caseOf(name: string, samples: readonly Measures[]): CaseResult {
  const measures: Record<string, Summary> = {}
  for (const key of Object.keys(samples[0] ?? {})) {
    const values = samples.flatMap((sample) => sample[key] ?? [])
    const summary = summarise(values)
    // A seed gives the network again, so that thousands of samples need not be kept.
    if (summary !== null) measures[key] = { ...summary, samples: [] }
  }
  return { name, measures }
}

function checksOf(rows: readonly Row[], sized: readonly SizedRow[]): Check[] {
  const gaps = rows.map((row) => gap(row.planner, row.best))
  const sizedGaps = sized.map((row) => gap(row.planner, row.best))
  const compared = [...rows, ...sized]
  const different = compared
    .map((row) => row.byIntensity / row.planner)
    .filter((ratio) => Math.abs(ratio - 1) > DIFFERENT)
  const sum = different.reduce((all, ratio) => all + ratio, 0)
  const worse = compared.filter((row) => gap(row.planner, row.byIntensity) > 0).length
  const none = { unit: '', op: '<=' } as const
  return [
    check({ ...none, name: 'medianGap', value: percentile(gaps, 50), target: 0.02 }),
    check({ ...none, name: 'worstGap', value: Math.max(...gaps), target: 0.1 }),
    check({ ...none, name: 'kLinks-worstGap', value: Math.max(...sizedGaps), target: 0.05 }),
    check({
      name: 'byIntensityOverPlanner',
      value: sum / different.length,
      unit: 'x',
      op: '>=',
      target: 1.05,
      against: `mean of the ${different.length} of ${compared.length} runs where they differ`,
    }),
    check({ ...none, name: 'worseThanByIntensity', value: worse, op: '==', target: 0 }),
  ]
}

async function measureLarge(context: BenchContext): Promise<CaseResult[]> {
  const cold = largeNetwork(seededRandom(1), LARGE)
  const up = withUp(cold, (a, b) => (Number(a.slice(4)) + Number(b.slice(4))) % 3 === 0)
  const samples = { cold: [] as Measures[], up: [] as Measures[] }
  for (let repeat = 1; repeat <= LARGE_REPEATS; repeat += 1) {
    samples.cold.push(timed(cold))
    samples.up.push(timed(up))
    context.progress(`large network ${repeat}/${LARGE_REPEATS}`)
    await setImmediate()
  }
  return [
    caseOf('large, from a cold start', samples.cold),
    caseOf('large, with links up', samples.up),
  ]
}

function timed(problem: Problem): Measures {
  const startMs = performance.now()
  const plan: Plan = planLinks(problem)
  return {
    planMs: performance.now() - startMs,
    links: plan.links.length,
    speedup: plan.starSeconds / plan.plannedSeconds,
  }
}

function checkLarge({ name, measures }: CaseResult): Check {
  const value = measures.planMs?.median ?? null
  return check({ name: `${name}: planMs`, value, unit: 'ms', op: '<=', target: 1_000 })
}
