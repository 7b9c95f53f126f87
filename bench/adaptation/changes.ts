// One program after the other, each in another pattern: does the network follow each of them, and
// then leave everything as it is?

import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../../src/base/errors.ts'
import type { TopologyView } from '../../src/control/api.ts'
import { type Pattern, patternEdges, patternOf } from '../../src/infer/patterns.ts'
import type { Lab } from '../../src/lab/handle.ts'
import { type Check, check } from '../checks.ts'
import type { BenchContext, BenchOutcome } from '../harness.ts'
import { nameOfPattern } from '../patterns/options.ts'
import { summarise } from '../stats.ts'
import { controlOf, type NetworkControl } from './network-control.ts'
import { medianMs, startWatched } from './watch.ts'

/** Two in a row share few edges. */
const PATTERNS: readonly Pattern[] = [
  ...[patternOf('all-to-all', 8), patternOf('bus', 8), patternOf('hypercube', 8)],
  ...[patternOf('one-to-all', 8), patternOf('ring', 8), patternOf('tree-reduction', 8)],
  ...[patternOf('torus', [4, 2]), patternOf('partition', [4, 4]), patternOf('mesh', [4, 2])],
  ...[patternOf('all-to-one', 8), patternOf('reduction', 8), patternOf('tree', 8)],
]
const MESSAGE_BYTES = 32_768

interface Times {
  readonly phases: number
  readonly phaseMs: number
  readonly dwellMs: number
}

const FULL: Times = { phases: 20, phaseMs: 30_000, dwellMs: 10_000 }
const QUICK: Times = { phases: 5, phaseMs: 10_000, dwellMs: 2_000 }
/** After a dwell of links without use, and this for all the rest, everything has to stand still. */
const SETTLE_MS = 4_000

interface Phase {
  readonly pattern: string
  readonly iterations: number
  readonly firstMs: number
  readonly settledMs: number
  readonly links: number
  readonly changes: number
  /** After the settling. */
  readonly lateChanges: readonly string[]
  readonly isFollowed: boolean
  readonly failure: string | null
}

export async function measureChanges(lab: Lab, context: BenchContext): Promise<BenchOutcome> {
  const times = context.isQuick ? QUICK : FULL
  const control = controlOf(lab)
  await control.setDwell(times.dwellMs)
  const phases: Phase[] = []
  for (let index = 0; index < times.phases; index += 1) {
    const pattern = PATTERNS[index % PATTERNS.length] ?? patternOf('ring', 8)
    const phase = await runPhase({ lab, control, pattern, times })
    context.progress(`changes ${index + 1}/${times.phases}: ${describe(phase).trim()}`)
    phases.push(phase)
  }
  return { ...outcomeOf(phases), details: { phases } }
}

interface Stage {
  readonly lab: Lab
  readonly control: NetworkControl
  readonly pattern: Pattern
  readonly times: Times
}

async function runPhase({ lab, control, pattern, times }: Stage): Promise<Phase> {
  const startMs = Date.now()
  const name = nameOfPattern(pattern)
  try {
    const job = await startWatched(lab, { pattern, messageBytes: MESSAGE_BYTES })
    await job.median(1, 0)
    await sleep(Math.max(0, startMs + times.phaseMs - Date.now()))
    const actions = await control.actionsSince(startMs)
    const isFollowed = isExactly(await lab.admin('proxy').topology(), lab, pattern)
    const links = await control.countLinks()
    const { iterations } = await job.end()
    const late = actions.filter(({ atMs }) => atMs > startMs + times.dwellMs + SETTLE_MS)
    return {
      ...{ pattern: name, iterations: iterations.length, links, isFollowed, failure: null },
      firstMs: iterations[0]?.totalMs ?? 0,
      settledMs: medianMs(iterations.slice(-10)),
      changes: actions.length,
      lateChanges: late.map(({ action, detail }) => `${action}: ${detail}`),
    }
  } catch (error) {
    const failure = messageOf(error)
    return {
      ...{ pattern: name, iterations: 0, firstMs: 0, settledMs: 0, links: 0, changes: 0 },
      ...{ lateChanges: [], isFollowed: false, failure },
    }
  }
}

/** The proxy sees the edges of the pattern, and no others. */
function isExactly({ topology }: TopologyView, { plan }: Lab, pattern: Pattern): boolean {
  const { name, dimensions, guests } = pattern
  const size = dimensions.length === 0 ? guests : dimensions
  const wanted = patternEdges(name, size).map(
    ([from, to]) => `${plan.guests[from]?.mac} ${plan.guests[to]?.mac}`,
  )
  const seen = topology.edges.map(({ source, destination }) => `${source} ${destination}`)
  return wanted.length === seen.length && wanted.every((edge) => seen.includes(edge))
}

function describe(phase: Phase): string {
  if (phase.failure !== null) return `${phase.pattern.padEnd(16)} failed: ${phase.failure}`
  const { pattern, iterations, firstMs, settledMs, links, changes, lateChanges } = phase
  return [
    `${pattern.padEnd(16)} ${String(iterations).padStart(5)} iterations`,
    `${firstMs.toFixed(0).padStart(5)} ms -> ${settledMs.toFixed(0).padStart(4)} ms`,
    `${String(links).padStart(2)} links, ${String(changes).padStart(3)} actions`,
    `${lateChanges.length} after settling${phase.isFollowed ? '' : ', not seen exactly'}`,
  ].join(', ')
}

function outcomeOf(phases: readonly Phase[]): Omit<BenchOutcome, 'details'> {
  const counts = {
    phases: phases.length,
    followed: phases.filter(({ isFollowed }) => isFollowed).length,
    failed: phases.filter(({ failure }) => failure !== null).length,
    lateChanges: phases.reduce((sum, { lateChanges }) => sum + lateChanges.length, 0),
  }
  const measures = Object.entries(counts).flatMap(([name, value]) => {
    const summary = summarise([value])
    return summary === null ? [] : [[name, summary] as const]
  })
  const late = phases.flatMap(({ pattern, lateChanges }) =>
    lateChanges.map((text) => `${pattern}: late: ${text}`),
  )
  return {
    cases: [{ name: 'changes', measures: Object.fromEntries(measures) }],
    checks: judge(counts),
    sections: [{ title: 'Changing patterns', lines: [...phases.map(describe), ...late] }],
  }
}

function judge(counts: {
  readonly phases: number
  readonly followed: number
  readonly failed: number
  readonly lateChanges: number
}): Check[] {
  const { phases, followed, failed, lateChanges } = counts
  return [
    check({
      ...{ name: 'changes: patterns followed', value: followed / phases },
      ...{ unit: 'of all', op: '==', target: 1 },
    }),
    check({
      ...{ name: 'changes: links and rules after settling', value: lateChanges },
      ...{ unit: '', op: '==', target: 0 },
    }),
    check({
      ...{ name: 'changes: jobs that failed', value: failed, unit: '', op: '==', target: 0 },
    }),
  ]
}
