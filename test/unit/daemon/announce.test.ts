// Announcements of a host: full list first, then changes, split into parts that fit a message.

import { describe, expect, test } from 'vitest'
import { type MacAddress, macFromBytes } from '../../../src/base/mac.ts'
import { createAnnouncer } from '../../../src/daemon/announce.ts'
import { decodeControl, encodeControl } from '../../../src/wire/control.ts'
import { MACS_PER_MESSAGE_MAX } from '../../../src/wire/message.ts'

const macs = (count: number): MacAddress[] =>
  Array.from({ length: count }, (_, index) =>
    macFromBytes(Uint8Array.of(2, 0, 0, index >> 16, (index >> 8) & 255, index & 255)),
  )
const [M1, M2] = macs(2) as [MacAddress, MacAddress]

describe('createAnnouncer', () => {
  test('a full list first, even an empty one', () => {
    const announcer = createAnnouncer()
    expect(announcer.isPending()).toBe(true)
    expect(announcer.take(() => [])).toMatchObject([{ isFull: true, added: [], sequence: 1 }])
    expect(announcer.isPending()).toBe(false)
    expect(announcer.take(() => [M1])).toEqual([])
  })

  test('then changes, the last one of a MAC counts', () => {
    const announcer = createAnnouncer()
    announcer.take(() => [])
    announcer.learned(M1)
    announcer.gone(M1)
    announcer.learned(M2)
    expect(announcer.take(() => [])).toMatchObject([
      { isFull: false, removed: [M1], added: [] },
      { isFull: false, added: [M2], removed: [], sequence: 3 },
    ])
  })

  test('long lists go in parts that can be encoded', () => {
    const announcer = createAnnouncer()
    const all = macs(MACS_PER_MESSAGE_MAX + 1)
    const messages = announcer.take(() => all)
    expect(messages.map((message) => message.isFull)).toEqual([true, false])
    expect(messages.flatMap((message) => message.added)).toEqual(all)
    for (const message of messages) {
      expect(decodeControl(encodeControl(message))).toMatchObject({ ok: true })
    }
  })

  test('collects nothing while nobody hears', () => {
    const announcer = createAnnouncer()
    announcer.take(() => [])
    announcer.learned(M2)
    announcer.startOver()
    announcer.gone(M1)
    announcer.learned(M2)
    expect(announcer.take(() => [])).toMatchObject([{ isFull: true, added: [] }])
    expect(announcer.isPending()).toBe(false)
  })

  test('starts over after a reconnect', () => {
    const announcer = createAnnouncer()
    announcer.take(() => [])
    announcer.startOver()
    expect(announcer.take(() => [M1])).toMatchObject([{ isFull: true, added: [M1] }])
  })
})
