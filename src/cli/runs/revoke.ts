// `vnet revoke HOST`: asks first where somebody can answer.

import { createInterface } from 'node:readline/promises'
import { VnetError } from '../../base/errors.ts'
import type { Context } from '../command.ts'

export async function runRevoke(context: Context): Promise<undefined> {
  const { args, out } = context
  const host = args.text('HOST')
  const client = await context.client()
  const isAsking = !args.flag('yes') && process.stdin.isTTY === true && out.stderr.isTTY === true
  if (isAsking && !(await confirm(`Revoke host ${host} and cut its links? [y/N] `))) {
    throw new VnetError('not-confirmed', `host ${host} was not revoked`, {
      hint: 'answer y, or give --yes',
    })
  }
  await client.revoke(host)
  if (out.isJson) out.json({})
  else out.print(`host ${host} is revoked; to let it back: vnet token create --name ${host}`)
}

/** True for `y` and `yes`; end of input and Ctrl-C are a no. */
async function confirm(question: string): Promise<boolean> {
  const reader = createInterface({ input: process.stdin, output: process.stderr })
  const ended = new Promise<string>((resolve) => {
    for (const event of ['close', 'SIGINT']) reader.once(event, () => resolve(''))
  })
  const answer = await Promise.race([reader.question(question), ended])
  reader.close()
  return /^y(es)?$/i.test(answer.trim())
}
