// Names and identity URIs: what is accepted, and that both directions agree.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatUri, isName, parseName, parseUri } from '../../../src/trust/name.ts'

test.each(['a', '0', 'alpha', 'a-b', 'a--b', 'x'.repeat(63)])('%s is a name', (name) => {
  expect(parseName(name)).toBe(name)
})

test.each(['', '-', '-a', 'a-', 'A', 'a.b', 'a_b', 'ä', 'a b', 'a\n', 'x'.repeat(64), '../a'])(
  '%j is no name',
  (name) => {
    expect(isName(name)).toBe(false)
    expect(() => parseName(name)).toThrow(expect.objectContaining({ code: 'name-invalid' }))
  },
)

const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/)

test('an identity comes back from its URI', () => {
  fc.assert(
    fc.property(name, fc.constantFrom('proxy', 'host'), name, (network, role, daemon) => {
      const identity = { network, role, name: daemon } as const
      expect(parseUri(formatUri(identity))).toEqual(identity)
    }),
  )
})

test.each([
  '',
  'vnet://home/host/alpha/',
  'vnet://home/guest/alpha',
  'vnet://home/host/',
  'vnet://home//host/alpha',
  'VNET://home/host/alpha',
  'https://home/host/alpha',
  ' vnet://home/host/alpha',
  'vnet://home/host/alpha\n',
  'vnet://home/host/alpha?x',
])('%j is no identity', (uri) => {
  expect(parseUri(uri)).toBeNull()
})
