// `vnet plan`, `vnet explain A B` and `vnet links --why`.

import { pairKey } from '../../adapt/types.ts'
import type { Context } from '../command.ts'
import { viewExplanation } from '../views/explain.ts'
import { viewLinksWhy } from '../views/links-why.ts'
import { viewPlan } from '../views/plan.ts'
import { showOrWatch } from '../watch.ts'

export async function runPlan(context: Context): Promise<undefined> {
  const client = await context.client()
  const top = context.args.optionalNumber('top')
  const ask = () => client.plan()
  await showOrWatch(context, { ask, view: viewPlan, title: 'vnet plan', top })
}

export async function runExplain(context: Context): Promise<undefined> {
  const { args } = context
  const client = await context.client()
  const [a, b] = [args.text('A'), args.text('B')]
  const ask = () => client.explain(a, b)
  await showOrWatch(context, { ask, view: viewExplanation, title: `vnet explain ${a} ${b}` })
}

export async function runLinksWhy(context: Context): Promise<undefined> {
  const client = await context.client()
  const ask = async () => {
    const [{ links }, { plan }] = await Promise.all([client.adaptation(), client.plan()])
    const gains = new Map(plan?.links.map((link) => [pairKey(link), link.gain]))
    return links.map((link) => ({ ...link, gain: gains.get(pairKey(link)) ?? null }))
  }
  await showOrWatch(context, { ask, view: viewLinksWhy, title: 'vnet links --why' })
}
