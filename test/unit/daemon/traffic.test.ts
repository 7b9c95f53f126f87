// Totals and rates per pair, bounded.

import { describe, expect, test } from 'vitest'
import { parseMac } from '../../../src/base/mac.ts'
import { createTraffic } from '../../../src/daemon/traffic.ts'
import { pairColumns } from '../../../src/plane/pair-columns.ts'

const macOf = (letter: string) => parseMac(`02:00:00:00:00:0${letter}`)
const drained = (bytesOf: Readonly<Record<string, number>>) =>
  pairColumns(
    Object.entries(bytesOf).map(([letter, bytes]) => ({
      source: macOf(letter),
      destination: macOf('0'),
      ...{ frames: 1, bytes, droppedFrames: 0 },
    })),
  )

describe('createTraffic', () => {
  test('adds up, with the rates of the last whole second', () => {
    const traffic = createTraffic(0)
    traffic.add(drained({ a: 1_000 }), 500)
    expect(traffic.rows()).toMatchObject([{ bytes: 1_000, bytesPerSecond: 0 }])
    traffic.add(drained({ a: 1_000, b: 5_000 }), 1_000)
    expect(traffic.rows()).toMatchObject([
      { source: macOf('b'), bytes: 5_000, bytesPerSecond: 5_000 },
      { source: macOf('a'), bytes: 2_000, frames: 2, bytesPerSecond: 2_000, framesPerSecond: 2 },
    ])
    traffic.add(drained({ b: 1_000 }), 3_000)
    expect(traffic.rows()).toMatchObject([
      { bytes: 6_000, bytesPerSecond: 500 },
      { bytes: 2_000, bytesPerSecond: 0 },
    ])
  })

  test('forgets the pair that was silent longest', () => {
    const traffic = createTraffic(0, 2)
    traffic.add(drained({ a: 1 }), 1)
    traffic.add(drained({ b: 2 }), 2)
    traffic.add(drained({ a: 1 }), 3)
    traffic.add(drained({ c: 3 }), 4)
    expect(traffic.rows().map((row) => row.source)).toEqual([macOf('c'), macOf('a')])
  })
})
