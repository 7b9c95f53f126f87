// Who dials whom.

import { describe, expect, test } from 'vitest'
import { endpointsToTry, planSides } from '../../../src/proxy/sides.ts'

const open = (name: string, address: string) => ({
  name,
  endpoints: [{ address, port: 7707 }],
  seenAddress: address,
})
const natted = (name: string) => ({
  name,
  endpoints: [{ address: '192.168.0.9', port: 7707 }],
  seenAddress: '203.0.113.9',
})
const closed = (name: string) => ({ name, endpoints: [], seenAddress: '203.0.113.5' })
const diallers = (...sides: Parameters<typeof planSides>) =>
  planSides(...sides).map((side) => side.dialler)

describe('planSides', () => {
  test('both ways where both listen, in a fixed order', () => {
    expect(diallers(open('b', '10.0.0.2'), open('a', '10.0.0.1'))).toEqual(['a', 'b'])
  })
  test('first to the one that stands in the open', () => {
    expect(diallers(natted('b'), open('a', '10.0.0.1'))).toEqual(['b', 'a'])
  })
  test('only towards the one that listens, or not at all', () => {
    expect(diallers(open('a', '10.0.0.1'), closed('b'))).toEqual(['b'])
    expect(diallers(closed('a'), closed('b'))).toEqual([])
  })
})

describe('endpointsToTry', () => {
  test('adds the address that the proxy sees', () => {
    expect(endpointsToTry(natted('a'))).toEqual([
      { address: '192.168.0.9', port: 7707 },
      { address: '203.0.113.9', port: 7707 },
    ])
    expect(endpointsToTry(open('a', '10.0.0.1'))).toHaveLength(1)
  })
  test('as IPv4 even where the proxy listens on both', () => {
    const host = { ...open('a', '10.0.0.1'), seenAddress: '::ffff:10.0.0.1' }
    expect(endpointsToTry(host)).toHaveLength(1)
  })
})
