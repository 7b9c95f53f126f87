// A fast path counts as up only once payload of full size has passed both ways.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { Overlay, type TestHost } from '../../support/overlay.ts'

const LISTEN = 'listen: { port: 7707 }\n'
/** Control messages but the payload check pass. */
const SMALL_ONLY = { messageBytesMax: 4_000 }
const ALL = { messageBytesMax: Number.POSITIVE_INFINITY }

let overlay: Overlay
let alpha: TestHost
let beta: TestHost

const add = () => overlay.during(overlay.proxy.admin.addLink({ a: 'alpha', b: 'beta' }))
const upAt = (host: TestHost) => host.daemon.admin.status().fastPaths
const path = (conditions: object) =>
  overlay.network.setPath(alpha.address, beta.address, conditions)

beforeEach(async () => {
  overlay = new Overlay()
  await overlay.startProxy()
  alpha = await overlay.startHost('alpha', LISTEN)
  beta = await overlay.startHost('beta', LISTEN)
  await overlay.until(() => overlay.proxy.parts.hosts.size === 2)
})
afterEach(() => overlay.close())

test('a path for small packets only is no fast path, and says so', async () => {
  path(SMALL_ONLY)
  const startMs = overlay.clock.monotonicMs()
  const result = await add()
  expect(result.state).toBe('failed')
  expect(result.reason).toMatch(/full-size packets do not pass both ways/)
  expect(overlay.clock.monotonicMs() - startMs).toBeLessThan(4_000)
  expect([upAt(alpha), upAt(beta)]).toEqual([0, 0])
  path(ALL)
  expect(await add()).toMatchObject({ state: 'up' })
})

test('a link that comes back without its payload stays unused until payload passes', async () => {
  await add()
  path({ ...SMALL_ONLY, isCut: true })
  await overlay.until(() => upAt(alpha) === 0 && upAt(beta) === 0)
  path({ isCut: false })
  await overlay.run(8_000)
  expect([upAt(alpha), upAt(beta)]).toEqual([0, 0])
  const isCheckedAgain = (host: TestHost) =>
    host.log.recent(500).some((line) => line.includes('full-size packets'))
  expect(isCheckedAgain(alpha) || isCheckedAgain(beta)).toBe(true)
  path(ALL)
  await overlay.until(() => upAt(alpha) === 1 && upAt(beta) === 1, 6_000)
  await overlay.until(() => overlay.proxy.parts.orders.countUp() === 1, 500)
})
