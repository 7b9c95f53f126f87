// The redial policy: bounds of the first and later delays, jitter, reset after a stable link.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  REDIAL_CAP_MS,
  REDIAL_REFUSED_MS,
  REDIAL_STABLE_MS,
  REDIAL_START,
  type RedialState,
  stepRedial,
} from '../../../src/link/redial.ts'

const at = (nowMs: number, chance = 0) => ({ nowMs, chance })

function lose(times: number, chance: number): readonly number[] {
  let state: RedialState = REDIAL_START
  return Array.from({ length: times }, (_, index) => {
    const step = stepRedial(state, { kind: 'down' }, at(index, chance))
    state = step.state
    return step.delayMs ?? Number.NaN
  })
}

describe('stepRedial', () => {
  test('doubles up to the cap', () => {
    expect(lose(5, 0)).toEqual([250, 500, 1000, 1000, 1000])
    expect(lose(5, 0.999999)).toEqual([500, 1000, 2000, 2000, 2000])
  })

  test('first retry within 1 s and never later than the cap', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (chance) => {
        const delays = lose(40, chance)
        expect(delays[0]).toBeLessThan(1_000)
        expect(Math.max(...delays)).toBeLessThanOrEqual(REDIAL_CAP_MS)
      }),
    )
  })

  test('starts over only after a stable link', () => {
    const lost: RedialState = { attempts: 4, upSinceMs: null }
    const up = stepRedial(lost, { kind: 'up' }, at(1_000))
    expect(up.delayMs).toBeNull()
    const early = stepRedial(up.state, { kind: 'down' }, at(1_000 + REDIAL_STABLE_MS - 1))
    expect(early.delayMs).toBe(1_000)
    const late = stepRedial(up.state, { kind: 'down' }, at(1_000 + REDIAL_STABLE_MS))
    expect(late.delayMs).toBe(250)
  })

  test('a refusal waits long', () => {
    const step = stepRedial(REDIAL_START, { kind: 'refused' }, at(0, 0.5))
    expect(step.delayMs).toBe(REDIAL_REFUSED_MS * 0.75)
  })
})
