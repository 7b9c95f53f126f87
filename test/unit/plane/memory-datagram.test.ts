// UDP paths between in-memory planes that are blocked or lossy: falling back, coming back, ending.
// What planes do on a path that lets all through is in test/contract.

import { expect, test } from 'vitest'
import { VirtualClock } from '../../../src/base/clock.ts'
import { parseMac } from '../../../src/base/mac.ts'
import { seededRandom } from '../../../src/base/random.ts'
import { memoryCredentials } from '../../../src/plane/memory-credentials.ts'
import { createMemoryNetwork } from '../../../src/plane/memory-network.ts'
import type { PathConditions } from '../../../src/plane/memory-wire.ts'
import type {
  LinkInfo,
  PlaneEvent,
  PlaneOptions,
  TransportPolicy,
} from '../../../src/plane/plane.ts'
import { Daemon, makeFrame, Station } from '../../contract/plane-overlay.ts'

const [A, B] = ['10.0.0.1', '10.0.0.2'] as const

/**
 * Two hosts with a fast path; frames go from the first to the second. Every path is long enough for
 * UDP, unless said otherwise.
 */
function fastPath(
  conditions: Partial<PathConditions> = {},
  transport: TransportPolicy = 'auto',
  options: Partial<PlaneOptions> = { datagramsFromRttUs: 0 },
) {
  const clock = new VirtualClock()
  const network = createMemoryNetwork({ clock, random: seededRandom(7) })
  const [from, to] = [A, B].map((address) => {
    const plane = network.createPlane({ role: 'host', ...options }, { address })
    plane.setCredentials(memoryCredentials({ uri: `vnet://net/host/${address}` }))
    plane.listen({ address: '0.0.0.0', port: 7_707 })
    return new Daemon(address, plane)
  })
  if (from === undefined || to === undefined) throw new Error('not there')
  network.setPath(A, B, conditions)
  const link = from.plane.dial({ host: B, port: 7_707 })
  clock.advance(1_000)
  for (const { plane } of [from, to]) {
    for (const { id } of plane.links()) plane.admit(id, { role: 'fast-path', peer: 'x', transport })
  }
  const [guest, other] = [new Station(from, 'g', MACS[0]), new Station(to, 'o', MACS[1])]
  from.plane.setRule({ destination: other.mac, target: { kind: 'link', link } })
  const block = (isUdpBlocked: boolean) => network.setPath(A, B, { isUdpBlocked })
  const setDelay = (delayMs: number) => network.setPath(A, B, { delayMs })
  const info = (): LinkInfo => from.link(link)
  const switches = () => transportsOf(from.events)
  return { clock, from, to, info, guest, other, block, setDelay, switches }
}

const MACS = [parseMac('02:00:00:00:00:01'), parseMac('02:00:00:00:00:02')] as const
const transportsOf = (events: readonly PlaneEvent[]) =>
  events.flatMap((event) => (event.kind === 'link-transport' ? [event.transport] : []))

test('auto: a block sends frames by TLS within 1.5 s, and UDP returns after it', () => {
  const { clock, info, guest, other, block, switches } = fastPath()
  clock.advance(2_000)
  expect(info()).toMatchObject({ transport: 'udp', datagram: { state: 'up' } })
  block(true)
  const sent: Uint8Array[] = []
  for (let i = 0; i < 30; i++) {
    sent.push(guest.send(other))
    clock.advance(50)
  }
  expect(info()).toMatchObject({ transport: 'tcp', datagram: { state: 'down' } })
  const lost = sent.length - other.inbox().length
  expect(lost).toBeGreaterThan(0)
  expect(lost).toBeLessThanOrEqual(25) // 1.25 s
  other.inbox().forEach((frame, i) => {
    expect(Buffer.compare(frame, sent[i + lost] ?? makeFrame(guest.mac, guest.mac))).toBe(0)
  })
  block(false)
  clock.advance(5_000)
  expect(switches()).toEqual(['udp', 'tcp', 'udp'])
})

test('auto: a path that was blocked from the start stays on TLS and is tried again', () => {
  const { clock, info, switches, block } = fastPath({ isUdpBlocked: true })
  clock.advance(1)
  expect(info()).toMatchObject({ transport: 'tcp', datagram: { state: 'probing' } })
  clock.advance(30_000)
  expect(info()).toMatchObject({ transport: 'tcp', datagram: { state: 'probing' } })
  expect(switches()).toEqual([])
  block(false)
  clock.advance(5_000)
  expect(info().transport).toBe('udp')
})

test('auto: by TLS on a short path and by UDP on a long one, whatever the path becomes', () => {
  const { clock, info, from, setDelay, switches } = fastPath({ delayMs: 0.1 }, 'auto', {})
  clock.advance(10)
  expect(info().transportReason).toBe('measuring')
  clock.advance(2_000)
  expect(info()).toMatchObject({ transport: 'tcp', transportReason: 'short-path' })
  expect(info().datagram).toMatchObject({ state: 'up', minRttUs: 200 })
  setDelay(5)
  clock.advance(9_000)
  expect(info().transport).toBe('tcp') // the least of the last 10 s
  clock.advance(2_000)
  expect(info()).toMatchObject({ transport: 'udp', transportReason: 'long-path' })
  setDelay(0.6) // 1.2 ms there and back: neither long nor short
  clock.advance(15_000)
  expect(info().transport).toBe('udp')
  setDelay(0.1)
  clock.advance(1_000)
  expect(info()).toMatchObject({ transport: 'tcp', transportReason: 'short-path' })
  expect(switches()).toEqual(['udp', 'tcp'])
  const reasons = from.eventsOf('link-transport').map(({ reason }) => reason)
  expect(reasons).toEqual(['long path', 'short path'])
})

test('udp: the link closes 3 s after its admission, or after UDP went down', () => {
  const closedAtMs = (blockedAfterMs: number) => {
    const { clock, from, block } = fastPath({ isUdpBlocked: blockedAfterMs === 0 }, 'udp')
    clock.advance(blockedAfterMs)
    block(true)
    let passedMs = 0
    for (; from.eventsOf('link-closed').length === 0; passedMs += 10) clock.advance(10)
    expect(from.eventsOf('link-closed')).toMatchObject([{ code: 'udp-blocked' }])
    return passedMs
  }
  expect(closedAtMs(0)).toBe(3_000)
  expect(closedAtMs(2_000)).toBeGreaterThan(3_700)
  expect(closedAtMs(2_000)).toBeLessThan(4_300)
})

test('loss is repaired once, else counted', () => {
  const { clock, info, to, guest, other } = fastPath({ lossRatio: 0.1, delayMs: 10 })
  clock.advance(2_000)
  expect(info().transport).toBe('udp')
  for (let i = 0; i < 1_000; i++) {
    guest.send(other)
    clock.advance(1)
  }
  clock.advance(100)
  const datagram = to.plane.links()[0]?.datagram
  expect(datagram?.repairedDatagrams).toBeGreaterThan(60)
  expect(datagram?.lostDatagrams).toBeGreaterThan(2)
  expect(datagram?.lostDatagrams).toBeLessThan(30)
  expect(other.inbox()).toHaveLength(1_000 - (datagram?.lostDatagrams ?? 0))
  expect(datagram).toMatchObject({ rttUs: 20_000, minRttUs: 20_000 })
})

test('a rate bounds what waits', () => {
  const { clock, info, guest, other } = fastPath({ bytesPerSecond: 1_000_000 })
  clock.advance(2_000)
  expect(info().transport).toBe('udp')
  for (let i = 0; i < 1_000; i++) guest.send(other, { bytes: 1_500 })
  expect(info().drops['queue-full']).toBeGreaterThan(250)
  clock.advance(2_000)
  expect(other.inbox().length).toBe(1_000 - (info().drops['queue-full'] ?? 0))
})
