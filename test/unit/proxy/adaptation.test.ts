// The adaptation through a whole overlay: guests talk, the topology is inferred, links and rules
// come, frames go direct; and all of it goes away again.

import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseMac } from '../../../src/base/mac.ts'
import { Overlay, type TestHost } from '../../support/overlay.ts'

const NAMES = ['alpha', 'beta', 'gamma', 'delta'] as const
const LISTEN = 'listen: { port: 7707 }\n'
const macOf = (index: number) => parseMac(`02:00:00:00:00:0${index + 1}`)
type Pair = readonly [number, number]
const RING: readonly Pair[] = [
  [0, 1],
  [1, 2],
  [2, 3],
  [3, 0],
]

let overlay: Overlay

const hostOf = (index: number): TestHost => overlay.host(NAMES[index] ?? '')
const fastPathsOf = (index: number) => hostOf(index).daemon.admin.status().fastPaths
const allFastPaths = () => NAMES.map((_, index) => fastPathsOf(index))
const parts = () => overlay.proxy.parts
const set = (name: string, value: number) =>
  overlay.proxy.admin.inference?.setParameter(name, value)
const adaptRules = (index: number) =>
  hostOf(index)
    .daemon.admin.rules()
    .filter(({ origin }) => origin === 'adapt')

/** Frames of `pairs` at 5 ms each way: 12 kB/s a pair and direction. */
async function talk(pairs: readonly Pair[], ms: number, isOver = () => false): Promise<void> {
  for (let at = 0; at < ms && !isOver(); at += 5) {
    for (const [from, to] of pairs) {
      hostOf(from).send({ from: macOf(from), to: macOf(to) })
      hostOf(to).send({ from: macOf(to), to: macOf(from) })
    }
    await overlay.run(5)
  }
}

async function start(
  yaml = 'adaptation: { level: auto }\n',
  hostYaml: (name: string) => string = () => LISTEN,
): Promise<void> {
  overlay = new Overlay()
  await overlay.startProxy(yaml)
  for (const name of NAMES) await overlay.startHost(name, hostYaml(name))
  await overlay.until(() => parts().hosts.size === NAMES.length)
  set('floorBytesPerSecond', 1_000)
  await overlay.run(1_000)
}

afterEach(() => overlay.close())

describe('level auto', () => {
  beforeEach(() => start())

  test('a pattern gets its links and rules, and frames go direct', async () => {
    const startMs = overlay.clock.monotonicMs()
    await talk(RING, 5_000, () => NAMES.every((_, index) => adaptRules(index).length === 2))
    expect(overlay.clock.monotonicMs() - startMs).toBeLessThan(2_000)
    expect(allFastPaths()).toEqual([2, 2, 2, 2])
    const atProxy = () => overlay.proxy.admin.links().reduce((sum, link) => sum + link.rxFrames, 0)
    await talk(RING, 100)
    const before = atProxy()
    hostOf(1).frames.length = 0
    await talk(RING, 500)
    expect(atProxy()).toBe(before)
    expect(hostOf(1).frames.length).toBe(200)
  })
})
