// `vnet ping HOST`: echoes between daemons, with a summary as ping(8) gives it.

import { setTimeout as delay } from 'node:timers/promises'
import { VnetError } from '../../base/errors.ts'
import type { PingResult } from '../../control/api.ts'
import type { AdminClient } from '../../control/client.ts'
import type { Context } from '../command.ts'
import { catchInterrupt } from '../interrupt.ts'
import { formatMicroseconds } from '../units.ts'

const DEFAULT_INTERVAL_S = 1
const DEFAULT_TIMEOUT_MS = 2_000

export interface PingSummary {
  readonly sent: number
  readonly received: number
  readonly minMs: number | null
  readonly meanMs: number | null
  readonly maxMs: number | null
}

export async function runPing(context: Context): Promise<number> {
  const { args, out } = context
  const client = await context.client()
  const count = args.optionalNumber('count') ?? Number.POSITIVE_INFINITY
  const intervalMs = (args.optionalNumber('interval') ?? DEFAULT_INTERVAL_S) * 1000
  const interruption = catchInterrupt()
  const rttsMs: number[] = []
  let sent = 0
  while (sent < count && !interruption.signal.aborted) {
    const startedMs = performance.now()
    sent += 1
    const answer = await Promise.race([echo(client, context, sent), interruption.happened])
    if (answer === 'interrupted') {
      sent -= 1
      break
    }
    report(context, sent, answer)
    if (!(answer instanceof VnetError)) rttsMs.push(answer.rttMs)
    const restMs = Math.max(0, intervalMs - (performance.now() - startedMs))
    if (sent < count) await delay(restMs, null, interruption).catch(() => null)
  }
  interruption.release()
  const summary = summarise(sent, rttsMs)
  if (out.isJson) out.json(summary)
  else out.print(`\n${describe(args.text('HOST'), summary)}`)
  return rttsMs.length > 0 ? 0 : 1
}

/** Losses are results; a host that nobody knows, or no daemon, is a failure of the command. */
async function echo(
  client: AdminClient,
  { args }: Context,
  sequence: number,
): Promise<PingResult | VnetError> {
  const payloadBytes = args.optionalNumber('size')
  try {
    return await client.ping({
      host: args.text('HOST'),
      sequence,
      timeoutMs: args.optionalNumber('timeout') ?? DEFAULT_TIMEOUT_MS,
      ...(payloadBytes === undefined ? {} : { payloadBytes }),
    })
  } catch (error) {
    const isLoss = error instanceof VnetError && !FATAL.has(error.code)
    if (isLoss) return error
    throw error
  }
}

const FATAL = new Set(['host-unknown', 'daemon-unreachable', 'request-invalid', 'name-invalid'])

function report({ out }: Context, sequence: number, answer: PingResult | VnetError): void {
  if (answer instanceof VnetError) {
    const { code, message } = answer
    if (out.isJson) out.json({ sequence, error: { code, message } })
    else out.print(out.paint('bad', `seq ${sequence}: ${message}`))
    return
  }
  if (out.isJson) out.json(answer)
  else {
    const time = formatMicroseconds(answer.rttMs * 1000)
    const way = answer.via === 'proxy' ? 'by the proxy' : 'direct'
    out.print(`${answer.host}: seq ${answer.sequence} time ${time} ${way}`)
  }
}

/** Smallest, mean and largest of the round-trip times. */
export function summarise(sent: number, rttsMs: readonly number[]): PingSummary {
  const received = rttsMs.length
  if (received === 0) return { sent, received, minMs: null, meanMs: null, maxMs: null }
  const meanMs = rttsMs.reduce((sum, rtt) => sum + rtt, 0) / received
  return { sent, received, minMs: Math.min(...rttsMs), meanMs, maxMs: Math.max(...rttsMs) }
}

function describe(host: string, { sent, received, minMs, meanMs, maxMs }: PingSummary): string {
  const lossPercent = sent === 0 ? 0 : Math.round(((sent - received) / sent) * 100)
  const head = `${host}: ${sent} sent, ${received} received, ${lossPercent} % lost`
  if (minMs === null || meanMs === null || maxMs === null) return head
  const times = [minMs, meanMs, maxMs].map((ms) => formatMicroseconds(ms * 1000)).join(' / ')
  return `${head}\nround trip min / mean / max: ${times}`
}
