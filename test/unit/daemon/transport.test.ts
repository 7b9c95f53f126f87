// The transport of a fast path: the stricter of what is ordered and what is configured.

import { expect, test } from 'vitest'
import { parseTransport, stricterTransport } from '../../../src/daemon/transport.ts'

test('what an order says is read; an older proxy says nothing', () => {
  expect(['', 'auto', 'tcp', 'udp', 'sctp', 'UDP'].map(parseTransport)).toEqual([
    ...['auto', 'auto', 'tcp', 'udp'],
    ...[null, null],
  ])
})

test.each([
  ['auto', 'auto', 'auto'],
  ['auto', 'tcp', 'tcp'],
  ['auto', 'udp', 'udp'],
  ['tcp', 'tcp', 'tcp'],
  ['udp', 'udp', 'udp'],
  ['tcp', 'udp', null],
] as const)('%s and %s is %s', (one, other, both) => {
  expect(stricterTransport(one, other)).toBe(both)
  expect(stricterTransport(other, one)).toBe(both)
})
