// Contract of planes: control messages arrive whole and in order, ahead of frames, within bounds.

import { describe, expect } from 'vitest'
import { CONTROL_MESSAGE_BYTES_MAX, CONTROL_QUEUE_BYTES_MAX } from '../../src/base/limits.ts'
import type { CreateFixture } from './plane-fixture.ts'
import type { Daemon } from './plane-overlay.ts'
import { isSame, overlayTests } from './plane-overlay.ts'

export function describeControl(createFixture: CreateFixture): void {
  describe('a control message', () => {
    describeOrder(createFixture)
    describeBounds(createFixture)
  })
}

function message(number: number, bytes: number): Uint8Array {
  const content = new Uint8Array(bytes).fill(number & 0xff)
  new DataView(content.buffer).setUint32(0, number)
  return content
}

function controlAt(daemon: Daemon): readonly Uint8Array[] {
  return daemon.eventsOf('control').map((event) => event.message)
}

function describeOrder(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('of any size comes whole and in order, both ways, on a pending link too', async (net) => {
    const [alpha, beta] = await net.daemons('alpha', 'beta')
    const ends = await net.dial(alpha, beta)
    const sizes = [4, 5, 100, 16_384, 20_000, CONTROL_MESSAGE_BYTES_MAX]
    const sent = Array.from({ length: 60 }, (_, i) => message(i, sizes[i % sizes.length] ?? 4))
    for (const content of sent) {
      expect(alpha.plane.sendControl(ends.a, content)).toBe(true)
      expect(beta.plane.sendControl(ends.b, content)).toBe(true)
    }
    const count = () => Math.min(controlAt(alpha).length, controlAt(beta).length)
    await net.until(() => count() === sent.length, 'all messages')
    expect(isSame(controlAt(alpha), sent)).toBe(true)
    expect(isSame(controlAt(beta), sent)).toBe(true)
  })

  test('overtakes the frames that wait, which keep their order', async (net) => {
    const { proxy, hosts, links } = await net.star('alpha')
    const [sender, receiver] = net.stations(...hosts, proxy)
    net.fixture.setCut(hosts[0].plane, proxy.plane, true)
    const frames = Array.from({ length: 3_000 }, () => sender.send(receiver, { bytes: 1_514 }))
    const isOverflowing = () => hosts[0].dropped('queue-full') > 0
    await net.until(isOverflowing, 'full queue')
    await net.settle()
    hosts[0].plane.sendControl(links[0].a, message(7, 100))
    net.fixture.setCut(hosts[0].plane, proxy.plane, false)
    // What waited too long may be dropped still, by name.
    const left = () => frames.length - hosts[0].dropped('queue-full')
    await net.until(() => receiver.inbox().length === left(), 'what is left')
    const order = proxy.events.map(({ kind }) => kind)
    const frameAfter = order.lastIndexOf('frame')
    expect(order.indexOf('control')).toBeGreaterThan(-1)
    expect(order.indexOf('control')).toBeLessThan(frameAfter - 100)
    const textOf = (frame: Uint8Array) => Buffer.from(frame).toString('latin1')
    const got = new Set(receiver.inbox().map(textOf))
    const kept = frames.filter((frame) => got.has(textOf(frame)))
    expect(isSame(receiver.inbox(), kept)).toBe(true)
  })
}

function describeBounds(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  test('that is too long is refused, and the link stays', async (net) => {
    const { proxy, hosts, links } = await net.star('alpha')
    const tooLong = new Uint8Array(CONTROL_MESSAGE_BYTES_MAX + 1)
    const code = 'message-too-long'
    expect(() => hosts[0].plane.sendControl(links[0].a, tooLong)).toThrowError(
      expect.objectContaining({ code }),
    )
    expect(hosts[0].plane.sendControl(links[0].a, message(1, 4))).toBe(true)
    await net.until(() => controlAt(proxy).length === 1, 'the next one')
  })

  test('is refused while the queue of a cut link is full', async (net) => {
    const { proxy, hosts, links } = await net.star('alpha')
    net.fixture.setCut(hosts[0].plane, proxy.plane, true)
    const content = message(1, CONTROL_MESSAGE_BYTES_MAX)
    let taken = 0
    while (hosts[0].plane.sendControl(links[0].a, content)) {
      if (++taken > 4_000) throw new Error('the queue has no bound')
    }
    expect(taken * content.length).toBeGreaterThan(CONTROL_QUEUE_BYTES_MAX / 2)
    expect(hosts[0].link(links[0].a).queuedBytes).toBeLessThan(2 * CONTROL_QUEUE_BYTES_MAX)
    net.fixture.setCut(hosts[0].plane, proxy.plane, false)
    await net.until(() => controlAt(proxy).length === taken, 'all that was taken')
  })
}
