// The adaptation through a whole overlay: guests talk, the topology is inferred, links and rules
// come, frames go direct; and all of it goes away again.

import { afterEach, describe, expect, test } from 'vitest'
import type { AdaptRecord } from '../../../src/adapt/types.ts'
import { parseMac } from '../../../src/base/mac.ts'
import type { AdaptationBackend } from '../../../src/control/adaptation.ts'
import { Overlay, type TestHost } from '../../support/overlay.ts'

const NAMES = ['alpha', 'beta', 'gamma', 'delta'] as const
const LISTEN = 'listen: { port: 7707 }\n'
const AUTO = 'adaptation: { level: auto }\n'
const macOf = (index: number) => parseMac(`02:00:00:00:00:0${index + 1}`)
type Pair = readonly [number, number]
const RING: readonly Pair[] = [
  [0, 1],
  [1, 2],
  [2, 3],
  [3, 0],
]
const ONE: readonly Pair[] = [[0, 1]]

let overlay: Overlay

const hostOf = (index: number): TestHost => overlay.host(NAMES[index] ?? '')
const fastPathsOf = (index: number) => hostOf(index).daemon.admin.status().fastPaths
const fastPaths = () => NAMES.map((_, index) => fastPathsOf(index))
const parts = () => overlay.proxy.parts
const set = (name: string, value: number) =>
  overlay.proxy.admin.inference?.setParameter(name, value)
const records = (...actions: readonly AdaptRecord['action'][]) =>
  admin()
    .recent(1_000)
    .filter(({ action }) => actions.includes(action))
const rulesOf = (index: number) =>
  hostOf(index)
    .daemon.admin.rules()
    .filter(({ origin }) => origin === 'adapt')
const hasRules = (pairs: readonly Pair[]) =>
  pairs.flat().every((index) => rulesOf(index).some(({ target }) => !target.includes('down')))

function admin(): AdaptationBackend {
  const { adaptation } = overlay.proxy.admin
  if (adaptation === undefined) throw new Error('the proxy adapts')
  return adaptation
}

/** Frames of `pairs` each 5 ms, both ways: 12 kB/s a direction. Returns how long it took. */
async function talk(pairs: readonly Pair[], ms: number, isOver = () => false): Promise<number> {
  let at = 0
  for (; at < ms && !isOver(); at += 5) {
    for (const [from, to] of pairs) {
      hostOf(from).send({ from: macOf(from), to: macOf(to) })
      hostOf(to).send({ from: macOf(to), to: macOf(from) })
    }
    await overlay.run(5)
  }
  return at
}

async function start({ proxy = AUTO, host = (_: string): string => LISTEN } = {}): Promise<void> {
  overlay = new Overlay()
  await overlay.startProxy(proxy)
  for (const name of NAMES) await overlay.startHost(name, host(name))
  await overlay.until(() => parts().hosts.size === NAMES.length)
  set('floorBytesPerSecond', 1_000)
  set('idleHoldMs', 2_000)
  await overlay.run(1_000)
}

const framesAtProxy = () =>
  overlay.proxy.admin.links().reduce((sum, link) => sum + link.rxFrames, 0)

afterEach(() => overlay.close())

describe('level auto', () => {
  test('a pattern gets its links and rules within 2 s, and frames go direct', async () => {
    await start()
    expect(await talk(RING, 5_000, () => hasRules(RING) && rulesOf(0).length === 2)).toBeLessThan(
      2_000,
    )
    expect(fastPaths()).toEqual([2, 2, 2, 2])
    await talk(RING, 100)
    const before = framesAtProxy()
    hostOf(1).frames.length = 0
    await talk(RING, 500)
    expect(framesAtProxy()).toBe(before)
    expect(hostOf(1).frames.length).toBe(200)
    const up = records('link-up')
    expect(up).toHaveLength(4)
    expect(up.every(({ plan }) => plan !== null)).toBe(true)
    await overlay.run(300)
    const audited = parts().trust.store.auditEntries(100)
    const ordered = audited.filter(({ action }) => action === 'link-ordered')
    expect(ordered.map(({ actor }) => actor)).toEqual(Array(4).fill('adaptation'))
    expect(ordered[0]?.detail).toMatch(/^alpha - .* \(plan \d+\)$/)
  })

  test('links whose traffic ended are withdrawn, their rules before them', async () => {
    await start()
    set('dwellMs', 3_000)
    await talk(ONE, 5_000, () => hasRules(ONE))
    expect(fastPaths()).toEqual([1, 1, 0, 0])
    await overlay.run(2_000)
    expect(fastPaths()).toEqual([1, 1, 0, 0])
    await overlay.until(() => rulesOf(0).length === 0 && rulesOf(1).length === 0, 20_000)
    expect(fastPaths()).toEqual([1, 1, 0, 0]) // frames under way arrive
    await overlay.until(() => fastPaths().every((count) => count === 0), 8_000)
    await overlay.until(() => admin().view().links.length === 0, 1_000)
    expect(parts().options.store.fastPaths()).toEqual([])
  })

  test('a host that dies leaves its peers on the star; back again, it is used again', async () => {
    await start()
    await talk(RING, 5_000, () => hasRules(RING))
    await hostOf(1).daemon.stop()
    const others: readonly Pair[] = [
      [2, 3],
      [3, 0],
    ]
    await talk(others, 4_000)
    expect(fastPathsOf(2)).toBe(1)
    expect(hasRules(others)).toBe(true)
    await overlay.startHost('beta', LISTEN)
    await overlay.until(() => parts().hosts.size === NAMES.length)
    await talk(RING, 40_000, () => hasRules(RING) && fastPaths().every((count) => count === 2))
    expect(fastPaths()).toEqual([2, 2, 2, 2])
  })

  test('a pair that cannot connect stays on the star, is explained, and not stormed', async () => {
    await start({ host: () => '' }) // nobody listens
    await talk(ONE, 6_000)
    expect(fastPaths()).toEqual([0, 0, 0, 0])
    expect(admin().view().links).toEqual([])
    const { latest } = parts().adaptation.engine
    expect(latest?.plan.onStar).toMatchObject([{ a: 'alpha', b: 'beta' }])
    expect(latest?.plan.onStar[0]?.reason).toMatch(/dialled/)
    expect(records('link-ordered').length).toBe(0)
  })

  test('a pair whose path is cut is tried again after pauses that grow', async () => {
    await start()
    overlay.network.setPath(hostOf(0).address, hostOf(1).address, { isCut: true })
    await talk(ONE, 60_000)
    expect(fastPaths()).toEqual([0, 0, 0, 0])
    const failures = records('link-failed')
    expect(failures.length).toBeGreaterThan(1)
    expect(failures.length).toBeLessThan(6)
    expect(failures[0]?.reason).toMatch(/no way between them/)
    await overlay.until(() => admin().view().backOffs.length === 1, 6_000)
    hostOf(1).frames.length = 0
    await talk(ONE, 100)
    expect(hostOf(1).frames.length).toBe(20)
  })
})

describe('a proxy that starts again', () => {
  test('takes its links back and withdraws none while the traffic goes on', async () => {
    await start()
    await talk(RING, 5_000, () => hasRules(RING))
    const links = () =>
      hostOf(0)
        .plane.links()
        .filter(({ role }) => role === 'fast-path')
    const before = links().map(({ id }) => id)
    await overlay.stopProxy()
    hostOf(1).frames.length = 0
    await talk(RING, 2_000)
    expect(hostOf(1).frames.length).toBe(800) // fail static
    await overlay.startProxy(AUTO)
    await talk(RING, 15_000)
    expect(links().map(({ id }) => id)).toEqual(before)
    expect(fastPaths()).toEqual([2, 2, 2, 2])
    expect(records('link-ordered', 'link-withdrawn', 'link-failed')).toEqual([])
    expect(
      admin()
        .view()
        .links.map(({ phase, isConnected }) => [phase, isConnected]),
    ).toEqual(Array(4).fill(['standing', true]))
    hostOf(1).frames.length = 0
    const seen = framesAtProxy()
    await talk(RING, 500)
    expect([hostOf(1).frames.length, framesAtProxy()]).toEqual([200, seen])
  })

  test('keeps level and pins; withdraws what nobody uses any more', async () => {
    await start()
    admin().setPin({ source: macOf(2), destination: macOf(1), path: 'star' })
    await talk(ONE, 5_000, () => hasRules(ONE))
    await overlay.stopProxy()
    await overlay.startProxy(AUTO)
    expect(admin().view().pins).toEqual([{ source: macOf(1), destination: macOf(2), path: 'star' }])
    await overlay.until(() => fastPaths().every((count) => count === 0), 60_000)
    admin().setLevel('recommend')
    await overlay.stopProxy()
    await overlay.startProxy(AUTO)
    expect(admin().view().level).toBe('recommend')
  })
})

describe('levels and pins', () => {
  test('recommend plans and tells, and does nothing', async () => {
    await start({ proxy: 'adaptation: { level: recommend }\n' })
    await talk(RING, 4_000)
    expect(fastPaths()).toEqual([0, 0, 0, 0])
    expect(rulesOf(0)).toEqual([])
    expect(admin().view().plan?.links).toHaveLength(4)
    expect(records('plan').length).toBeGreaterThan(0)
    admin().setLevel('auto')
    expect(await talk(RING, 5_000, () => hasRules(RING))).toBeLessThan(2_000)
  })

  test('off withdraws what the adaptation made, and leaves what people made', async () => {
    await start()
    const made = overlay.proxy.admin.addLink({ a: 'alpha', b: 'gamma' })
    expect(await overlay.during(made)).toMatchObject({ state: 'up' })
    await talk(ONE, 5_000, () => hasRules(ONE))
    expect(fastPaths()).toEqual([2, 1, 1, 0])
    admin().setLevel('off')
    await talk(ONE, 5_000)
    expect(fastPaths()).toEqual([1, 0, 1, 0])
    expect(rulesOf(0)).toEqual([])
    hostOf(1).frames.length = 0
    await talk(ONE, 100)
    expect(hostOf(1).frames.length).toBe(20)
  })

  test('a link made by hand is used, and stays when its traffic ends', async () => {
    await start()
    set('dwellMs', 1_000)
    await overlay.during(overlay.proxy.admin.addLink({ a: 'alpha', b: 'beta' }))
    expect(await talk(ONE, 5_000, () => hasRules(ONE))).toBeLessThan(2_000)
    await overlay.until(() => rulesOf(0).length === 0, 20_000)
    await overlay.run(3_000)
    expect(fastPaths()).toEqual([1, 1, 0, 0])
    expect(parts().orders.pairsOf('manual')).toEqual([{ a: 'alpha', b: 'beta' }])
  })

  test('star keeps a pair off the fast path; direct makes one; auto lets go', async () => {
    await start()
    set('dwellMs', 1_000)
    admin().setPin({ source: macOf(1), destination: macOf(0), path: 'star' })
    await talk(ONE, 4_000)
    expect(fastPaths()).toEqual([0, 0, 0, 0])
    admin().setPin({ source: macOf(0), destination: macOf(1), path: 'direct' })
    expect(await talk(ONE, 5_000, () => hasRules(ONE))).toBeLessThan(2_000)
    await overlay.run(8_000) // stays without traffic
    expect(fastPaths()).toEqual([1, 1, 0, 0])
    admin().setPin({ source: macOf(0), destination: macOf(1), path: 'auto' })
    await overlay.until(() => fastPaths().every((count) => count === 0), 10_000)
    expect(() => admin().setPin({ source: macOf(0), destination: macOf(0), path: 'star' })).toThrow(
      /two different guests/,
    )
  })

  test('those who follow hear each record as it is told', async () => {
    await start()
    const heard: AdaptRecord[] = []
    const stop = admin().follow((record) => heard.push(record))
    await talk(ONE, 5_000, () => hasRules(ONE))
    expect(heard.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['plan', 'link-ordered', 'link-up', 'rules-set']),
    )
    expect(heard).toEqual(admin().recent(heard.length))
    stop()
    const count = heard.length
    admin().setLevel('off')
    await overlay.run(3_000)
    expect(heard).toHaveLength(count)
  })
})

test('guests that move take their rules with them', async () => {
  await start()
  await talk(ONE, 5_000, () => hasRules(ONE))
  // The guest of beta is at gamma from now on.
  const moved = () => {
    hostOf(2).send({ from: macOf(1), to: macOf(0) })
    hostOf(0).send({ from: macOf(0), to: macOf(1) })
  }
  for (let at = 0; at < 3_000; at += 5) {
    moved()
    await overlay.run(5)
  }
  expect(rulesOf(0).map(({ target }) => target)).toEqual(['host gamma'])
  expect(rulesOf(2).map(({ target }) => target)).toEqual(['host alpha'])
  hostOf(2).frames.length = 0
  for (let at = 0; at < 100; at += 5) {
    moved()
    await overlay.run(5)
  }
  expect(hostOf(2).frames.length).toBe(20)
})
