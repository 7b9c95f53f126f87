// Checks: the median of paired ratios, and what says why nothing was measured.

import { expect, test } from 'vitest'
import { checkPairs } from '../../../bench/checks.ts'

const row = { name: 'flat', op: '<=', target: 1.1 } as const

test('pairs are compared repeat by repeat: a slow stretch of the machine is in both', () => {
  const below = [100, 300, 100]
  expect(checkPairs({ ...row, above: [105, 306, 120], below })).toMatchObject({
    ...{ value: 1.05, ok: true, range: [1.02, 1.2] },
  })
  expect(checkPairs({ ...row, above: [150, 306, 120], below })).toMatchObject({ ok: false })
})

test('samples that are no pairs are no measurement', () => {
  const missing = checkPairs({ ...row, above: [1, 2], below: [1] })
  expect(missing).toMatchObject({ value: null, ok: null, why: 'no pair of samples' })
  expect(checkPairs({ ...row, above: [], below: [], why: 'it broke' }).why).toBe('it broke')
})
