// Two patterns that take turns: faster than the smoothing interval they are one topology, the union
// of both; much slower, each turn is a change.

import { setTimeout as sleep } from 'node:timers/promises'
import type { HistoryRow } from '../../src/control/api.ts'
import { type Check, check } from '../checks.ts'
import { type Case, type CaseResult, type Measures, medianOf } from '../harness.ts'
import { edgesOf, hasAll, type Play, type Stage } from './stage.ts'

/** Of the default smoothing interval of 1 s: a tenth to twenty times. */
const PERIODS_MS = [100, 200, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000]
const QUICK_PERIODS_MS = [200, 3_000]
const SMOOTHING_MS = 1_000
const NOTICE_MS = 200
/** Until the first topology has settled. */
const SETTLE_MS = 4_000
/** Fast alternation is watched for so long. */
const WATCH_MS = 5_000
/** Guests 0 to 7 in two rings that share no edge. */
const FIRST = [0, 1, 2, 3, 4, 5, 6, 7]
const SECOND = [0, 2, 4, 6, 1, 3, 7, 5]

export const ALTERNATION_METHOD = [
  'Alternation: two rings without a common edge take turns; the period is how long each of them ' +
    'lasts. changesPerTurn counts change events once the alternation has settled; unionSeen is ' +
    'the share of the looks at the topology that show both rings at once; missedTurns are turns ' +
    'without a moment at which the topology was exactly the ring that was played.',
]

const nameOf = (periodMs: number) => `alternating-${periodMs}ms`

export function listAlternations(stage: Stage, isQuick: boolean): Case[] {
  const first = stage.play('ring', FIRST)
  const second = stage.play('ring', SECOND)
  return (isQuick ? QUICK_PERIODS_MS : PERIODS_MS).map((periodMs) => ({
    name: nameOf(periodMs),
    measure: () => alternate(stage, { plays: [first, second], periodMs }),
  }))
}

interface Alternation {
  readonly plays: readonly [Play, Play]
  readonly periodMs: number
}

async function alternate(stage: Stage, alternation: Alternation): Promise<Measures> {
  const { plays, periodMs } = alternation
  const isFast = periodMs < SMOOTHING_MS
  const settleTurns = isFast ? Math.ceil(SETTLE_MS / periodMs) : 1
  const turns = isFast ? Math.ceil(WATCH_MS / periodMs) : periodMs > SETTLE_MS ? 2 : 4
  const startMs = Date.now() + NOTICE_MS
  for (let turn = 0; turn < settleTurns + turns; turn++) {
    stage.schedule(startMs + turn * periodMs, plays[turn % 2] ?? null)
  }
  const watchedFromMs = startMs + settleTurns * periodMs
  const endMs = watchedFromMs + turns * periodMs
  stage.schedule(endMs, null)
  await sleep(watchedFromMs - Date.now())
  let looks = 0
  let unions = 0
  for (; Date.now() < endMs - 50; looks++) {
    const edges = edgesOf(await stage.topology())
    if (plays.every((play) => hasAll(edges, play.edges))) unions++
    await sleep(100)
  }
  const history = await stage.history(startMs)
  const seen = { startMs: watchedFromMs, settleTurns, turns }
  return {
    changesPerTurn:
      history.filter(({ change }) => isWithin(change, watchedFromMs, endMs)).length / turns,
    unionSeen: isFast ? unions / looks : null,
    missedTurns: isFast ? null : countMissed(history, alternation, seen),
  }
}

function isWithin({ atMs }: HistoryRow['change'], fromMs: number, toMs: number): boolean {
  return atMs >= fromMs && atMs < toMs
}

/** Turns in which the topology never was what was played, and nothing else. */
function countMissed(
  history: readonly HistoryRow[],
  { plays, periodMs }: Alternation,
  seen: { readonly startMs: number; readonly settleTurns: number; readonly turns: number },
): number {
  let missed = 0
  for (let turn = 0; turn < seen.turns; turn++) {
    const fromMs = seen.startMs + turn * periodMs
    const play = plays[(seen.settleTurns + turn) % 2]
    const isSeen = history.some((row) => {
      const edges = edgesOf(row)
      const isExact = play !== undefined && edges.size === play.edges.size
      return isExact && isWithin(row.change, fromMs, fromMs + periodMs) && hasAll(edges, play.edges)
    })
    if (!isSeen) missed++
  }
  return missed
}

export function judgeAlternation(cases: readonly CaseResult[]): Check[] {
  return cases.flatMap(({ name }) => {
    const periodMs = PERIODS_MS.find((one) => nameOf(one) === name)
    if (periodMs === undefined) return []
    const value = (measure: string) => medianOf(cases, name, measure)
    if (periodMs < SMOOTHING_MS) {
      return [
        check({
          ...{ name: `${name}: damped`, value: value('changesPerTurn') },
          ...{ unit: 'changes a turn', op: '==', target: 0 },
        }),
        check({
          ...{ name: `${name}: union`, value: value('unionSeen') },
          ...{ unit: 'of the looks', op: '==', target: 1 },
        }),
      ]
    }
    if (periodMs < 3 * SMOOTHING_MS) return []
    return [
      check({
        ...{ name: `${name}: missed`, value: value('missedTurns') },
        ...{ unit: 'turns', op: '==', target: 0 },
      }),
    ]
  })
}
