// Waiting for a condition of the real world, with a bound.

import { setTimeout as delay } from 'node:timers/promises'
import { messageOf, VnetError } from '../base/errors.ts'

const POLL_MS = 25

/** Resolves after `ms`. */
export function sleep(ms: number): Promise<void> {
  return delay(ms)
}

/**
 * Asks again and again until the answer is not undefined, and returns it. Errors of a question
 * count as `not yet`; the last one is the cause when time is up.
 * @throws VnetError `lab-timeout`, saying what was waited for.
 */
export async function waitFor<T>(
  what: string,
  question: () => Promise<T | undefined> | T | undefined,
  options: {
    readonly timeoutMs: number
    readonly signal?: AbortSignal
    /** Gives the error that makes further waiting useless. */
    readonly giveUp?: () => Error | undefined
  },
): Promise<T> {
  const deadline = Date.now() + options.timeoutMs
  let cause: unknown
  for (;;) {
    options.signal?.throwIfAborted()
    try {
      const answer = await question()
      if (answer !== undefined) return answer
    } catch (error) {
      cause = error
    }
    const hopeless = options.giveUp?.()
    if (hopeless !== undefined) {
      await sleep(POLL_MS) // what ended it may have been a Ctrl-C, which is then the reason
      options.signal?.throwIfAborted()
      throw hopeless
    }
    if (Date.now() > deadline) {
      const last = cause === undefined ? '' : `: ${messageOf(cause)}`
      const message = `waited ${options.timeoutMs} ms in vain for ${what}${last}`
      throw new VnetError('lab-timeout', message, { cause })
    }
    await sleep(POLL_MS)
  }
}
