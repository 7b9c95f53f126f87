// The frame of every benchmark: runs cases interleaved, sums the samples up, and gives the result
// object that report.ts writes. What is measured is the benchmark's own affair.

import { type Check, isPassed } from './checks.ts'
import { describeCommit, describeMachine, type Machine } from './machine.ts'
import type { PeerChoice, PeerReport } from './peers/list.ts'
import { type Summary, summarise } from './stats.ts'

/** Named figures of one repeat; the unit is the end of the name. Null: not measured. */
export type Measures = Readonly<Record<string, number | null>>

export interface Case {
  readonly name: string
  /** Called once a repeat, in turn with the other cases. */
  measure(): Promise<Measures>
  /** Fewer repeats than the others have: for those that only give a mark. */
  readonly repeatsMax?: number
}

export interface CaseResult {
  readonly name: string
  readonly measures: Readonly<Record<string, Summary>>
}

export interface BenchContext {
  readonly isQuick: boolean
  /** Which other overlays are measured beside ours. */
  readonly peers: PeerChoice
  /** Programs that are missing may be installed from Debian. */
  readonly mayInstall: boolean
  /** Names of the only cases that take part; undefined: all. */
  readonly only: readonly string[] | undefined
  /** One line for the person who waits. */
  progress(text: string): void
  /** Runs all cases `repeats` times, interleaved, so that a busy machine hits all alike. */
  interleave(cases: readonly Case[], repeats: number): Promise<CaseResult[]>
}

/** A part of the result that is no table of figures. */
export interface Section {
  readonly title: string
  /** Shown as it is, in columns of one width. */
  readonly lines: readonly string[]
}

/** A drawing beside the page of results. */
export interface Drawing {
  /** Of the file in bench/results/. */
  readonly file: string
  readonly title: string
  readonly svg: string
}

export interface BenchOutcome {
  readonly cases: readonly CaseResult[]
  readonly checks: readonly Check[]
  /** Other overlays: those with cases of their own, and those skipped with the reason. */
  readonly peers?: readonly PeerReport[]
  readonly sections?: readonly Section[]
  /** Further figures in the result object, for programs. */
  readonly details?: unknown
  readonly drawings?: readonly Drawing[]
}

export interface Bench {
  readonly name: string
  /** One line for the list of benchmarks. */
  readonly summary: string
  /** How it is measured: paragraphs of the generated page. */
  readonly method: readonly string[]
  run(context: BenchContext): Promise<BenchOutcome>
}

export interface BenchResult extends BenchOutcome {
  readonly bench: string
  readonly commit: string
  readonly machine: Machine
  readonly startedAt: string
  readonly isQuick: boolean
  readonly seconds: number
  readonly pass: boolean
}

/** Runs a benchmark to its result object. Exceptions of the benchmark come through. */
export async function measureBench(
  bench: Bench,
  options: Omit<BenchContext, 'interleave'>,
): Promise<BenchResult> {
  const startedAt = new Date()
  const [machine, commit] = await Promise.all([describeMachine(), describeCommit()])
  const outcome = await bench.run({
    ...options,
    interleave: (cases, repeats) =>
      interleave(
        cases.filter(({ name }) => options.only?.includes(name) ?? true),
        repeats,
        options.progress,
      ),
  })
  return {
    bench: bench.name,
    commit,
    machine,
    startedAt: startedAt.toISOString(),
    isQuick: options.isQuick,
    seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
    ...outcome,
    pass: isPassed(outcome.checks),
  }
}

/** The median of a measure of a case, or null where it was not measured. */
export function medianOf(
  cases: readonly CaseResult[],
  name: string,
  measure: string,
): number | null {
  return cases.find((one) => one.name === name)?.measures[measure]?.median ?? null
}

/** All samples of a measure of a case, in order of the repeats. */
export function samplesOf(
  cases: readonly CaseResult[],
  name: string,
  measure: string,
): readonly number[] {
  return cases.find((one) => one.name === name)?.measures[measure]?.samples ?? []
}

async function interleave(
  cases: readonly Case[],
  repeats: number,
  progress: (text: string) => void,
): Promise<CaseResult[]> {
  const samples = new Map(cases.map((one) => [one.name, new Map<string, number[]>()]))
  for (let repeat = 1; repeat <= repeats; repeat += 1) {
    for (const one of cases) {
      if (repeat > (one.repeatsMax ?? repeats)) continue
      const measures = await one.measure()
      progress(`${one.name} ${repeat}/${repeats}: ${describe(measures)}`)
      for (const [name, value] of Object.entries(measures)) {
        if (value === null) continue
        const series = samples.get(one.name)
        series?.set(name, [...(series.get(name) ?? []), value])
      }
    }
  }
  return cases.map((one) => ({ name: one.name, measures: sumUp(samples.get(one.name)) }))
}

function sumUp(series: ReadonlyMap<string, number[]> | undefined): Record<string, Summary> {
  const measures: Record<string, Summary> = {}
  for (const [name, values] of series ?? []) {
    const summary = summarise(values)
    if (summary !== null) measures[name] = summary
  }
  return measures
}

function describe(measures: Measures): string {
  return Object.entries(measures)
    .map(([name, value]) => `${name} ${value === null ? '-' : Number(value.toPrecision(3))}`)
    .join(', ')
}
