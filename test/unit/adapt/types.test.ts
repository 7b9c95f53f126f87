// A pair of hosts is the same from both ends.

import { expect, test } from 'vitest'
import { hostPair, pairKey } from '../../../src/adapt/types.ts'

test('a pair of hosts does not depend on who is named first', () => {
  expect(hostPair('beta', 'alpha')).toEqual({ a: 'alpha', b: 'beta' })
  expect(pairKey(hostPair('beta', 'alpha'))).toBe(pairKey(hostPair('alpha', 'beta')))
})
