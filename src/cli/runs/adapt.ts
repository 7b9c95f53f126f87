// `vnet adapt [LEVEL]`.

import { ADAPT_LEVELS } from '../../adapt/parameters.ts'
import type { AdaptLevel } from '../../adapt/types.ts'
import { UsageError } from '../arguments.ts'
import type { Context } from '../command.ts'
import { viewAdaptation } from '../views/adaptation.ts'
import { showOrWatch } from '../watch.ts'

export async function runAdapt(context: Context): Promise<undefined> {
  const { args, out } = context
  const wanted = args.optionalText('LEVEL')
  const client = await context.client()
  if (wanted !== undefined) {
    const view = await client.setAdaptation(levelOf(wanted))
    if (out.isJson) out.json(view)
    else out.print(`the adaptation is at level ${view.level} now`)
    return
  }
  const ask = () => client.adaptation()
  await showOrWatch(context, { ask, view: viewAdaptation, title: 'vnet adapt' })
}

function levelOf(text: string): AdaptLevel {
  const level = ADAPT_LEVELS.find((one) => one === text)
  if (level !== undefined) return level
  throw new UsageError('usage-value', `there is no level '${text}'`, {
    hint: `choose one of: ${ADAPT_LEVELS.join(', ')}`,
  })
}
