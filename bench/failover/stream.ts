// A numbered stream between two guests (stream.c), watched from its start to its end.

import type { ChildProcess } from 'node:child_process'
import type { Namespace } from '../netns.ts'
import { buildTool } from '../tool.ts'
import { until } from '../wait.ts'

/** Issue of the promise: this rate through every change of the path. */
export const FRAMES_PER_SECOND = 10_000
const PAYLOAD_BYTES = 1_000
/** Silences that are shorter are the machine's. */
const GAP_MS = 20
let lastPort = 5_600

/** What became of a stream. */
export interface StreamOutcome {
  readonly sent: number
  readonly lost: number
  readonly duplicates: number
  readonly reordered: number
  /** By how many numbers a late one was behind. */
  readonly reorderedMax: number
  /** Silences of GAP_MS and more: ms of the monotonic clock. */
  readonly gaps: readonly (readonly [fromMs: number, toMs: number])[]
}

export interface Stream {
  /** Ends it and waits for the last datagram. */
  stop(): Promise<StreamOutcome>
}

/** By the clock of `gaps`. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6

export async function startStream(options: {
  readonly from: Namespace
  readonly to: Namespace
  /** Of the receiving guest. */
  readonly address: string
  readonly framesPerSecond?: number
}): Promise<Stream> {
  const { from, to, address, framesPerSecond = FRAMES_PER_SECOND } = options
  const tool = await buildTool(new URL('../stream.c', import.meta.url))
  lastPort += 1
  const receiver = keep(to.spawn(tool, ['receive', String(lastPort), String(GAP_MS)], PIPED))
  await until(() => receiver.output().includes('ready'), { what: 'the receiver', intervalMs: 10 })
  const words = ['send', address, String(lastPort), String(framesPerSecond), String(PAYLOAD_BYTES)]
  const sender = keep(from.spawn(tool, words, PIPED))
  return {
    stop: async () => {
      const { sent } = JSON.parse(await sender.stop())
      const text = (await receiver.stop()).replace('ready\n', '')
      const { distinct, duplicates, reordered, reorderedMax, gaps } = JSON.parse(text)
      const inMs = (gaps as [number, number][]).map(([a, b]) => [a / 1e6, b / 1e6] as const)
      return { sent, lost: sent - distinct, duplicates, reordered, reorderedMax, gaps: inMs }
    },
  }
}

const PIPED = { stdio: ['ignore', 'pipe', 'inherit'] as ['ignore', 'pipe', 'inherit'] }

function keep(child: ChildProcess) {
  let output = ''
  child.stdout?.on('data', (chunk) => {
    output += chunk
  })
  const isOver = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    output: () => output,
    stop: async () => {
      child.kill('SIGTERM')
      await isOver
      return output
    },
  }
}
