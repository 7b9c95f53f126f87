// A fast path that stalls under frames of one end: both ends go over to the star within a second,
// and come back together, later each time.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseMac } from '../../../src/base/mac.ts'
import { Overlay, type TestHost } from '../../support/overlay.ts'

const LISTEN = 'listen: { port: 7707 }\n'
const MAC_A = parseMac('02:00:00:00:00:0a')
const MAC_B = parseMac('02:00:00:00:00:0b')
const STEP_MS = 20

let overlay: Overlay
let alpha: TestHost
let beta: TestHost

const rulesAt = (host: TestHost) => host.plane.rules().length
const cut = (isCut: boolean) => overlay.network.setPath(alpha.address, beta.address, { isCut })
const areDirect = () => rulesAt(alpha) === 1 && rulesAt(beta) === 1
const areByStar = () => rulesAt(alpha) === 0 && rulesAt(beta) === 0

beforeEach(async () => {
  overlay = new Overlay()
  await overlay.startProxy()
  alpha = await overlay.startHost('alpha', LISTEN)
  beta = await overlay.startHost('beta', LISTEN)
  await overlay.until(() => overlay.proxy.parts.hosts.size === 2)
  const { admin } = overlay.proxy
  await overlay.during(admin.addLink({ a: 'alpha', b: 'beta' }))
  alpha.send({ from: MAC_A, to: MAC_B })
  beta.send({ from: MAC_B, to: MAC_A })
  await overlay.during(
    alpha.daemon.admin.setRule({ destination: MAC_B, target: 'host:beta' }, null),
  )
  await overlay.during(
    beta.daemon.admin.setRule({ destination: MAC_A, target: 'host:alpha' }, null),
  )
  await overlay.until(areDirect)
})
afterEach(() => overlay.close())

/** Alpha's guest sends, and beta's does not, until it is so; how long that was. */
async function sendUntil(isSo: () => boolean, limitMs = 20_000): Promise<number> {
  let ms = 0
  for (; ms < limitMs && !isSo(); ms += STEP_MS) {
    alpha.send({ from: MAC_A, to: MAC_B })
    await overlay.run(STEP_MS)
  }
  return ms
}

test('both ends end on the star, though one of them is silent, and return together', async () => {
  await sendUntil(() => false, 1_000)
  cut(true)
  expect(await sendUntil(areByStar)).toBeLessThanOrEqual(1_000)
  beta.frames.length = 0
  alpha.send({ from: MAC_A, to: MAC_B })
  await overlay.run(STEP_MS)
  expect(beta.frames).toHaveLength(1)
  expect(overlay.proxy.parts.orders.countUp()).toBe(0)
  cut(false)
  const backMs = await sendUntil(areDirect)
  expect(backMs).toBeGreaterThanOrEqual(900)
  expect(backMs).toBeLessThanOrEqual(2_000)
  await overlay.until(() => overlay.proxy.parts.orders.countUp() === 1)
})

test('a path that stalls each time it is used is used less and less', async () => {
  const absences: number[] = []
  for (let i = 0; i < 4; i++) {
    cut(true)
    await sendUntil(areByStar)
    cut(false)
    absences.push(await sendUntil(areDirect))
  }
  const [first = 0, , , last = 0] = absences
  expect(last).toBeGreaterThanOrEqual(first + 3_000)
})

test('without a proxy nobody waits for the word of the other end', async () => {
  cut(true)
  await sendUntil(areByStar)
  await overlay.stopProxy()
  cut(false)
  expect(await sendUntil(areDirect)).toBeLessThanOrEqual(6_000)
})
