// One simulated run and how far its inferred topology is right.

import { seededRandom } from '../../src/base/random.ts'
import { isCalled } from '../../src/infer/recognise.ts'
import type { Recognised } from '../../src/infer/types.ts'
import type { EdgeList, RunPlan } from './plans.ts'
import { replay } from './replay.ts'
import { guestMac, PLAIN, simulate, type TrafficPlan } from './traffic.ts'

export interface Condition {
  readonly name: string
  readonly background: number
  readonly acks: number
  readonly skew: number
  readonly lost: number
  /** What precision, recall and names have to reach. */
  readonly target: number
}

export const CONDITIONS = {
  promised: { name: 'promised', background: 0.1, acks: 0.05, skew: 5, lost: 0.05, target: 1 },
  harsh: { name: 'harsh', background: 0.2, acks: 0.05, skew: 20, lost: 0.1, target: 0.98 },
} as const satisfies Record<string, Condition>

export interface Run {
  readonly pattern: string
  readonly guests: number
  readonly precision: number
  readonly recall: number
  readonly isNamed: boolean
  /** From the first frame to the first change; null if there was none. */
  readonly toldMs: number | null
  readonly changes: number
}

const START_MS = 1_800_000_000_000
const QUIET_MS = 300
const RUN_MS = 4_000

/** Runs a plan under a condition. The same seed gives the same run. */
export function judgeRun(plan: RunPlan, condition: Condition, seed: number): Run {
  const random = seededRandom(seed * 7_919 + plan.guests)
  const order = shuffled(plan.guests, seededRandom(seed * 104_729 + plan.guests))
  const meanBytesPerSecond = 500_000 * 10 ** random.next()
  const programs = plan.edges(seed).map((edges) => ({
    edges: renumbered(edges, order),
    startMs: START_MS + QUIET_MS,
    endMs: Number.POSITIVE_INFINITY,
    skew: condition.skew,
    meanBytesPerSecond,
    periodMs: 150 + random.next() * 350,
    duty: 0.3 + 0.6 * random.next(),
  }))
  const traffic: TrafficPlan = {
    ...PLAIN,
    random,
    guests: plan.guests,
    startMs: START_MS,
    endMs: START_MS + QUIET_MS + RUN_MS,
    programs,
    backgroundShare: condition.background,
    ackShare: condition.acks,
    lost: condition.lost,
    late: 0.02,
    duplicated: 0.02,
    hasChatter: true,
  }
  const { record, changes } = replay(simulate(traffic), traffic)
  const truth = new Set(programs.flatMap(({ edges }) => edges.map(keyOfNumbers)))
  const found = record.topology.edges.map(({ source, destination }) => source + destination)
  const right = found.filter((key) => truth.has(key)).length
  const [first] = changes
  return {
    pattern: plan.pattern,
    guests: plan.guests,
    precision: found.length === 0 ? 1 : right / found.length,
    recall: right / truth.size,
    isNamed: isRightlyNamed(plan, record.patterns),
    toldMs: first === undefined ? null : first.atMs - START_MS - QUIET_MS,
    changes: changes.length,
  }
}

/** Edges that are found while nothing runs, at most at once. */
export function judgeIdle(options: {
  readonly guests: number
  readonly seconds: number
  readonly seeds: number
}): number {
  let most = 0
  for (let seed = 1; seed <= options.seeds; seed += 1) {
    const traffic: TrafficPlan = {
      ...PLAIN,
      random: seededRandom(seed),
      guests: options.guests,
      startMs: START_MS,
      endMs: START_MS + options.seconds * 1_000,
      programs: [],
      hasChatter: true,
    }
    for (const change of replay(simulate(traffic), traffic).changes) {
      most = Math.max(most, change.added.length)
    }
  }
  return most
}

function isRightlyNamed({ expected }: RunPlan, patterns: readonly Recognised[]): boolean {
  if (expected.length === 0) {
    return patterns.length > 0 && patterns.every((one) => one.name === 'unknown')
  }
  if (patterns.length !== expected.length) return false
  const left = [...patterns]
  return expected.every(({ name, dimensions }) => {
    const at = left.findIndex((one) => isCalled(one, name, dimensions))
    if (at >= 0) left.splice(at, 1)
    return at >= 0
  })
}

function shuffled(count: number, random: { next(): number }): number[] {
  const order = Array.from({ length: count }, (_, i) => i)
  for (let i = count - 1; i > 0; i -= 1) {
    const j = Math.floor(random.next() * (i + 1))
    ;[order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0]
  }
  return order
}

function renumbered(edges: EdgeList, order: readonly number[]): EdgeList {
  return edges.map(([source, destination]) => [order[source] ?? 0, order[destination] ?? 0])
}

const keyOfNumbers = ([source, destination]: readonly [number, number]) =>
  guestMac(source + 1) + guestMac(destination + 1)
