// `vnet bench`: hands over to bench/main.ts.

import { BENCHES, runBench } from '../../../bench/main.ts'
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
