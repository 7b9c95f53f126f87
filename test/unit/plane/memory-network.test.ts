// What lies between in-memory planes: delay, loss, rate, cuts; the same again for the same seed.
// What planes do with it is in test/contract.

import { expect, test } from 'vitest'
import { VirtualClock } from '../../../src/base/clock.ts'
import { seededRandom } from '../../../src/base/random.ts'
import { memoryCredentials } from '../../../src/plane/memory-credentials.ts'
import { createMemoryNetwork } from '../../../src/plane/memory-network.ts'
import type { PathConditions } from '../../../src/plane/memory-wire.ts'
import { RETRANSMISSION_MS } from '../../../src/plane/memory-wire.ts'
import type { LinkId, PlaneEvent } from '../../../src/plane/plane.ts'

const PORT = 7_707

interface Arrival {
  readonly atMs: number
  readonly text: string
}

/** Two hosts with a star link; `arrivals` are the control messages that came to the second. */
function twoHosts(conditions: Partial<PathConditions>, seed = 1) {
  const clock = new VirtualClock()
  const network = createMemoryNetwork({ clock, random: seededRandom(seed) })
  const events: PlaneEvent[] = []
  const arrivals: Arrival[] = []
  const [from, to] = ['10.0.0.1', '10.0.0.2'].map((address) => {
    const plane = network.createPlane({ role: 'host' }, { address })
    plane.setCredentials(memoryCredentials({ uri: `vnet://net/host/${address}` }))
    return plane
  })
  if (from === undefined || to === undefined) throw new Error('not there')
  to.listen({ address: '0.0.0.0', port: PORT })
  from.onEvent = (event) => events.push(event)
  to.onEvent = (event) => {
    if (event.kind !== 'control') return
    arrivals.push({ atMs: clock.monotonicMs(), text: Buffer.from(event.message).toString() })
  }
  network.setPath('10.0.0.1', '10.0.0.2', conditions)
  const link: LinkId = from.dial({ host: '10.0.0.2', port: PORT })
  const say = (text: string) => from.sendControl(link, Buffer.from(text))
  return { clock, network, from, to, link, say, events, arrivals }
}

test('a delay is one way; connecting and the handshake take two ways there and back', () => {
  const { clock, events, say, arrivals, from } = twoHosts({ delayMs: 50 })
  clock.advance(2 * 50 + 3 * 50 - 1)
  expect(events).toEqual([])
  clock.advance(1)
  expect(events.map(({ kind }) => kind)).toEqual(['link-pending'])
  say('hello')
  const sentMs = clock.monotonicMs()
  clock.advance(1_000)
  expect(arrivals).toEqual([{ atMs: sentMs + 50, text: 'hello' }])
  expect(from.links()[0]?.rttUs).toBe(100_000)
})

test('loss delays but keeps order, alike for the same seed', () => {
  const run = (seed: number) => {
    const { clock, say, arrivals } = twoHosts({ lossRatio: 0.02, delayMs: 1 }, seed)
    clock.advance(2_000)
    for (let i = 0; i < 100; i++) {
      say(`${i}`)
      clock.advance(5)
    }
    clock.advance(1_000)
    return arrivals
  }
  const arrivals = run(1)
  expect(arrivals.map(({ text }) => text)).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`))
  const waitsMs = arrivals.map(({ atMs }, i) => atMs - 2_000 - 5 * i)
  expect(Math.min(...waitsMs)).toBe(1)
  expect(Math.max(...waitsMs)).toBe(1 + RETRANSMISSION_MS)
  expect(run(1)).toEqual(arrivals)
  expect(run(2)).not.toEqual(arrivals)
})

test('a rate spreads what is sent at once', () => {
  const { clock, say, arrivals } = twoHosts({ bytesPerSecond: 10_000 })
  clock.advance(500)
  for (let i = 0; i < 5; i++) say('x'.repeat(92)) // 100 bytes with the header: 10 ms each
  clock.advance(500)
  const times = arrivals.map(({ atMs }) => atMs)
  expect(times.map((atMs) => Math.round(atMs - (times[0] ?? 0)))).toEqual([0, 10, 20, 30, 40])
})

test('a dial over a cut path is given up', () => {
  const { clock, events } = twoHosts({ isCut: true })
  clock.advance(2_499)
  expect(events).toEqual([])
  clock.advance(1)
  expect(events).toMatchObject([{ kind: 'link-closed', code: 'connect-failed' }])
})

test('an end that gave up is told to the other when the path is mended', () => {
  const { clock, network, to, from } = twoHosts({})
  clock.advance(100)
  network.setPath('10.0.0.1', '10.0.0.2', { isCut: true })
  void from.close()
  clock.advance(500)
  expect(to.links()).toHaveLength(1)
  network.setPath('10.0.0.1', '10.0.0.2', { isCut: false })
  clock.advance(1)
  expect(to.links()).toEqual([])
})
