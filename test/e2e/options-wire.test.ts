// The judge of the tests of options, on a plain veth pair: it finds super-frames, open checksums
// and single wrong bits, and finds nothing where a device completes what goes out of it.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Guest, startGuest } from '../support/guest.ts'
import { createSandbox, type Namespace } from '../support/netns.ts'
import {
  CLEAN,
  echoDatagrams,
  makeBare,
  sendSpoilt,
  sendSuperFrame,
  startJudge,
} from '../support/wire.ts'

const FRAME_BYTES_MAX = 1_514
const MAC = '02:00:00:00:00:0b'
const sandbox = createSandbox('o')
let a: Namespace
let b: Namespace
let guest: Guest
let other: Guest

beforeAll(async () => {
  a = await sandbox.addNamespace('a')
  b = await sandbox.addNamespace('b')
  await sandbox.addVeth(
    { namespace: a, device: 'eth0', address: '10.9.0.1/24' },
    { namespace: b, device: 'eth0', address: '10.9.0.2/24' },
  )
  await b.ip(`link set eth0 address ${MAC}`)
  guest = await startGuest('a', a)
  other = await startGuest('b', b)
})
afterAll(async () => {
  guest?.close()
  other?.close()
  await sandbox.close()
})

const judge = () => startJudge(b, { device: 'eth0', frameBytesMax: FRAME_BYTES_MAX })

test('one wrong bit is found, in either family and behind a tag', async () => {
  for (const family of [4, 6] as const) {
    for (const vlan of [0, 42]) {
      const frame = { device: 'eth0', dst: MAC, family, bytes: 999, vlan }
      const judged = await judge()
      await sendSpoilt(a, { ...frame, fault: 'none' })
      await sendSpoilt(a, { ...frame, fault: 'tcp' })
      if (family === 4) await sendSpoilt(a, { ...frame, fault: 'ip' })
      const found = { tcp: 2, badTcp: 1, badIp: family === 4 ? 1 : 0 }
      const tagged = vlan > 0 ? { tagged: 1, taggedBytes: 999 } : { tagged: 0 }
      expect(await judged.stop()).toMatchObject({ ...CLEAN, ...found, ...tagged })
    }
  }
})

test('offloaded frames are found: a veth hands them on as they are', async () => {
  const judged = await judge()
  await guest.sendTcp('10.9.0.2', 1_000_000)
  const datagrams = { host: '10.9.0.2', port: 9_001, segment: 1_200, bytes: 30_000 }
  expect(await echoDatagrams(a, datagrams)).toEqual({ sent: 25, answered: 25 })
  const seen = await judged.stop()
  expect(seen.longest).toBeGreaterThan(10_000)
  expect(seen.tooLong).toBeGreaterThan(10)
  expect(seen.badTcp).toBeGreaterThan(10)
  expect(seen.badUdp).toBeGreaterThan(0)
  expect(seen.unready).toBeGreaterThan(10)
})

test('nothing is found behind a device that completes them', async () => {
  await makeBare(a, 'eth0')
  const judged = await judge()
  await guest.sendTcp('10.9.0.2', 1_000_000)
  const datagrams = { host: '10.9.0.2', port: 9_001, segment: 1_200, bytes: 30_000 }
  expect(await echoDatagrams(a, datagrams)).toEqual({ sent: 25, answered: 25 })
  const crafted = { device: 'eth0', dst: MAC, segment: 1_400, bytes: 20_000, vlan: 42 }
  await sendSuperFrame(a, { ...crafted, family: 4 })
  await sendSuperFrame(a, { ...crafted, family: 6 })
  const seen = await judged.stop()
  expect(seen).toMatchObject({ ...CLEAN, longest: 1_514, tagged: 30, taggedBytes: 40_000 })
  expect(seen.tcp).toBeGreaterThan(600)
  expect(seen.udp).toBe(25)
})
