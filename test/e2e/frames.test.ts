// The measuring tool of the end-to-end tests, on a plain veth pair: it sees what is there, and it
// sees what is wrong.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { exactlyOnce, exchange, receiveFrames, sendFrames } from '../support/frames.ts'
import { createSandbox, type Namespace } from '../support/netns.ts'

const MAC = '02:00:00:00:00:0b'
const sandbox = createSandbox('f')
let a: Namespace
let b: Namespace

beforeAll(async () => {
  a = await sandbox.addNamespace('a')
  b = await sandbox.addNamespace('b')
  await sandbox.addVeth(
    { namespace: a, device: 'eth0' },
    { namespace: b, device: 'eth0' },
    { mtu: 9000 },
  )
  await b.ip(`link set eth0 address ${MAC}`)
})
afterAll(() => sandbox.close())

test('frames of every size arrive once, in order, unchanged', async () => {
  const frames = 9014 - 60 + 1
  const [seen] = await exchange(a, { dst: MAC, sizes: [60, 9014] }, [
    { place: b, receive: { expect: frames } },
  ])
  expect(seen).toEqual(exactlyOnce(frames))
})

test('a VLAN tag is seen', async () => {
  const [seen] = await exchange(a, { dst: MAC, count: 10, vlan: 42 }, [
    { place: b, receive: { expect: 10 } },
  ])
  expect(seen).toEqual(exactlyOnce(10, 42))
})

test('second copies, other streams, other stations and lost frames are told apart', async () => {
  const receiver = await receiveFrames(b, { expect: 15, timeoutMs: 1_000 })
  await sendFrames(a, { dst: MAC, count: 10 })
  await sendFrames(a, { dst: MAC, count: 5 })
  await sendFrames(a, { dst: MAC, count: 5, stream: 2 })
  await sendFrames(a, { dst: '02:00:00:00:00:99', count: 1 })
  expect(await receiver.result).toEqual({
    ...exactlyOnce(16),
    distinct: 10,
    duplicates: 6,
    reordered: 2,
    foreign: 1,
    missing: [10, 11, 12, 13, 14],
  })
})
