// The proxy's list of pins at a host: in parts, applied as a whole.

import { describe, expect, test } from 'vitest'
import { type MacAddress, macFromBytes } from '../../../src/base/mac.ts'
import { createPinnedMacs, pinMessages } from '../../../src/daemon/pins.ts'
import type { LinkId, Plane } from '../../../src/plane/plane.ts'
import { PINS_PER_MESSAGE_MAX } from '../../../src/wire/message.ts'

const macOf = (index: number) =>
  macFromBytes(Uint8Array.of(2, 0, 0, index >> 16, (index >> 8) & 255, index & 255))

function make() {
  const inPlane = new Map<MacAddress, Parameters<Plane['setPin']>[1]>()
  const links = new Map<string, LinkId>()
  const plane = {
    setPin: (mac: MacAddress, from: Parameters<Plane['setPin']>[1]) => void inPlane.set(mac, from),
    removePin: (mac: MacAddress) => void inPlane.delete(mac),
  }
  const linkOf = (host: string) => links.get(host) ?? null
  const pins = createPinnedMacs(plane, { ownName: 'alpha', linkOf })
  let sequence = 0
  const tell = (list: ReadonlyMap<MacAddress, string>) => {
    sequence += 1
    const messages = pinMessages(list, sequence)
    for (const message of messages) pins.receive({ ...message, requestId: 0 })
    return messages.length
  }
  return { inPlane, links, pins, tell }
}

describe('createPinnedMacs', () => {
  test('what belongs elsewhere is taken from nowhere here, what belongs here from ports', () => {
    const { inPlane, pins, tell } = make()
    tell(
      new Map([
        [macOf(1), 'alpha'],
        [macOf(2), 'beta'],
      ] as const),
    )
    expect([...inPlane]).toEqual([
      [macOf(1), { kind: 'ports' }],
      [macOf(2), null],
    ])
    expect(pins.pinnedTo(macOf(1))).toBe('alpha')
    tell(new Map([[macOf(1), 'beta']] as const))
    expect([...inPlane]).toEqual([[macOf(1), null]])
    tell(new Map())
    expect(inPlane.size).toBe(0)
  })

  test('the fast path of the host that a MAC is pinned to may carry it', () => {
    const { inPlane, links, pins, tell } = make()
    tell(new Map([[macOf(2), 'beta']] as const))
    links.set('beta', 7 as LinkId)
    pins.refresh()
    expect([...inPlane]).toEqual([[macOf(2), { kind: 'link', link: 7 }]])
    links.delete('beta')
    pins.refresh()
    expect([...inPlane]).toEqual([[macOf(2), null]])
  })

  test.each([0, 1, PINS_PER_MESSAGE_MAX, PINS_PER_MESSAGE_MAX + 1, 2 * PINS_PER_MESSAGE_MAX])(
    'a list of %i',
    (count) => {
      const { inPlane, pins, tell } = make()
      const parts = tell(new Map(Array.from({ length: count }, (_, i) => [macOf(i), 'beta'])))
      expect(parts).toBe(Math.floor(count / PINS_PER_MESSAGE_MAX) + 1)
      expect([inPlane.size, pins.size()]).toEqual([count, count])
    },
  )
})
