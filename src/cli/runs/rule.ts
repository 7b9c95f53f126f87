// `vnet rule add|remove`.

import { parseMac } from '../../base/mac.ts'
import type { RuleRequest } from '../../control/api.ts'
import type { Context } from '../command.ts'

export async function runRuleAdd(context: Context): Promise<undefined> {
  const { args, out } = context
  const rule: RuleRequest = {
    ...addressesOf(context),
    target: args.text('TARGET'),
    ...(args.flag('transit') ? { isTransit: true } : {}),
  }
  const host = args.optionalText('host')
  await (await context.client()).setRule(rule, host)
  if (out.isJson) out.json(rule)
  else out.print(`${at(host)}${describe(rule)} go to ${rule.target}`)
}

export async function runRuleRemove(context: Context): Promise<undefined> {
  const { args, out } = context
  const rule = addressesOf(context)
  const host = args.optionalText('host')
  await (await context.client()).removeRule(rule, host)
  if (out.isJson) out.json(rule)
  else out.print(`${at(host)}rule for ${describe(rule)} removed`)
}

function addressesOf({ args }: Context): RuleRequest {
  const source = args.optionalText('source')
  return {
    destination: parseMac(args.text('DESTINATION')),
    ...(source === undefined ? {} : { source: parseMac(source) }),
  }
}

function describe({ source, destination }: RuleRequest): string {
  return `frames${source === undefined ? '' : ` from ${source}`} for ${destination}`
}

function at(host: string | undefined): string {
  return host === undefined ? '' : `at ${host}: `
}
