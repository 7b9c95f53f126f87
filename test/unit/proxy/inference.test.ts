// The way of the traffic matrix through a whole overlay: counted at hosts, reported over the star,
// inferred at the proxy, shown and kept.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { MacAddress } from '../../../src/base/mac.ts'
import { parseMac } from '../../../src/base/mac.ts'
import type { InferenceBackend } from '../../../src/control/backend.ts'
import { matrixMessages } from '../../../src/daemon/matrix-message.ts'
import { pairColumns } from '../../../src/plane/pair-columns.ts'
import { Overlay } from '../../support/overlay.ts'

const NAMES = ['alpha', 'beta', 'gamma', 'delta'] as const
const macOf = (index: number) => parseMac(`02:00:00:00:00:0${index + 1}`)

describe('the inference', () => {
  let overlay: Overlay

  beforeEach(async () => {
    overlay = new Overlay()
    await overlay.startProxy()
    for (const name of NAMES) await overlay.startHost(name)
    await overlay.until(() => overlay.proxy.parts.hosts.size === NAMES.length)
  })
  afterEach(() => overlay.close())

  const admin = (): InferenceBackend => {
    const { inference } = overlay.proxy.admin
    if (inference === undefined) throw new Error('the proxy infers')
    return inference
  }

  /** Frames of `pairs` at 5 ms, 12 kB/s each: the twin's frames are small. */
  async function talk(pairs: readonly (readonly [number, number])[], ms: number): Promise<void> {
    for (let at = 0; at < ms; at += 5) {
      for (const [from, to] of pairs) {
        const host = overlay.host(NAMES[from] ?? '')
        host.send({ from: macOf(from), to: macOf(to) })
      }
      await overlay.run(5)
    }
  }

  /** A report of one pair, as from a host that lies. */
  function forged(pair: { from: MacAddress; to: MacAddress; sequence: number }) {
    const [source, destination] = [pair.from, pair.to]
    const columns = pairColumns([
      { source, destination, bytes: 50_000, frames: 40, droppedFrames: 0 },
    ])
    const toMs = Math.round(overlay.proxy.parts.inference.steadyClock.nowMs())
    const { sequence } = pair
    const [message = never()] = matrixMessages({ sequence, fromMs: toMs - 100, toMs, columns })
    return message
  }

  const RING = [
    [0, 1],
    [1, 2],
    [2, 3],
    [3, 0],
  ] as const
  const keysOf = (
    edges: readonly { readonly source: MacAddress; readonly destination: MacAddress }[],
  ) => edges.map(({ source, destination }) => `${source} ${destination}`).sort()
  const RING_KEYS = RING.map(([from, to]) => `${macOf(from)} ${macOf(to)}`).sort()

  test("does not take a host's word for the guests of others", async () => {
    admin().setParameter('floorBytesPerSecond', 1_000)
    await overlay.run(500)
    await talk(RING, 1_500)
    const alpha = overlay.proxy.parts.hosts.get('alpha') ?? never()
    for (let tenth = 0; tenth < 10; tenth += 1) {
      const message = forged({ from: macOf(1), to: macOf(3), sequence: 1_000 + tenth })
      overlay.proxy.parts.inference.report(alpha.peer, message)
      await talk(RING, 100)
    }
    expect(keysOf(admin().topology().topology.edges)).toEqual(RING_KEYS)
    expect(admin().figures().foreignPairs).toBe(10)
    const asked = overlay.proxy.admin.doctor()
    await overlay.run(5_000)
    const found = `of guests of others: alpha (${macOf(1)}, at beta; 10 pairs since the start)`
    const check = (await asked).find(({ name }) => name === 'traffic reports')
    expect(check).toMatchObject({ state: 'warning', found: `not counted, ${found}` })
  })

  test('sees a ring of four hosts, names it, tells it once and keeps it', async () => {
    admin().setParameter('floorBytesPerSecond', 1_000)
    await overlay.run(500)
    await talk(RING, 2_000)
    const view = admin().topology()
    expect(keysOf(view.topology.edges)).toEqual(RING_KEYS)
    expect(view.patterns).toMatchObject([{ name: 'ring', direction: 'one-way' }])
    expect(view.hosts.map(({ name, state }) => [name, state])).toEqual(
      [...NAMES, 'hub'].sort().map((name) => [name, 'fresh']),
    )
    const history = admin().history({ sinceMs: null, limit: 10 })
    expect(history).toHaveLength(1)
    expect(keysOf(history[0]?.change.added ?? [])).toEqual(RING_KEYS)
    const { stages, atMs, firstFrameMs } = history[0]?.change ?? view.change ?? never()
    expect(atMs - firstFrameMs).toBeLessThan(700)
    const sum = stages.countMs + stages.reportMs + stages.smoothMs + stages.decideMs
    expect(sum).toBeCloseTo(atMs - firstFrameMs, 0)
    const pair = admin()
      .matrix()
      .pairs.find(({ source }) => source === macOf(0))
    expect(pair).toMatchObject({ verdict: 'edge', destination: macOf(1) })
    expect(pair?.bytesPerSecond).toBeCloseTo(12_000, -3)
    expect(admin().figures()).toMatchObject({ edges: 4, changes: 1, lostReports: 0 })
  })

  test('keeps what is set over a restart, and what it inferred in the history', async () => {
    admin().setParameter('floorBytesPerSecond', 1_000)
    admin().setParameter('updateIntervalMs', 200)
    admin().nameGuest({ mac: macOf(0), name: 'frontend' })
    await talk(RING, 2_500)
    expect(admin().topology().topology.edges).toHaveLength(4)
    await overlay.stopProxy()
    await overlay.startProxy()
    await overlay.until(() => overlay.proxy.parts.hosts.size === NAMES.length, 20_000)
    const parameters = new Map(
      admin()
        .parameters()
        .map(({ name, value }) => [name, value]),
    )
    expect(parameters.get('updateIntervalMs')).toBe(200)
    expect(parameters.get('detectionThreshold')).toBe(0.1)
    expect(admin().history({ sinceMs: null, limit: 10 })).toHaveLength(1)
    await talk(RING, 2_000)
    const view = admin().topology()
    expect(keysOf(view.topology.edges)).toEqual(RING_KEYS)
    // One name from the operator, the others from the ports.
    expect(view.names).toMatchObject({ [macOf(0)]: 'frontend', [macOf(1)]: 'p1' })
    expect(overlay.host('alpha').daemon.parts.matrix.updateIntervalMs).toBe(200)
  })

  test('holds a topology whose hosts fall silent, and does not take unknown for idle', async () => {
    admin().setParameter('floorBytesPerSecond', 1_000)
    await talk(RING, 1_500)
    overlay.network.setPath('10.0.0.2', '10.0.0.1', { isCut: true })
    await talk(RING, 1_000)
    overlay.network.setPath('10.0.0.2', '10.0.0.1', { isCut: false })
    await talk(RING, 2_500)
    expect(keysOf(admin().topology().topology.edges)).toEqual(RING_KEYS)
    expect(admin().history({ sinceMs: null, limit: 10 })).toHaveLength(1)
  })

  test('can be switched off: nobody reports, and counters go on', async () => {
    admin().setParameter('inference', 0)
    await overlay.run(100)
    const before = admin().figures().reports
    await talk(RING, 1_500)
    expect(admin().figures().reports).toBe(before)
    const rows = overlay.host('alpha').daemon.admin.counters()
    expect(rows[0]?.bytesPerSecond).toBeGreaterThan(10_000)
    admin().setParameter('inference', 1)
    await overlay.run(1_500)
    expect(admin().figures().reports).toBeGreaterThan(before)
  })

  test('refuses parameters that are unknown or out of range, and keeps what was', () => {
    const code = (run: () => unknown) => {
      try {
        run()
        return null
      } catch (error) {
        return (error as { readonly code?: string }).code
      }
    }
    expect(code(() => admin().setParameter('updateInterval', 100))).toBe('parameter-unknown')
    expect(code(() => admin().setParameter('updateIntervalMs', 10))).toBe('parameter-range')
    expect(code(() => admin().setParameter('historyDays', Number.NaN))).toBe('parameter-range')
    expect(
      admin()
        .parameters()
        .every((row) => row.value === row.default),
    ).toBe(true)
  })
})

function never(): never {
  throw new Error('there is no change')
}
