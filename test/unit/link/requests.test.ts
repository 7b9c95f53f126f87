// Questions and answers: numbers, time-outs, bounds, the end of the link.

import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/base/clock.ts'
import { createRequests, REQUESTS_OUTSTANDING_MAX } from '../../../src/link/requests.ts'
import type { ControlMessage } from '../../../src/wire/control.ts'

function make(isQueued = true) {
  const clock = new VirtualClock()
  const sent: ControlMessage[] = []
  const send = (message: ControlMessage) => sent.push(message) > 0 && isQueued
  return { clock, sent, requests: createRequests({ clock, send }) }
}
const echo = { kind: 'echo', from: 'a', to: 'b', sequence: 1, payload: new Uint8Array() } as const
const acknowledge = (requestId: number): ControlMessage => ({
  kind: 'acknowledge',
  requestId,
  errorCode: '',
  error: '',
})

describe('createRequests', () => {
  test('gives each answer to its question', async () => {
    const { requests, sent } = make()
    const [first, second] = [requests.ask(echo, 100), requests.ask(echo, 100)]
    expect(sent.map((message) => message.requestId)).toEqual([1, 2])
    expect(requests.settle(acknowledge(2))).toBe(true)
    expect(requests.settle(acknowledge(1))).toBe(true)
    expect([(await first).requestId, (await second).requestId]).toEqual([1, 2])
  })

  test("does not take the peer's requests and messages for answers", () => {
    const { requests } = make()
    expect(requests.settle({ ...echo, requestId: 1 })).toBe(false)
    expect(requests.settle(acknowledge(0))).toBe(false)
    expect(requests.settle(acknowledge(77))).toBe(true) // too late, or never asked
  })

  test('time-out', async () => {
    const { requests, clock } = make()
    const asked = requests.ask(echo, 100)
    clock.advance(100)
    await expect(asked).rejects.toMatchObject({ code: 'request-timeout' })
  })

  test('a full queue, too many questions, the end of the link', async () => {
    await expect(make(false).requests.ask(echo, 100)).rejects.toMatchObject({ code: 'queue-full' })
    const { requests } = make()
    const asked = Array.from({ length: REQUESTS_OUTSTANDING_MAX }, () => requests.ask(echo, 100))
    await expect(requests.ask(echo, 100)).rejects.toMatchObject({ code: 'queue-full' })
    requests.close('cut')
    for (const one of asked) await expect(one).rejects.toMatchObject({ code: 'link-closed' })
    await expect(requests.ask(echo, 100)).rejects.toMatchObject({ message: 'cut' })
  })
})
