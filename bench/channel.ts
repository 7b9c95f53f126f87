// Questions and answers between a program and a child that it started in a namespace, over Node's
// process channel (also through `ip netns exec`, which keeps descriptors).

import type { ChildProcess } from 'node:child_process'
import { messageOf } from '../src/base/errors.ts'

interface Question {
  readonly id: number
  readonly request: unknown
}

interface Answer {
  readonly id: number
  readonly value?: unknown
  readonly error?: string
}

/** In the child: answers each request with what `handle` gives; ends when the parent is gone. */
export function serveRequests<R>(handle: (request: R) => Promise<unknown>): void {
  const answer = (message: Answer) => process.send?.(message)
  process.on('message', ({ id, request }: Question) => {
    handle(request as R).then(
      (value) => answer({ id, value }),
      (error) => answer({ id, error: messageOf(error) }),
    )
  })
  process.on('disconnect', () => process.exit(0))
}

/**
 * In the parent: gives the function that asks. A child that ends rejects what is still open, and
 * is named on stderr where it was not told to stop.
 */
export function openChannel<R>(
  child: ChildProcess,
  name: string,
): { ask(request: R): Promise<unknown>; close(): void } {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  let nextId = 1
  let isClosing = false
  child.on('message', ({ id, value, error }: Answer) => {
    const waiter = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) waiter?.resolve(value)
    else waiter?.reject(new Error(`${name}: ${error}`))
  })
  child.once('exit', (code, signal) => {
    const error = new Error(`${name} ended: ${signal ?? code}`)
    for (const waiter of waiting.values()) waiter.reject(error)
    waiting.clear()
    if (!isClosing && signal !== 'SIGKILL') process.stderr.write(`${error.message}\n`)
  })
  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        if (!child.connected) return reject(new Error(`${name} is not running`))
        const id = nextId
        nextId += 1
        waiting.set(id, { resolve, reject })
        child.send({ id, request } satisfies Question)
      }),
    close: () => {
      isClosing = true
      if (child.connected) child.disconnect()
    },
  }
}
