// What the proxy remembers of orders and rules, across a restart.

import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Pin } from '../../../src/adapt/types.ts'
import type { MacAddress } from '../../../src/base/mac.ts'
import { openNetworkStore } from '../../../src/proxy/network-store.ts'

test('links and rules survive, and can be removed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vnet-network-store-'))
  const path = {
    orderId: 'o1',
    dialler: 'a',
    acceptor: 'b',
    transport: 'udp',
    origin: 'adapt',
  } as const
  const rule = {
    host: 'a',
    destination: '52:54:00:00:00:01' as MacAddress,
    source: null,
    target: 'host:b',
    isTransit: true,
  }
  const first = openNetworkStore(folder)
  first.putFastPath(path, 1)
  first.putRule(rule)
  first.putRule({ ...rule, target: 'drop' }) // replaces
  expect(first.level()).toBeNull()
  first.putLevel('recommend')
  const pin = { source: '52:54:00:00:00:01', destination: '52:54:00:00:00:02' } as never as Pin
  first.putPathPin({ ...pin, path: 'star' })
  first.putPathPin({ ...pin, path: 'direct' }) // replaces
  first.close()
  expect(statSync(join(folder, 'network.db')).mode & 0o777).toBe(0o600)
  const second = openNetworkStore(folder)
  expect(second.fastPaths()).toEqual([path])
  expect(second.rulesOf('a')).toEqual([{ ...rule, target: 'drop' }])
  expect(second.rulesOf('b')).toEqual([])
  expect([second.level(), second.pathPins()]).toEqual(['recommend', [{ ...pin, path: 'direct' }]])
  second.removePathPin(pin)
  expect(second.pathPins()).toEqual([])
  second.removeFastPath('o1')
  second.removeRule(rule)
  expect([second.fastPaths(), second.rulesOf('a')]).toEqual([[], []])
  second.close()
  rmSync(folder, { recursive: true })
})
