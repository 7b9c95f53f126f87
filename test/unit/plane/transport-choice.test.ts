// The twin of native/test/transport_choice_test.cc: the same rule, the same cases.

import { expect, test } from 'vitest'
import {
  chooseTransport,
  type DatagramPathState,
  NO_ANSWER,
  TRANSPORT_HOLD_MS,
  type TransportChoice,
} from '../../../src/plane/transport-choice.ts'

const FROM_2_MS = { isRequired: false, fromRttMs: 2 }
const DOWN = { isUp: false, minRttMs: 0, rttSamples: 0 }
const up = (minRttMs: number, rttSamples = 10) => ({ isUp: true, minRttMs, rttSamples })
const LONG = { isUdp: true, reason: 'long-path' }
const SHORT = { isUdp: false, reason: 'short-path' }

/** The choices that follow on each other, each at its time. */
function choices(
  rule: typeof FROM_2_MS,
  ...steps: readonly (readonly [number, DatagramPathState])[]
) {
  let last: TransportChoice = NO_ANSWER
  return steps.map(([nowMs, path]) => {
    last = chooseTransport(last, { path, rule, nowMs })
    return last
  })
}

test('one slow answer does not make a path long', () => {
  const few = choices(FROM_2_MS, [0, DOWN], [0, up(9, 1)], [0, up(9, 2)], [0, up(1.9, 3)])
  expect(few.map(({ reason }) => reason)).toEqual([
    'no-answer',
    'measuring',
    'measuring',
    'short-path',
  ])
  expect(choices(FROM_2_MS, [0, up(1.9)], [1, up(2)])).toMatchObject([SHORT, LONG])
})

test('from half of the limit on it stays long, and it does not go to and fro', () => {
  const lateMs = 60_000
  const held = choices(
    FROM_2_MS,
    [0, up(2)],
    [lateMs, up(1)],
    [lateMs, up(0.9)],
    [lateMs + TRANSPORT_HOLD_MS - 1, up(20)],
    [lateMs + TRANSPORT_HOLD_MS, up(20)],
  )
  expect(held).toMatchObject([LONG, LONG, SHORT, SHORT, LONG])
})

test('a path that is silent is left at once, and taken again at once', () => {
  const silent = choices(FROM_2_MS, [0, up(20)], [1, DOWN], [2, up(20)])
  expect(silent).toMatchObject([LONG, { isUdp: false, reason: 'no-answer' }, LONG])
})

test('where datagrams are required, or the limit is 0, the first answer is enough', () => {
  expect(choices({ isRequired: true, fromRttMs: 2 }, [0, up(0.1, 1)])).toMatchObject([
    { isUdp: true, reason: 'required' },
  ])
  expect(choices({ isRequired: false, fromRttMs: 0 }, [0, up(0.1, 1)])).toMatchObject([LONG])
})
