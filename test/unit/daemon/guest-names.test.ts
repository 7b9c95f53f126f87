// What a host calls its guests: ports with one guest each give them their names.

import { expect, test } from 'vitest'
import { VirtualClock } from '../../../src/base/clock.ts'
import { type MacAddress, macFromNumber } from '../../../src/base/mac.ts'
import { createGuestNaming } from '../../../src/daemon/guest-names.ts'
import type { Question } from '../../../src/link/requests.ts'
import type { MacEntry, PortId, PortInfo } from '../../../src/plane/plane.ts'

function naming(ports: number) {
  const clock = new VirtualClock()
  const sent: Question[] = []
  const state = { macs: [] as (readonly [MacAddress, number])[], isTaken: true }
  const guests = createGuestNaming({
    clock,
    plane: {
      ports: () =>
        Array.from({ length: ports }, (_, id) => ({ id, name: `vm${id}` }) as unknown as PortInfo),
      macs: () =>
        state.macs.map(([mac, port]): MacEntry => {
          const where = { kind: 'port', port: port as PortId } as const
          return { mac, where, ageMs: 0, moves: 0, isDamped: false }
        }),
    },
    send: (message) => {
      sent.push(message)
      return state.isTaken
    },
  })
  return { clock, sent, state, guests }
}

test('names go out once they changed, whole, and not of ports with several guests', () => {
  const { clock, sent, state, guests } = naming(3)
  const [a, b, c] = [1, 2, 3].map((number) => macFromNumber(2 ** 41 + number))
  if (a === undefined || b === undefined || c === undefined) throw new Error('three')
  state.macs = [
    [a, 0],
    [b, 1],
    [c, 1],
  ]
  guests.changed()
  guests.changed()
  clock.advance(1_000)
  const message = { kind: 'guestNames', isFull: true, names: [{ mac: a, name: 'vm0' }] }
  expect(sent).toEqual([message])
  guests.changed()
  clock.advance(1_000)
  expect(sent).toHaveLength(1)
  guests.startOver()
  clock.advance(1_000)
  expect(sent).toEqual([message, message])
})

test('long lists go in parts; what was not taken is sent again', () => {
  const { clock, sent, state, guests } = naming(2_000)
  state.macs = Array.from({ length: 2_000 }, (_, at) => [macFromNumber(2 ** 41 + at), at] as const)
  state.isTaken = false
  guests.changed()
  clock.advance(1_000)
  expect(sent).toHaveLength(1)
  state.isTaken = true
  guests.changed()
  clock.advance(1_000)
  const parts = sent.slice(1).map((part) => (part.kind === 'guestNames' ? part : null))
  expect(parts.map((part) => [part?.isFull, part?.names.length])).toEqual([
    [true, 800],
    [false, 800],
    [false, 400],
  ])
  guests.stop()
})
