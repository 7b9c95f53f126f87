// Waiting for a condition of the real world, with a bound: the one place that polls.

import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Asks `condition` until it gives something other than false, null or undefined, and returns that.
 * An exception counts as "not yet".
 * @throws Error after `timeoutMs` that names `what` and what was seen last.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: {
    readonly timeoutMs?: number
    readonly intervalMs?: number
    readonly what?: string
  } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const { timeoutMs = 5_000, intervalMs = 50, what = 'the condition' } = options
  const deadlineMs = performance.now() + timeoutMs
  let last = 'nothing'
  for (;;) {
    try {
      const value = await condition()
      if (value !== false && value !== null && value !== undefined) {
        return value as Exclude<T, false | null | undefined>
      }
      last = String(value)
    } catch (error) {
      last = error instanceof Error ? error.message : String(error)
    }
    if (performance.now() > deadlineMs) {
      throw new Error(`${what}: not within ${timeoutMs} ms (last seen: ${last})`)
    }
    await sleep(intervalMs)
  }
}
