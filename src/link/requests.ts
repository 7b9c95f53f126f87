// Questions and answers over a link's control messages: a request carries a number, its answer the
// same one. Bounded in time and number; one instance a link.

import type { Cancel, Clock } from '../base/clock.ts'
import { VnetError } from '../base/errors.ts'
import type { ControlMessage } from '../wire/control.ts'

/** Unanswered requests of one link: more means that the peer does not answer at all. */
export const REQUESTS_OUTSTANDING_MAX = 256

type WithoutId<T> = T extends unknown ? Omit<T, 'requestId'> : never
/** A message that has no number yet. */
export type Question = WithoutId<ControlMessage>

export interface Requests {
  /**
   * Sends a request and waits for its answer.
   * @throws VnetError `request-timeout`, `link-closed` or `queue-full`.
   */
  ask(question: Question, timeoutMs: number): Promise<ControlMessage>
  /** Gives an incoming message to the request that it answers. False: it answers none. */
  settle(message: ControlMessage): boolean
  /** The link is gone: all open requests fail with `link-closed`. */
  close(reason: string): void
}

interface Waiting {
  readonly resolve: (answer: ControlMessage) => void
  readonly reject: (error: VnetError) => void
  readonly cancel: Cancel
}

/** Messages that are answers; everything else with a number is a request of the peer's. */
const ANSWERS: ReadonlySet<string> = new Set([
  'joinResponse',
  'renewResponse',
  'echoReply',
  'pathCheckReply',
  'clockReply',
  'probeResult',
  'acknowledge',
])

export function createRequests(options: {
  readonly clock: Clock
  /** False if the message could not be queued. */
  readonly send: (message: ControlMessage) => boolean
}): Requests {
  const waiting = new Map<number, Waiting>()
  let lastId = 0
  let closedBecause: string | null = null

  function take(id: number): Waiting | undefined {
    const found = waiting.get(id)
    waiting.delete(id)
    found?.cancel()
    return found
  }

  return {
    ask(question, timeoutMs) {
      if (closedBecause !== null) return Promise.reject(new VnetError('link-closed', closedBecause))
      if (waiting.size >= REQUESTS_OUTSTANDING_MAX) {
        const message = `${waiting.size} requests are waiting for an answer already`
        return Promise.reject(new VnetError('queue-full', message))
      }
      lastId = (lastId % 0xffff_fffe) + 1
      const id = lastId
      return new Promise((resolve, reject) => {
        const cancel = options.clock.after(timeoutMs, () => {
          const message = `no answer to ${question.kind} within ${timeoutMs} ms`
          take(id)?.reject(new VnetError('request-timeout', message))
        })
        waiting.set(id, { resolve, reject, cancel })
        if (!options.send({ ...question, requestId: id } as ControlMessage)) {
          take(id)?.reject(new VnetError('queue-full', 'the control queue of the link is full'))
        }
      })
    },
    settle(message) {
      if (message.requestId === 0 || !ANSWERS.has(message.kind)) return false
      take(message.requestId)?.resolve(message)
      return true // an answer that came too late is settled, too
    },
    close(reason) {
      closedBecause = reason
      for (const id of [...waiting.keys()]) take(id)?.reject(new VnetError('link-closed', reason))
    },
  }
}
