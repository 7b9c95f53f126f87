// Contract of planes: a fast path through which nothing gets is noticed while it carries frames,
// its traffic takes the star, and it carries again once it has answered for a while.

import { describe, expect } from 'vitest'
import { RESUMED_MS } from '../../src/base/limits.ts'
import type { CreateFixture } from './plane-fixture.ts'
import type { Daemon, LinkEnds, Overlay, Station } from './plane-overlay.ts'
import { overlayTests } from './plane-overlay.ts'

/** Payload must be back on the star within this time. */
const STALLED_WITHIN_MS = 1_000
const STEP_MS = 20

interface Scene {
  readonly alpha: Daemon
  readonly beta: Daemon
  /** Of the fast path; `a` is alpha's. */
  readonly ends: LinkEnds
  readonly guest: Station
  readonly other: Station
}

/** Two hosts of a star with a fast path, and rules over it for a guest at each. */
async function scene(net: Overlay): Promise<Scene> {
  const { hosts } = await net.star('alpha', 'beta')
  const [alpha, beta] = hosts
  const ends = await net.connect(alpha, beta, 'fast-path')
  const [guest, other] = net.stations(alpha, beta)
  for (const station of [guest, other]) station.broadcast() // the proxy learns where they are
  await net.until(() => guest.inbox().length + other.inbox().length === 2, 'both heard')
  alpha.plane.setRule({ destination: other.mac, target: { kind: 'link', link: ends.a } })
  beta.plane.setRule({ destination: guest.mac, target: { kind: 'link', link: ends.b } })
  return { alpha, beta, ends, guest, other }
}

/** The guest sends a frame each STEP_MS until it is so, at most for that long. */
async function sendUntil(
  net: Overlay,
  { guest, other }: Scene,
  { isSo, limitMs }: { readonly isSo: () => boolean; readonly limitMs: number },
): Promise<{ readonly frames: Uint8Array[]; readonly ms: number }> {
  const frames: Uint8Array[] = []
  // On real planes a step may take far longer than asked for; on virtual ones it takes no time.
  const startMs = performance.now()
  let steppedMs = 0
  const passedMs = () => Math.max(steppedMs, performance.now() - startMs)
  for (; passedMs() < limitMs && !isSo(); steppedMs += STEP_MS) {
    frames.push(guest.send(other))
    await net.fixture.advance(STEP_MS)
  }
  return { frames, ms: passedMs() }
}

const isStalled = ({ alpha, ends }: Scene) => alpha.link(ends.a).isStalled

export function describeStalls(createFixture: CreateFixture): void {
  const test = overlayTests(createFixture)

  describe('a fast path', () => {
    test('cut under frames is stalled within a second, and the star has them', async (net) => {
      const all = await scene(net)
      const { alpha, beta, ends, guest, other } = all
      const before = await sendUntil(net, all, { isSo: () => isStalled(all), limitMs: 1_500 })
      expect(alpha.eventsOf('link-stalled')).toEqual([])
      net.fixture.setCut(alpha.plane, beta.plane, true)
      const cut = await sendUntil(net, all, { isSo: () => isStalled(all), limitMs: 2_000 })
      expect(cut.ms).toBeLessThanOrEqual(STALLED_WITHIN_MS)
      await net.until(() => alpha.eventsOf('link-stalled').length === 1, 'told')
      const [event] = alpha.eventsOf('link-stalled')
      expect(event).toMatchObject({ link: { id: ends.a, isStalled: true, peer: 'beta' } })
      expect(event?.reason).not.toBe('')
      await net.expectOnlyAt(guest.send(other), [other])
      // The rule stands all the time.
      expect(alpha.plane.rules()).toHaveLength(1)

      net.fixture.setCut(alpha.plane, beta.plane, false)
      const isBack = () => !isStalled(all)
      const back = await sendUntil(net, all, { isSo: isBack, limitMs: 5_000 })
      expect(back.ms).toBeGreaterThanOrEqual(RESUMED_MS * 0.9)
      await net.until(() => alpha.eventsOf('link-resumed').length === 1, 'told')
      expect(alpha.eventsOf('link-resumed')).toMatchObject([{ link: { isStalled: false } }])
      const by = alpha.link(ends.a).txFrames
      await net.expectOnlyAt(guest.send(other), [other])
      expect(alpha.link(ends.a).txFrames).toBe(by + 1)
      const frames = [...before.frames, ...cut.frames, ...back.frames]
      expect(frames.map((frame) => other.count(frame))).toEqual(frames.map(() => 1))
    })

    test('that is cut while it is idle is not pinged for it', async (net) => {
      const all = await scene(net)
      await net.fixture.advance(300)
      net.fixture.setCut(all.alpha.plane, all.beta.plane, true)
      await net.fixture.advance(300)
      net.fixture.setCut(all.alpha.plane, all.beta.plane, false)
      await net.fixture.advance(1_000)
      expect(all.alpha.eventsOf('link-stalled')).toEqual([])
      expect(all.beta.eventsOf('link-stalled')).toEqual([])
    })
  })

  describe('a star link', () => {
    test('is never stalled: there is no other way', async (net) => {
      const { proxy, hosts } = await net.star('alpha')
      const [guest, other] = net.stations(...hosts, proxy)
      net.fixture.setCut(hosts[0].plane, proxy.plane, true)
      for (let i = 0; i < 50; i++) {
        guest.send(other)
        await net.fixture.advance(STEP_MS)
      }
      expect(hosts[0].eventsOf('link-stalled')).toEqual([])
      expect(hosts[0].plane.links()[0]?.isStalled).toBe(false)
    })
  })
}
