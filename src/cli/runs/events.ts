// `vnet events`: what the adaptation did, one line each.

import { createInterface } from 'node:readline'
import type { AdaptRecord } from '../../adapt/types.ts'
import type { Context } from '../command.ts'
import { harmless, type Paint, type Tone } from '../output.ts'
import { formatTime } from '../units.ts'

const TONES: Readonly<Record<AdaptRecord['action'], Tone>> = {
  plan: 'strong',
  'link-ordered': 'plain',
  'link-up': 'good',
  'link-failed': 'bad',
  'link-down': 'warn',
  'link-withdrawn': 'plain',
  'rules-set': 'dim',
  'rules-failed': 'bad',
  'back-off': 'warn',
}

export async function runEvents(context: Context): Promise<undefined> {
  const { args, out } = context
  const lines = args.optionalNumber('lines')
  const stream = await (await context.client()).events({
    ...(args.flag('follow') ? { follow: true } : {}),
    ...(lines === undefined ? {} : { lines }),
  })
  for await (const line of createInterface({ input: stream })) {
    out.print(out.isJson ? line : formatEvent(JSON.parse(line) as AdaptRecord, out.paint))
  }
}

/** `2026-11-21 23:10:04  link-up         alpha - beta  alpha dialled beta (plan 3)` */
export function formatEvent(record: AdaptRecord, paint: Paint): string {
  const { atMs, action, pair, host, reason, plan } = record
  const whom = pair === null ? (host ?? '') : `${pair.a} - ${pair.b}`
  const because = plan === null ? '' : paint('dim', `(plan ${plan})`)
  const words = [formatTime(atMs), paint(TONES[action], action.padEnd(14)), whom, harmless(reason)]
  return [...words, because].filter((word) => word !== '').join('  ')
}
