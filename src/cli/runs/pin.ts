// `vnet pin add|remove|list`.

import { parseMac } from '../../base/mac.ts'
import { renderTable } from '../columns.ts'
import type { Context } from '../command.ts'

export async function runPinAdd(context: Context): Promise<undefined> {
  const { args, out } = context
  const pin = { mac: parseMac(args.text('MAC')), host: args.text('HOST') }
  await (await context.client()).setPin(pin)
  if (out.isJson) out.json(pin)
  else out.print(`${pin.mac} is accepted from ${pin.host} only`)
}

export async function runPinRemove(context: Context): Promise<undefined> {
  const mac = parseMac(context.args.text('MAC'))
  await (await context.client()).removePin(mac)
  if (context.out.isJson) context.out.json({ mac })
  else context.out.print(`${mac} is accepted from every host`)
}

export async function runPinList(context: Context): Promise<undefined> {
  const { out } = context
  const pins = await (await context.client()).pins()
  if (out.isJson) {
    out.json(pins)
    return
  }
  const columns = [
    { title: 'MAC', cell: (pin: (typeof pins)[number]) => pin.mac },
    { title: 'HOST', cell: (pin: (typeof pins)[number]) => pin.host },
  ]
  out.print(
    renderTable({ columns, rows: pins, empty: 'no MAC address is pinned', paint: out.paint }),
  )
}
