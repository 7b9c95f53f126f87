// UDP super-frames between guests of a test: segments.c, built on first use, in their namespaces.

import { once } from 'node:events'
import { buildTool } from '../../bench/tool.ts'
import type { Place } from './frames.ts'
import { until } from './netns.ts'

/** As segments.c says. */
const DATAGRAMS_PER_CALL = 41
const PORT = 9_300

export interface SegmentsReceived {
  readonly received: number
  readonly corrupt: number
  readonly sent: number
}

/** Sends `calls` super-frames of datagrams of `bytes`; what of them arrived, each once. */
export async function exchangeSegments(
  from: Place,
  to: Place,
  options: { readonly address: string; readonly bytes: number; readonly calls: number },
): Promise<SegmentsReceived> {
  const { address, bytes, calls } = options
  const sent = calls * DATAGRAMS_PER_CALL
  const program = await buildTool(new URL('./segments.c', import.meta.url))
  const receiver = to.spawn(program, ['receive', `${PORT}`, `${sent}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let text = ''
  receiver.stdout?.on('data', (chunk) => {
    text += chunk
  })
  const ended = once(receiver, 'close')
  await until(() => text.startsWith('ready\n'), { what: 'a receiver of segments' })
  const words = ['send', address, `${PORT}`, `${bytes}`, `${calls}`]
  const sender = from.spawn(program, words, { stdio: ['ignore', 'inherit', 'inherit'] })
  const [status] = await once(sender, 'close')
  if (status !== 0) throw new Error(`segments ${words.join(' ')}: status ${status}`)
  await ended
  return { ...JSON.parse(text.replace('ready\n', '')), sent }
}
