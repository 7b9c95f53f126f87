// The benchmark of the inference in small: what it promises holds for some runs of each kind, those
// among them that were hard.

import { expect, test } from 'vitest'
import { CONDITIONS, judgeIdle, judgeRun } from '../../../bench/inference/judge.ts'
import { planRuns } from '../../../bench/inference/plans.ts'

const RIGHT = { precision: 1, recall: 1, isNamed: true }
const plans = planRuns()

test.each([...plans.keys()])('%s is found and named', (name) => {
  for (const plan of plans.get(name) ?? []) {
    if (plan.guests > 16) continue
    for (const seed of [1, 2]) {
      const run = judgeRun(plan, CONDITIONS.promised, seed)
      expect({ seed, ...run }).toMatchObject(RIGHT)
    }
  }
})

test('twentyfold skew and a fifth of background', () => {
  const runs = [...plans.values()]
    .flat()
    .filter(({ guests, pattern }) => guests <= 27 && pattern !== 'random')
    .map((plan) => judgeRun(plan, CONDITIONS.harsh, 3))
  const wrong = runs.filter((run) => !run.isNamed)
  expect(wrong.length).toBeLessThanOrEqual(runs.length * 0.04)
})

// A whole phase lost again and again; background of a moment; a valley among many loads.
test.each([
  ['mesh', 27, 50],
  ['random', 27, 50],
  ['random', 8, 13],
  ['random', 27, 19],
  ['random', 16, 3],
])('%s of %i guests, seed %i', (name, guests, seed) => {
  for (const plan of plans.get(name)?.filter((one) => one.guests === guests) ?? []) {
    expect(judgeRun(plan, CONDITIONS.promised, seed)).toMatchObject(RIGHT)
  }
})

test('idle machines have no topology', () => {
  expect(judgeIdle({ guests: 12, seconds: 30, seeds: 2 })).toBe(0)
})
