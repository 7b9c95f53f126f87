// The set of revoked keys and the messages that carry it.

import { expect, test } from 'vitest'
import { createRevocationSet, revocationMessages } from '../../../src/trust/revocation.ts'
import { decodeControl, encodeControl } from '../../../src/wire/control.ts'

const key = (number: number) => number.toString(16).padStart(64, '0')

test('a set grows, tells what is new, and ignores what is no key', () => {
  const revoked = createRevocationSet()
  expect(revoked.isRevoked(key(1))).toBe(false)
  expect(revoked.add({ sequence: 2, publicKeySha256: [key(1), key(2)] })).toEqual([key(1), key(2)])
  expect(revoked.add({ sequence: 1, publicKeySha256: [key(2), key(3), 'x', ''] })).toEqual([key(3)])
  expect([revoked.sequence, revoked.size]).toEqual([2, 3])
  expect([1, 2, 3, 4].map((number) => revoked.isRevoked(key(number)))).toEqual([
    true,
    true,
    true,
    false,
  ])
})

test('ten thousand keys travel in messages of legal size', () => {
  const records = Array.from({ length: 10_000 }, (_, index) => ({
    sequence: index + 1,
    publicKeySha256: key(index),
    name: 'alpha',
    atMs: 0,
  }))
  const revoked = createRevocationSet()
  for (const body of revocationMessages(records)) {
    const bytes = encodeControl({ kind: 'revocationList', requestId: 0, ...body })
    const decoded = decodeControl(bytes)
    if (!decoded.ok || decoded.message.kind !== 'revocationList') throw new Error('not decoded')
    revoked.add(decoded.message)
  }
  expect([revoked.size, revoked.sequence]).toEqual([10_000, 10_000])
  expect(revocationMessages([])).toEqual([])
})
