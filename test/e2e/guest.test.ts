// The traffic makers of the end-to-end tests, on a plain veth pair.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Guest, startGuest } from '../support/guest.ts'
import { createSandbox, until } from '../support/netns.ts'

const sandbox = createSandbox('g')
let a: Guest
let b: Guest

beforeAll(async () => {
  const places = {
    a: await sandbox.addNamespace('a'),
    b: await sandbox.addNamespace('b'),
  }
  await sandbox.addVeth(
    { namespace: places.a, device: 'eth0', address: '10.9.0.1/24' },
    { namespace: places.b, device: 'eth0', address: '10.9.0.2/24' },
  )
  a = await startGuest('a', places.a)
  b = await startGuest('b', places.b)
})
afterAll(async () => {
  a.close()
  b.close()
  await sandbox.close()
})

test('TCP gives the same checksum at both ends', async () => {
  const outcome = await a.sendTcp('10.9.0.2', 100_000_000)
  expect(outcome.sha256Received).toBe(outcome.sha256Sent)
  expect(outcome.sha256Sent).toHaveLength(64)
})

test('UDP comes back, fragmented too', async () => {
  const sizes = [1, 100, 1472, 1473, 9000]
  expect(await a.sendUdp('10.9.0.2', sizes)).toEqual(sizes)
  expect(await a.sendUdp('10.9.0.3', [100], 300)).toEqual([])
})

test('multicast is heard by those who joined', async () => {
  const group = '239.1.2.3'
  await b.join(group, { port: 9100, interface: '10.9.0.2' })
  await a.multicast(group, ['one', 'two'], { port: 9100, interface: '10.9.0.1' })
  await until(async () => (await b.heard(group)).length === 2)
  expect(await b.heard(group)).toEqual(['one', 'two'])
})
