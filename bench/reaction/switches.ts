// From one pattern to the next: when does the proxy know?

import { setTimeout as sleep } from 'node:timers/promises'
import { seededRandom } from '../../src/base/random.ts'
import type { ChangeRow } from '../../src/control/api.ts'
import type { NamedPattern } from '../../src/infer/patterns.ts'
import type { Check } from '../checks.ts'
import { check } from '../checks.ts'
import { type BenchContext, type CaseResult, type Measures, medianOf } from '../harness.ts'
import { percentile } from '../stats.ts'
import { until } from '../wait.ts'
import { edgesOf, hasAll, type Play, type Stage } from './stage.ts'

/** The last one has all edges there are: after it there is nothing new but after silence. */
const PATTERNS: readonly NamedPattern[] = [
  'ring',
  'bus',
  'hypercube',
  'one-to-all',
  'mesh',
  'tree',
  'all-to-one',
  'all-to-all',
]
/** The guests are told so long before. */
const NOTICE_MS = 150
/** A pattern lasts so long, and by chance up to so much longer. */
const LASTS_MS = 2_000
const LASTS_MORE_MS = 500
/** It takes a smoothing interval until what is no more has left the topology. */
const SEEN_WITHIN_MS = 5_000
/** Longer than the idle hold. */
const FORGOTTEN_WITHIN_MS = 20_000

export const SWITCHES_METHOD = [
  'Switches: from one pattern to another with another numbering, at moments by chance; every ' +
    'eighth after a silence in which the topology was forgotten. The time is from the first ' +
    'datagram that any guest sent to the change event after which the topology has all edges of ' +
    'the new pattern. Before the next switch the topology must be exactly the pattern and bear ' +
    "its name. countMs to decideMs are the controller's own account of the same time.",
]

interface Reaction {
  readonly reactionMs: number
  readonly stages: ChangeRow['stages']
  /** The topology was exactly the pattern before the next switch, and called so. */
  readonly isRight: boolean
}

export async function measureSwitches(stage: Stage, context: BenchContext): Promise<Measures> {
  const random = seededRandom(20_040_401)
  const reactions: Reaction[] = []
  const count = PATTERNS.length * (context.isQuick ? 1 : 4)
  for (let turn = 0; turn < count; turn++) {
    if (turn > 0 && turn % PATTERNS.length === 0) await beForgotten(stage)
    const play = stage.play(PATTERNS[turn % PATTERNS.length] ?? 'ring', stage.order(random.next))
    stage.firstSentMs()
    const startMs = Date.now()
    const atMs = startMs + NOTICE_MS + random.next() * 100
    stage.schedule(atMs, play)
    const change = await changeTo(stage, play, startMs)
    const sentMs = stage.firstSentMs() ?? atMs
    await sleep(LASTS_MS + random.next() * LASTS_MORE_MS - (Date.now() - atMs))
    const isRight = await isExactly(stage, play)
    const reactionMs = change.atMs - sentMs
    const seen = isRight ? '' : ', and not seen exactly'
    context.progress(`${play.name}: after ${Math.round(reactionMs)} ms${seen}`)
    reactions.push({ reactionMs, stages: change.stages, isRight })
  }
  stage.schedule(Date.now(), null)
  return summarise(reactions)
}

async function beForgotten(stage: Stage): Promise<void> {
  stage.schedule(Date.now(), null)
  await until(async () => (await stage.topology()).topology.edges.length === 0, {
    what: 'no topology',
    timeoutMs: FORGOTTEN_WITHIN_MS,
  })
}

/** The first change after which all edges are there. */
function changeTo(stage: Stage, play: Play, sinceMs: number): Promise<ChangeRow> {
  return until(
    async () =>
      (await stage.history(sinceMs)).find((row) => hasAll(edgesOf(row), play.edges))?.change,
    { what: `a change to ${play.name}`, timeoutMs: SEEN_WITHIN_MS },
  )
}

async function isExactly(stage: Stage, play: Play): Promise<boolean> {
  const view = await stage.topology()
  const [pattern] = view.patterns
  const names: readonly (string | undefined)[] = [pattern?.name, ...(pattern?.alsoKnownAs ?? [])]
  const isNamed = names.some((name) => name?.includes(play.name))
  const edges = edgesOf(view)
  return isNamed && edges.size === play.edges.size && hasAll(edges, play.edges)
}

function summarise(reactions: readonly Reaction[]): Measures {
  const of = (pick: (reaction: Reaction) => number, percent: number) =>
    percentile(reactions.map(pick), percent)
  return {
    reactionP50Ms: of((one) => one.reactionMs, 50),
    reactionP95Ms: of((one) => one.reactionMs, 95),
    reactionMaxMs: of((one) => one.reactionMs, 100),
    countP50Ms: of((one) => one.stages.countMs, 50),
    reportP50Ms: of((one) => one.stages.reportMs, 50),
    smoothP50Ms: of((one) => one.stages.smoothMs, 50),
    decideP50Ms: of((one) => one.stages.decideMs, 50),
    switches: reactions.length,
    seenExactly: reactions.filter(({ isRight }) => isRight).length / reactions.length,
  }
}

export function judgeSwitches(cases: readonly CaseResult[]): Check[] {
  const value = (measure: string) => medianOf(cases, 'switches', measure)
  const below = (name: string, measure: string, target: number) =>
    check({ name, value: value(measure), unit: 'ms', op: '<=', target })
  return [
    below('reactionP50', 'reactionP50Ms', 400),
    below('reactionP95', 'reactionP95Ms', 700),
    check({
      ...{ name: 'patternsSeenExactly', value: value('seenExactly') },
      ...{ unit: 'of all', op: '==', target: 1 },
    }),
  ]
}
