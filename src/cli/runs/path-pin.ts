// `vnet pin [A B PATH]`: paths between guests that people fix.

import type { Pin } from '../../adapt/types.ts'
import type { AdaptView } from '../../control/adaptation.ts'
import { UsageError } from '../arguments.ts'
import { type Column, renderTable } from '../columns.ts'
import type { Context } from '../command.ts'
import { findGuests } from '../guests.ts'

export async function runPathPin(context: Context): Promise<undefined> {
  const { args, out } = context
  const client = await context.client()
  const [a, b, path] = ['A', 'B', 'PATH'].map((name) => args.optionalText(name))
  if (a === undefined) {
    const view = await client.adaptation()
    if (out.isJson) out.json(view.pins)
    else out.print(tableOf(view, out.paint))
    return
  }
  if (b === undefined || (path !== 'star' && path !== 'direct' && path !== 'auto')) {
    throw new UsageError('usage-value', 'a pin needs two guests and star, direct or auto', {
      hint: "vnet pin A B direct; to bind a MAC address to a host: 'vnet pin add'",
    })
  }
  const [source, destination] = await findGuests(client, [a, b])
  if (source === undefined || destination === undefined) return
  await client.pinPath({ source, destination, path })
  if (out.isJson) out.json((await client.adaptation()).pins)
  else out.print(`${a} - ${b}: ${path === 'auto' ? 'as the adaptation decides' : path}`)
}

function tableOf({ pins, names }: AdaptView, paint: Context['out']['paint']): string {
  const nameOf = (mac: string) => (names[mac] === undefined ? mac : `${names[mac]} (${mac})`)
  const columns: readonly Column<Pin>[] = [
    { title: 'GUEST', cell: ({ source }) => nameOf(source) },
    { title: 'GUEST', cell: ({ destination }) => nameOf(destination) },
    { title: 'PATH', cell: ({ path }) => ({ text: path, tone: 'strong' }) },
  ]
  return renderTable({ columns, rows: pins, empty: 'no path is pinned', paint })
}
