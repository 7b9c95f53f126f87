// The outcome of one kind of tests (unit, native, e2e ...) as a value: written by the reporter
// below and by scripts/test, summed up by scripts/summarise.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Reporter, TestModule } from 'vitest/node'

export interface Outcome {
  readonly kind: string
  readonly passed: number
  /** Names of the failed tests, and of files that could not be loaded. */
  readonly failed: readonly string[]
  readonly skipped: readonly { readonly name: string; readonly why: string }[]
}

type Counts = Omit<Outcome, 'kind'>

/** Writes the counts of a vitest run, with the reasons for skips, to a file. */
export class OutcomeReporter implements Reporter {
  readonly #path: string

  constructor(path: string) {
    this.#path = path
  }

  onTestRunEnd(modules: readonly TestModule[], errors: readonly { message: string }[]): void {
    const counts = modules.map(countsOf)
    const all: Counts = {
      passed: counts.reduce((sum, one) => sum + one.passed, 0),
      failed: [
        ...counts.flatMap((one) => one.failed),
        ...errors.map((error) => `unhandled: ${error.message}`),
      ],
      skipped: counts.flatMap((one) => one.skipped),
    }
    writeFileSync(this.#path, JSON.stringify(all))
  }
}

function countsOf(module: TestModule): Counts {
  const failed: string[] = []
  const skipped: { name: string; why: string }[] = []
  let passed = 0
  for (const test of module.children.allTests()) {
    const result = test.result()
    const name = `${module.relativeModuleId} > ${test.fullName}`
    if (result.state === 'passed') passed += 1
    else if (result.state === 'skipped')
      skipped.push({ name, why: result.note ?? 'no reason given' })
    else failed.push(name)
  }
  // A file or a hook that failed: its tests did not run and must not count as skipped.
  if (module.state() === 'failed' && failed.length === 0) {
    return { passed, failed: [module.relativeModuleId], skipped: [] }
  }
  return { passed, failed, skipped }
}

/** The outcomes of all kinds that left a `KIND.status` in the folder. */
export function readOutcomes(folder: string): Outcome[] {
  const kinds = readdirSync(folder).flatMap((name) => /^(.+)\.status$/.exec(name)?.[1] ?? [])
  return kinds.map((kind) => {
    const status = Number.parseInt(readFileSync(join(folder, `${kind}.status`), 'utf8'), 10)
    const json = join(folder, `${kind}.json`)
    const counts = existsSync(json)
      ? (JSON.parse(readFileSync(json, 'utf8')) as Counts)
      : countsOfLog(readFileSync(join(folder, `${kind}.log`), 'utf8'))
    // Never trust counts over the exit status: a run that broke off may have counted nothing.
    const isBroken = status !== 0 && counts.failed.length === 0
    const how = status === 124 ? 'the time was up' : `the run ended with status ${status}`
    const failed = isBroken ? [`${kind}: ${how}`] : counts.failed
    return { kind, ...counts, failed }
  })
}

/** Counts of a program that prints `N passed, N failed` as its last line. */
function countsOfLog(log: string): Counts {
  const last = log.trimEnd().split('\n').at(-1) ?? ''
  const match = /(\d+) passed, (\d+) failed/.exec(last)
  const failed = log.split('\n').flatMap((line) => /^(.*) FAILED:?$/.exec(line)?.[1] ?? [])
  return { passed: Number(match?.[1] ?? 0), failed, skipped: [] }
}

/** The closing line and whether all is well: something ran and nothing failed. */
export function totalOf(outcomes: readonly Outcome[]): { line: string; isPassed: boolean } {
  const passed = outcomes.reduce((sum, one) => sum + one.passed, 0)
  const failed = outcomes.reduce((sum, one) => sum + one.failed.length, 0)
  const skipped = outcomes.reduce((sum, one) => sum + one.skipped.length, 0)
  const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  return { line, isPassed: failed === 0 && passed > 0 }
}

/** For people: a row a kind, then the failures and the skips with their reasons. */
export function renderOutcomes(outcomes: readonly Outcome[]): string {
  const rows = outcomes.map(
    (one) =>
      `  ${one.kind.padEnd(9)} ${one.passed} passed, ${one.failed.length} failed, ` +
      `${one.skipped.length} skipped`,
  )
  const failures = outcomes.flatMap((one) => one.failed.map((name) => `  FAILED ${name}`))
  const skips = outcomes.flatMap((one) =>
    one.skipped.map(({ name, why }) => `  skipped ${name}: ${why}`),
  )
  return ['', 'Summary', ...rows, ...failures, ...skips].join('\n')
}
