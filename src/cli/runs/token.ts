// `vnet token create|list|remove`.

import type { TokenRow } from '../../control/api.ts'
import { type Column, renderTable } from '../columns.ts'
import type { Context } from '../command.ts'
import { formatTime, formatWhen } from '../units.ts'

export async function runTokenCreate(context: Context): Promise<undefined> {
  const { args, out, nowMs } = context
  const ttlSeconds = args.optionalNumber('ttl')
  const uses = args.optionalNumber('uses')
  const name = args.optionalText('name')
  const token = await (await context.client()).createToken({
    ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
    ...(uses === undefined ? {} : { uses }),
    ...(name === undefined ? {} : { name }),
  })
  if (out.isJson) {
    out.json(token)
    return
  }
  const who = name === undefined ? 'the new host' : `host ${name}`
  const hosts = uses === undefined || uses === 1 ? 'once' : `by ${uses} hosts`
  out.note(`Run on ${who}, ${hosts}, before ${formatTime(token.expiresAtMs)}`)
  out.note(`(${formatWhen(token.expiresAtMs, nowMs())}; the token is not shown again):\n`)
  out.print(token.command)
}

export async function runTokenList(context: Context): Promise<undefined> {
  const { out } = context
  const tokens = await (await context.client()).tokens()
  if (out.isJson) {
    out.json(tokens)
    return
  }
  const nowMs = context.nowMs()
  const columns: readonly Column<TokenRow>[] = [
    { title: 'ID', cell: ({ id }) => ({ text: id, tone: 'strong' }) },
    { title: 'FOR HOST', cell: ({ name }) => name ?? 'any' },
    { title: 'USES LEFT', isRight: true, cell: ({ usesLeft }) => String(usesLeft) },
    { title: 'MADE', cell: ({ createdAtMs }) => formatWhen(createdAtMs, nowMs) },
    { title: 'ENDS', cell: ({ expiresAtMs }) => formatWhen(expiresAtMs, nowMs) },
  ]
  const empty = "no tokens: make one with 'vnet token create'"
  out.print(renderTable({ columns, rows: tokens, empty, paint: out.paint }))
}

export async function runTokenRemove(context: Context): Promise<undefined> {
  const id = context.args.text('ID')
  await (await context.client()).removeToken(id)
  if (context.out.isJson) context.out.json({})
  else context.out.print(`token ${id} is useless now`)
}
