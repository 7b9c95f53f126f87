// `vnet history`: the changes of the topology that the proxy kept.

import type { Context } from '../command.ts'
import { viewHistory } from '../views/history.ts'
import { showOrWatch } from '../watch.ts'

const DEFAULT_LIMIT = 50

export async function runHistory(context: Context): Promise<undefined> {
  const { args, nowMs } = context
  const client = await context.client()
  const sinceS = args.optionalNumber('since')
  const limit = args.optionalNumber('limit') ?? DEFAULT_LIMIT
  const ask = () =>
    client.history({ limit, ...(sinceS === undefined ? {} : { sinceMs: nowMs() - sinceS * 1000 }) })
  await showOrWatch(context, { ask, view: viewHistory, title: 'vnet history' })
}
