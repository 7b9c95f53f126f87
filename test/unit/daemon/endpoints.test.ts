// Where a daemon says it can be dialled.

import { describe, expect, test } from 'vitest'
import { ENDPOINTS_OFFERED_MAX, endpointsOf } from '../../../src/daemon/endpoints.ts'

const sources = {
  advertise: [],
  listen: { address: '::', port: 7707 },
  localAddress: '::ffff:10.0.0.5',
  machine: ['10.0.0.5', '192.168.1.2', 'fd00::7'],
}
const texts = (list: readonly { address: string; port: number }[]) =>
  list.map(({ address, port }) => `${address} ${port}`)

describe('endpointsOf', () => {
  test('nowhere if it does not listen', () => {
    expect(endpointsOf({ ...sources, listen: null })).toEqual([])
  })

  test('the address towards the proxy first, each once, without mapped forms', () => {
    expect(texts(endpointsOf(sources))).toEqual([
      '10.0.0.5 7707',
      '192.168.1.2 7707',
      'fd00::7 7707',
    ])
  })

  test('what the operator advertises comes before all', () => {
    const advertise = ['203.0.113.7:9000']
    expect(texts(endpointsOf({ ...sources, advertise }))[0]).toBe('203.0.113.7 9000')
  })

  test('an IPv4 listener offers no IPv6, a bound one only its own address', () => {
    const v4 = { ...sources, listen: { address: '0.0.0.0', port: 1 } }
    expect(texts(endpointsOf(v4))).toEqual(['10.0.0.5 1', '192.168.1.2 1'])
    const bound = { ...sources, listen: { address: '192.168.1.2', port: 1 } }
    expect(texts(endpointsOf(bound))).toEqual(['192.168.1.2 1'])
  })

  test('is bounded', () => {
    const machine = Array.from({ length: 40 }, (_, index) => `10.1.0.${index}`)
    expect(endpointsOf({ ...sources, machine })).toHaveLength(ENDPOINTS_OFFERED_MAX)
  })
})
