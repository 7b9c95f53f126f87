// A ping that runs beside a test and tells when answers came and how many did not.

import { setTimeout as delay } from 'node:timers/promises'
import type { Place } from './frames.ts'

export interface PingSummary {
  readonly answered: number
  /** Not answered, of all that were sent before the last one that was. */
  readonly lost: number
  /** The longest time between two answers, ms. */
  readonly gapMs: number
}

export interface Pings {
  /** Resolves to the time (wall clock, ms) of the first answer after a time. @throws after 15 s. */
  answeredAfter(timeMs: number): Promise<number>
  stop(): Promise<PingSummary>
}

const ANSWER_TIMEOUT_MS = 15_000

/** Pings an address from a place every `intervalMs` until it is stopped. */
export function startPings(from: Place, address: string, intervalMs: number): Pings {
  const words = ['-n', '-D', '-i', String(intervalMs / 1_000), address]
  const child = from.spawn('ping', words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const answers: number[] = []
  const sequences = new Set<number>()
  let text = ''
  child.stdout?.on('data', (chunk) => {
    const lines = `${text}${chunk}`.split('\n')
    text = lines.pop() ?? ''
    for (const line of lines) {
      const [, seconds, sequence] = /^\[([\d.]+)\] \d+ bytes .*icmp_seq=(\d+)/.exec(line) ?? []
      if (seconds === undefined) continue
      answers.push(Number(seconds) * 1_000)
      sequences.add(Number(sequence))
    }
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  return {
    async answeredAfter(timeMs) {
      const deadlineMs = Math.max(timeMs, Date.now()) + ANSWER_TIMEOUT_MS
      for (;;) {
        const answer = answers.find((time) => time >= timeMs)
        if (answer !== undefined) return answer
        if (Date.now() > deadlineMs) throw new Error(`${address} does not answer`)
        await delay(10)
      }
    },
    async stop() {
      child.kill('SIGINT')
      await ended
      const gaps = answers.slice(1).map((time, index) => time - (answers[index] ?? time))
      const lost = Math.max(0, ...sequences) - sequences.size
      return { answered: sequences.size, lost, gapMs: Math.max(0, ...gaps) }
    },
  }
}
