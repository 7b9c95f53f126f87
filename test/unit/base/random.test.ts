// A seed repeats its numbers; both sources fill their range evenly.

import { expect, test } from 'vitest'
import { seededRandom, systemRandom } from '../../../src/base/random.ts'

test('a seed repeats itself and differs from another', () => {
  const [a, b, c] = [seededRandom(1), seededRandom(1), seededRandom(2)]
  const first = Array.from({ length: 50 }, () => a.next())
  expect(Array.from({ length: 50 }, () => b.next())).toEqual(first)
  expect(Array.from({ length: 50 }, () => c.next())).not.toEqual(first)
  expect(a.bytes(20)).toEqual(b.bytes(20))
})

test.each([
  ['seeded', seededRandom(7)],
  ['system', systemRandom()],
])('%s numbers lie in [0, 1) and spread evenly', (_name, random) => {
  const buckets = new Array<number>(10).fill(0)
  for (let i = 0; i < 10_000; i++) {
    const at = Math.floor(random.next() * 10)
    buckets[at] = (buckets[at] ?? 0) + 1
  }
  expect(buckets).toHaveLength(10)
  for (const count of buckets) expect(Math.abs(count - 1_000)).toBeLessThan(200)
  expect(random.bytes(16)).toHaveLength(16)
})
