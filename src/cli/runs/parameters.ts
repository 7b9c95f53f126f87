// `vnet get` and `vnet set`: the parameters of the inference.

import { VnetError } from '../../base/errors.ts'
import { nearest } from '../../config/nearest.ts'
import type { ParameterRow } from '../../control/api.ts'
import { UsageError } from '../arguments.ts'
import { type Column, renderTable } from '../columns.ts'
import type { Context } from '../command.ts'
import { wrap } from '../help.ts'
import type { Paint } from '../output.ts'

const TEXT_COLUMNS = 88

const COLUMNS: readonly Column<ParameterRow>[] = [
  { title: 'PARAMETER', cell: ({ name }) => ({ text: name, tone: 'strong' }) },
  {
    title: 'VALUE',
    isRight: true,
    cell: (row) => ({
      text: String(row.value),
      tone: row.value === row.default ? 'plain' : 'warn',
    }),
  },
  { title: 'UNIT', cell: ({ unit }) => unit },
  { title: 'DEFAULT', isRight: true, cell: (row) => String(row.default) },
  { title: 'FROM', isRight: true, cell: ({ min }) => String(min) },
  { title: 'TO', isRight: true, cell: ({ max }) => String(max) },
]

export async function runGet(context: Context): Promise<undefined> {
  const { args, out } = context
  const rows = await (await context.client()).parameters()
  const name = args.optionalText('NAME')
  if (name === undefined) {
    if (out.isJson) out.json(rows)
    else out.print(view(rows, out.paint))
    return
  }
  const row = find(rows, name)
  if (out.isJson) out.json(row)
  else out.print(String(row.value))
}

function view(rows: readonly ParameterRow[], paint: Paint): string {
  const table = renderTable({ columns: COLUMNS, rows, empty: 'none', paint })
  const meanings = rows.flatMap(({ name, meaning }) => [
    paint('strong', name),
    ...wrap(meaning, TEXT_COLUMNS).map((line) => `  ${line}`),
  ])
  return [table, '', ...meanings].join('\n')
}

export async function runSet(context: Context): Promise<undefined> {
  const { args, out } = context
  const client = await context.client()
  const before = find(await client.parameters(), args.text('NAME'))
  const after = await client.setParameter(before.name, numberFrom(args.text('VALUE'), before))
  if (out.isJson) out.json(after)
  else out.print(`${after.name} is ${after.value} ${after.unit}, was ${before.value}`)
}

function find(rows: readonly ParameterRow[], name: string): ParameterRow {
  const row = rows.find((one) => one.name === name)
  if (row !== undefined) return row
  const near = nearest(
    name,
    rows.map((one) => one.name),
  )
  throw new VnetError('parameter-unknown', `there is no parameter '${name}'`, {
    hint: near === null ? 'vnet get lists them' : `did you mean '${near}'?`,
  })
}

function numberFrom(text: string, row: ParameterRow): number {
  if (text === 'default') return row.default
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new UsageError('usage-value', `${row.name} is a number or 'default', not '${text}'`, {
    hint: `give ${row.min} to ${row.max} ${row.unit}`.trimEnd(),
  })
}
