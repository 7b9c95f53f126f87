// `vnet bench patterns`: a BSP program on the guests of a lab, as real processes over the overlay,
// in each of the communication patterns or one of them.

import { messageOf } from '../src/base/errors.ts'
import { type Pattern, patternOf } from '../src/infer/patterns.ts'
import { type Check, check } from './checks.ts'
import type { Bench, BenchContext, CaseResult, Section } from './harness.ts'
import { withLab } from './labs.ts'
import { guestsOf, type JobGuest, type JobResult, startJob } from './patterns/job.ts'
import { nameOfPattern, type PatternsOptions, readOptions } from './patterns/options.ts'
import { sendsOf } from './patterns/table.ts'
import { summarise } from './stats.ts'

const QUICK_ITERATIONS = 5
const SEED = 20_040_321

/** The benchmark with what is asked for; without it: all patterns on eight guests. */
export function createPatternsBench(asked: PatternsOptions = {}): Bench {
  const options = readOptions(asked)
  return {
    name: 'patterns',
    summary: 'a BSP program on the guests: time per iteration of each communication pattern',
    method: [
      'A process in each guest, TCP between them over the overlay. An iteration is a superstep: ' +
        'work on as many elements (8 bytes) as a message has, then the messages of the pattern ' +
        'in the order of a schedule without deadlock that was made at the start, then a barrier ' +
        'through guest 0. computationMs and communicationMs are those of the slowest guest, ' +
        'barrierMs the mean of all (it has the waiting for the slowest in it); iterationMs is ' +
        "guest 0's time from one iteration to the next.",
      'Contents differ from message to message and from iteration to iteration. Each guest folds ' +
        'what it received into a hash, which must be the one computed without any network.',
    ],
    run: (context) =>
      withLab(options, context.progress, (lab) => {
        const guests = guestsOf(lab, options.guests)
        return measurePatterns(context, guests, options)
      }),
  }
}

type Options = ReturnType<typeof readOptions>

async function measurePatterns(
  context: BenchContext,
  guests: readonly JobGuest[],
  options: Options,
) {
  const cases: CaseResult[] = []
  const checks: Check[] = []
  const sections: Section[] = []
  for (const { name, size } of options.patterns(guests.length)) {
    const pattern = patternOf(name, size)
    const label = nameOfPattern(pattern)
    if (context.only !== undefined && !context.only.includes(label)) continue
    const iterations = options.iterations ?? (context.isQuick ? QUICK_ITERATIONS : 20)
    const { messageBytes, work, inFlight } = options
    const placed = guests.slice(0, pattern.guests)
    try {
      const job = await startJob({
        ...{ pattern, guests: placed, messageBytes, iterations, work, inFlight, seed: SEED },
        onIteration: (one) =>
          context.progress(`${label} ${one.number + 1}/${iterations}: ${tenth(one.totalMs)} ms`),
      })
      const result = await job.result
      cases.push(caseOf(label, result))
      checks.push(...judge(label, pattern, result))
    } catch (error) {
      const hint = (error as { readonly hint?: string }).hint
      sections.push({
        title: `${label} failed`,
        lines: [messageOf(error), ...(hint === undefined ? [] : [hint])],
      })
      checks.push(contents(label, 0))
    }
  }
  return { cases, checks, sections }
}

const tenth = (ms: number) => ms.toFixed(1)

function caseOf(name: string, { iterations, schedule, bytesPerIteration }: JobResult): CaseResult {
  const series: Record<string, readonly number[]> = {
    iterationMs: iterations.map((one) => one.totalMs),
    computationMs: iterations.map((one) => one.computationMs),
    communicationMs: iterations.map((one) => one.communicationMs),
    barrierMs: iterations.map((one) => one.barrierMs),
    bytesPerSecond: iterations.map((one) => (bytesPerIteration / one.totalMs) * 1_000),
    messages: [schedule.messages.length],
    steps: [schedule.steps],
  }
  const summaries = Object.entries(series).flatMap(([measure, samples]) => {
    const summary = summarise(samples)
    return summary === null ? [] : [[measure, summary] as const]
  })
  return { name, measures: Object.fromEntries(summaries) }
}

const contents = (label: string, value: number): Check =>
  check({ name: `${label}: contents`, value, unit: 'right', op: '==', target: 1 })

function judge(label: string, pattern: Pattern, { schedule }: JobResult): Check[] {
  return [
    contents(label, 1),
    check({
      ...{ name: `${label}: messages`, value: schedule.messages.length },
      ...{ unit: 'a phase', op: '==', target: sendsOf(pattern) },
    }),
  ]
}

export const patternsBench = createPatternsBench()
