// `vnet bench`: hands over to bench/main.ts.

import { createAdaptationBench } from '../../../bench/adaptation.ts'
import { BENCHES, runBench, runThis } from '../../../bench/main.ts'
import { createPatternsBench } from '../../../bench/patterns.ts'
import { parsePeerChoice } from '../../../bench/peers/list.ts'
import { type Column, renderTable } from '../columns.ts'
import type { Context } from '../command.ts'

type Entry = (typeof BENCHES)[number]

const COLUMNS: readonly Column<Entry>[] = [
  { title: 'BENCHMARK', cell: ({ name }) => ({ text: name, tone: 'strong' }) },
  { title: 'MEASURES', cell: ({ summary }) => summary },
]

/** The worst status of those that ran. */
export async function runBenchCommand({ args, out }: Context): Promise<number> {
  if (args.flag('list')) {
    if (out.isJson) out.json(BENCHES.map(({ name, summary }) => ({ name, summary })))
    else
      out.print(renderTable({ columns: COLUMNS, rows: BENCHES, empty: 'none', paint: out.paint }))
    return 0
  }
  const name = args.optionalText('NAME')
  const choice = args.optionalText('peers')
  const cases = args.optionalText('case')?.split(',')
  const options = {
    isQuick: args.flag('quick'),
    isJson: out.isJson,
    mayInstall: args.flag('install'),
    ...(choice === undefined ? {} : { peers: parsePeerChoice(choice) }),
    ...(cases === undefined ? {} : { cases }),
  }
  let worst = 0
  for (const wanted of name === undefined ? BENCHES.map((bench) => bench.name) : [name]) {
    if (name === undefined) out.note(`== ${wanted}`)
    worst = Math.max(worst, await runBench(wanted, options))
  }
  return worst
}

export async function runPatternsCommand({ args, out }: Context): Promise<number> {
  const asked = {
    pattern: args.optionalText('pattern'),
    guests: args.optionalNumber('guests'),
    dimensions: args.optionalText('dimensions'),
    messageBytes: args.optionalNumber('message-size'),
    iterations: args.optionalNumber('iterations'),
    readsPerElement: args.optionalNumber('reads-per-element'),
    flopsPerElement: args.optionalNumber('flops-per-element'),
    writesPerElement: args.optionalNumber('writes-per-element'),
    inFlight: args.optionalNumber('in-flight'),
    lab: args.optionalText('lab'),
    topology: args.optionalText('topology'),
  }
  const isTrial = Object.values(asked).some((value) => value !== undefined)
  const bench = createPatternsBench(asked)
  return runThis(bench, { isQuick: args.flag('quick'), isJson: out.isJson, isTrial })
}

export async function runAdaptationCommand({ args, out }: Context): Promise<number> {
  const scenario = args.optionalText('scenario')
  const isTrial = scenario !== undefined && scenario !== 'all'
  const bench = createAdaptationBench({ scenario })
  return runThis(bench, { isQuick: args.flag('quick'), isJson: out.isJson, isTrial })
}
