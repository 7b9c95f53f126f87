// The first exchange: certificate against policy, Hello against certificate.

import { describe, expect, test } from 'vitest'
import { checkHello, checkIdentity, type Hello, isLasting } from '../../../src/daemon/hello.ts'

const certificate = {
  uri: 'vnet://home/host/alpha',
  publicKeySha256: 'aa',
  serial: '1',
  notAfterMs: 1,
}
const policy = { network: 'home', isRevoked: (key: string) => key === 'bad' }
const hello: Hello = {
  kind: 'hello',
  requestId: 0,
  versionMajor: 1,
  versionMinor: 9,
  name: 'alpha',
  role: 'host',
  software: 'vnet 9',
  instance: 'x',
  wallClockMs: 0,
  endpoints: [],
  linkRole: 'star',
  linkOrderId: '',
}
const alpha = { network: 'home', role: 'host', name: 'alpha' } as const

describe('checkIdentity', () => {
  test('a good certificate', () => {
    expect(checkIdentity({ certificate }, policy)).toEqual({
      ok: true,
      identity: alpha,
      publicKeySha256: 'aa',
    })
  })

  test.each([
    [null, 'identity'],
    [{ ...certificate, uri: '' }, 'identity'],
    [{ ...certificate, uri: 'https://home/host/alpha' }, 'identity'],
    [{ ...certificate, uri: 'vnet://other/host/alpha' }, 'network'],
    [{ ...certificate, publicKeySha256: 'bad' }, 'revoked'],
  ])('%j', (bad, code) => {
    expect(checkIdentity({ certificate: bad }, policy)).toMatchObject({
      ok: false,
      refusal: { code },
    })
  })
})

describe('checkHello', () => {
  test('a newer minor version still talks', () => {
    expect(checkHello(hello, alpha)).toBeNull()
  })

  test.each([
    [{ versionMajor: 2 }, 'version'],
    [{ versionMajor: 0 }, 'version'],
    [{ name: 'beta' }, 'name-mismatch'],
    [{ role: 'proxy' }, 'role'],
  ])('%j', (change, code) => {
    expect(checkHello({ ...hello, ...change }, alpha)).toMatchObject({ code })
  })
})

test('what only people can change is not tried again soon', () => {
  expect(['revoked', 'version', 'duplicate'].every(isLasting)).toBe(true)
  expect(['shutdown', 'removed', 'io', 'connect-failed'].some(isLasting)).toBe(false)
})
