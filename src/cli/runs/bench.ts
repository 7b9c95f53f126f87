// `vnet bench`: hands over to bench/main.ts.

import { BENCHES, runBench } from '../../../bench/main.ts'
import { renderTable } from '../columns.ts'
import type { Context } from '../command.ts'

export async function runBenchCommand({ args, out }: Context): Promise<number> {
  const name = args.optionalText('NAME')
  if (name !== undefined) {
    return runBench(name, { isQuick: args.flag('quick'), isJson: out.isJson })
  }
  const list = BENCHES.map(({ name: own, summary }) => ({ name: own, summary }))
  if (out.isJson) out.json(list)
  else out.print(renderTable({ columns: COLUMNS, rows: list, empty: 'none', paint: out.paint }))
  return 0
}

const COLUMNS = [
  { title: 'BENCHMARK', cell: (row: { readonly name: string }) => row.name },
  { title: 'MEASURES', cell: (row: { readonly summary: string }) => row.summary },
]
