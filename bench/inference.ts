// `vnet bench inference`: is the topology that is inferred the one that was run? Simulated traffic
// of every named pattern, of random graphs and of idle machines, through the product's inference.

import { setImmediate } from 'node:timers/promises'
import { type Check, check } from './checks.ts'
import type { Bench, BenchContext, BenchOutcome, CaseResult } from './harness.ts'
import { CONDITIONS, type Condition, judgeIdle, judgeRun, type Run } from './inference/judge.ts'
import { planRuns } from './inference/plans.ts'
import { summarise } from './stats.ts'

const SEEDS = 50
const SEEDS_QUICK = 3

export const inferenceBench: Bench = {
  name: 'inference',
  summary: 'the topology that is inferred against the one that was run',
  method: [
    'Programs are simulated that compute and communicate in turns over a pattern, on guests of ' +
      'random numbering, two to a host: each edge carries its own load, log-uniform between the ' +
      'weakest and the strongest (`skew`), at its own time within the phase. Period, duty and ' +
      'mean load are drawn for each run. The reports that the hosts would send go through the ' +
      'inference of the product, a tick each 100 ms, at default parameters; four seconds after ' +
      'the start its topology is compared with what was run.',
    'Besides: background, in messages of mixed sizes between random pairs, a share of the ' +
      "pattern's volume; acknowledgements of 66 bytes, a share of the forward bytes; idle " +
      'chatter; reports lost, 2 % of them late by up to five intervals and 2 % twice.',
    ...Object.values(CONDITIONS).map(
      ({ name, background, acks, skew, lost }) =>
        `\`${name}\`: background ${background * 100} %, acknowledgements ${acks * 100} %, ` +
        `skew ${skew}x, ${lost * 100} % of the reports lost.`,
    ),
    'A case is a pattern with 4, 8, 16, 27, 32 and 64 guests where it exists; its range is over ' +
      'these sizes. `precision`, `recall`: of the edges. `named`: runs whose name and dimensions ' +
      'are right. `toldMs`: from the first frame to the first change. `changes`: events of a ' +
      'run; 1 is best. `random`: graphs of each density, right if unknown. `two at once`: ' +
      'two patterns on guests of their own. `idle`: a minute of ARP, mDNS, DHCP, NTP and ssh.',
  ],
  run: measureInference,
}

async function measureInference(context: BenchContext): Promise<BenchOutcome> {
  const seeds = context.isQuick ? SEEDS_QUICK : SEEDS
  const cases: CaseResult[] = []
  const checks: Check[] = []
  for (const condition of Object.values(CONDITIONS)) {
    const runs: Run[] = []
    for (const [name, plans] of planRuns()) {
      const own: Run[] = []
      for (const plan of plans) {
        for (let seed = 1; seed <= seeds; seed += 1) own.push(judgeRun(plan, condition, seed))
        await setImmediate()
      }
      const result = caseOf(`${condition.name}: ${name}`, own)
      context.progress(`${result.name}: named ${share(own, 'isNamed').toFixed(3)}`)
      cases.push(result)
      runs.push(...own)
    }
    checks.push(...checksOf(condition, runs))
  }
  const idleEdges = judgeIdle({ guests: 16, seconds: 60, seeds })
  checks.push(check({ name: 'idleEdges', value: idleEdges, unit: '', op: '==', target: 0 }))
  return { cases, checks }
}

function checksOf({ name, target }: Condition, runs: readonly Run[]): Check[] {
  const named = runs.filter((run) => run.pattern !== 'random')
  const random = runs.filter((run) => run.pattern === 'random')
  const op = target === 1 ? '==' : '>='
  const values = {
    precision: share(runs, 'precision'),
    recall: share(runs, 'recall'),
    named: share(named, 'isNamed'),
    randomUnknown: share(random, 'isNamed'),
  }
  return Object.entries(values).map(([measure, value]) =>
    check({ name: `${name}-${measure}`, value, unit: '', op, target }),
  )
}

function share(runs: readonly Run[], of: 'precision' | 'recall' | 'isNamed'): number {
  return runs.reduce((sum, run) => sum + Number(run[of]), 0) / runs.length
}

/** One sample a number of guests: the mean over the seeds. */
function caseOf(name: string, runs: readonly Run[]): CaseResult {
  const sizes = [...new Set(runs.map((run) => run.guests))]
  const bySize = (value: (run: Run) => number | null) =>
    summarise(
      sizes.flatMap((guests) => {
        const values = runs
          .filter((run) => run.guests === guests)
          .map(value)
          .filter((one) => one !== null)
        const sum = values.reduce((total, one) => total + one, 0)
        return values.length === 0 ? [] : [sum / values.length]
      }),
    )
  const measures = {
    precision: bySize((run) => run.precision),
    recall: bySize((run) => run.recall),
    named: bySize((run) => Number(run.isNamed)),
    toldMs: bySize((run) => run.toldMs),
    changes: bySize((run) => run.changes),
  }
  const measured = Object.entries(measures).flatMap(([key, summary]) =>
    summary === null ? [] : [[key, summary] as const],
  )
  return { name, measures: Object.fromEntries(measured) }
}
