// The benchmarks by name, and the one way to run them: `vnet bench NAME [--quick] [--json]`.
// Progress goes to stderr; stdout has the tables or, with --json, one object as its last line.

import { messageOf, VnetError } from '../src/base/errors.ts'
import { adaptationBench } from './adaptation.ts'
import { choicesBench } from './choices.ts'
import { failoverBench } from './failover.ts'
import { type Bench, measureBench } from './harness.ts'
import { inferenceBench } from './inference.ts'
import { latencyBench } from './latency.ts'
import { lossyBench } from './lossy.ts'
import { overheadBench } from './overhead.ts'
import { patternsBench } from './patterns.ts'
import type { PeerChoice } from './peers/list.ts'
import { planeBench } from './plane.ts'
import { plannerBench } from './planner.ts'
import { ppsBench } from './pps.ts'
import { programsBench } from './programs.ts'
import { reactionBench } from './reaction.ts'
import {
  renderCases,
  renderChecks,
  renderPeers,
  renderSection,
  toJson,
  writeResult,
} from './report.ts'
import { scaleBench } from './scale.ts'
import { scaleInferenceBench } from './scale-inference.ts'
import { simScaleBench } from './sim-scale.ts'
import { switchBench } from './switch.ts'
import { throughputBench } from './throughput.ts'

export const BENCHES: readonly Bench[] = [
  throughputBench,
  latencyBench,
  ppsBench,
  lossyBench,
  planeBench,
  choicesBench,
  scaleBench,
  inferenceBench,
  reactionBench,
  scaleInferenceBench,
  overheadBench,
  programsBench,
  plannerBench,
  patternsBench,
  adaptationBench,
  switchBench,
  failoverBench,
  simScaleBench,
]

export interface BenchOptions {
  /** Under 60 s, with the same checks. */
  readonly isQuick: boolean
  readonly isJson: boolean
  /** Default: those installed. */
  readonly peers?: PeerChoice
  /** Missing programs may be installed. Default: they are not. */
  readonly mayInstall?: boolean
  /** Only these cases; checks that need others are not measured. */
  readonly cases?: readonly string[]
  /** It was made with settings of its own: no result is written. */
  readonly isTrial?: boolean
}

/**
 * Runs a benchmark and writes its result files.
 * @returns the exit status: 0 only when every check holds.
 * @throws VnetError `bench-unknown` for a name that is not in the table.
 */
export async function runBench(name: string, options: BenchOptions): Promise<number> {
  const bench = BENCHES.find((one) => one.name === name)
  if (bench !== undefined) return runThis(bench, options)
  throw new VnetError('bench-unknown', `there is no benchmark '${name}'`, {
    hint: `choose one of: ${BENCHES.map((one) => one.name).join(', ')}`,
  })
}

/** The same for one that was made with settings of its own. */
export async function runThis(bench: Bench, options: BenchOptions): Promise<number> {
  const result = await measureBench(bench, {
    isQuick: options.isQuick,
    peers: options.peers ?? 'installed',
    mayInstall: options.mayInstall ?? false,
    only: options.cases,
    progress: (text) => process.stderr.write(`${text}\n`),
  })
  // A run of some cases, or with settings of its own, is no result of the benchmark.
  if (options.cases === undefined && !options.isTrial) {
    process.stderr.write(`written: ${await writeResult(bench, result)}\n`)
  }
  if (options.isJson) console.log(toJson(result))
  else {
    const parts = [renderCases(result.cases), renderChecks(result.checks)]
    if (result.peers !== undefined) parts.splice(1, 0, renderPeers(result.peers))
    parts.splice(1, 0, ...(result.sections ?? []).map(renderSection))
    console.log(parts.join('\n\n'))
  }
  return result.pass ? 0 : 1
}

if (process.argv[1] === import.meta.filename) {
  const [name = '', ...flags] = process.argv.slice(2)
  runBench(name, { isQuick: flags.includes('--quick'), isJson: flags.includes('--json') }).then(
    (status) => process.exit(status),
    (error) => {
      process.stderr.write(`${messageOf(error)}\n`)
      process.exit(2)
    },
  )
}
