// `vnet matrix`: the heat map or the table of pairs, on the terminal or drawn into a file.

import type { Context } from '../command.ts'
import { viewMatrix, viewPairs } from '../views/matrix.ts'
import { showOrWatch } from '../watch.ts'

export async function runMatrix(context: Context): Promise<undefined> {
  const { args } = context
  const client = await context.client()
  await showOrWatch(context, {
    ask: () => client.matrix(),
    view: args.flag('pairs') ? viewPairs : viewMatrix,
    title: 'vnet matrix',
    top: args.optionalNumber('top'),
  })
}
