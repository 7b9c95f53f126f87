// `vnet guest name|list`.

import { parseMac } from '../../base/mac.ts'
import type { GuestName } from '../../control/api.ts'
import { type Column, renderTable } from '../columns.ts'
import type { Context } from '../command.ts'

const COLUMNS: readonly Column<GuestName>[] = [
  { title: 'MAC', cell: ({ mac }) => mac },
  { title: 'NAME', cell: ({ name }) => ({ text: name, tone: 'strong' }) },
]

export async function runGuestName(context: Context): Promise<undefined> {
  const { args, out } = context
  const mac = parseMac(args.text('MAC'))
  const named = await (await context.client()).nameGuest({ mac, name: args.text('NAME') })
  if (out.isJson) out.json(named)
  else out.print(named.name === '' ? `${mac} has no name now` : `${mac} is called ${named.name}`)
}

export async function runGuestList(context: Context): Promise<undefined> {
  const { out } = context
  const rows = await (await context.client()).guestNames()
  const empty = 'no guest has a name'
  if (out.isJson) out.json(rows)
  else out.print(renderTable({ columns: COLUMNS, rows, empty, paint: out.paint }))
}
