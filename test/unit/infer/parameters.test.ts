// The parameters of the inference: defaults lie in their ranges, and what does not is refused.

import { expect, test } from 'vitest'
import {
  DEFAULT_INFER_PARAMETERS,
  INFER_PARAMETERS,
  withParameters,
} from '../../../src/infer/parameters.ts'
import { PATTERN_NAMES } from '../../../src/infer/types.ts'

test('every default is in its range, and says what it means', () => {
  for (const spec of INFER_PARAMETERS) {
    expect(spec.default).toBeGreaterThanOrEqual(spec.min)
    expect(spec.default).toBeLessThanOrEqual(spec.max)
    expect(spec.meaning).toMatch(/\.$/)
  }
  expect(Object.keys(DEFAULT_INFER_PARAMETERS)).toHaveLength(INFER_PARAMETERS.length)
})

test('a change is taken, a bad one refused with what would do', () => {
  const changed = withParameters(DEFAULT_INFER_PARAMETERS, { smoothingIntervalMs: 2_000 })
  expect(changed).toEqual({ ...DEFAULT_INFER_PARAMETERS, smoothingIntervalMs: 2_000 })
  const set = (name: string, value: number) => () =>
    withParameters(DEFAULT_INFER_PARAMETERS, { [name]: value })
  expect(set('smoothing', 2_000)).toThrow(/no parameter 'smoothing'/)
  expect(set('hysteresis', 1.5)).toThrow(/hysteresis cannot be 1.5/)
  expect(set('hysteresis', Number.NaN)).toThrow(/hysteresis cannot be NaN/)
})

test('names of patterns are told once', () => {
  expect(new Set(PATTERN_NAMES).size).toBe(PATTERN_NAMES.length)
})
