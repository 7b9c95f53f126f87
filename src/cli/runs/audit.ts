// `vnet audit`.

import type { AuditRow } from '../../control/api.ts'
import { type Column, renderTable } from '../columns.ts'
import type { Context } from '../command.ts'
import { formatTime } from '../units.ts'

const columns: readonly Column<AuditRow>[] = [
  { title: 'TIME', cell: ({ atMs }) => formatTime(atMs) },
  { title: 'WHO', cell: ({ actor }) => actor },
  { title: 'WHAT', cell: ({ action }) => ({ text: action, tone: 'strong' }) },
  { title: 'DETAIL', cell: ({ detail }) => detail },
]

export async function runAudit(context: Context): Promise<undefined> {
  const { args, out } = context
  const rows = await (await context.client()).audit(args.optionalNumber('lines'))
  if (out.isJson) out.json(rows)
  else out.print(renderTable({ columns, rows, empty: 'nothing happened yet', paint: out.paint }))
}
