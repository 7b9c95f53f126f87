// Totals and rates per pair, bounded.

import { describe, expect, test } from 'vitest'
import type { MacAddress } from '../../../src/base/mac.ts'
import { createTraffic } from '../../../src/daemon/traffic.ts'

const pair = (source: string, bytes: number) => ({
  source: source as MacAddress,
  destination: 'd' as MacAddress,
  frames: 1,
  bytes,
  droppedFrames: 0,
})

describe('createTraffic', () => {
  test('adds up, with the rate of the last interval', () => {
    const traffic = createTraffic(0)
    traffic.add([pair('a', 1_000)], 500)
    expect(traffic.rows()).toMatchObject([{ bytes: 1_000, bytesPerSecond: 2_000 }])
    traffic.add([pair('a', 1_000), pair('b', 5_000)], 1_500)
    expect(traffic.rows()).toMatchObject([
      { source: 'b', bytes: 5_000 },
      { source: 'a', bytes: 2_000, frames: 2, bytesPerSecond: 1_000, framesPerSecond: 1 },
    ])
    traffic.add([], 2_500)
    expect(traffic.rows()[1]).toMatchObject({ bytes: 2_000, bytesPerSecond: 0 })
  })

  test('forgets the pair that was silent longest', () => {
    const traffic = createTraffic(0, 2)
    traffic.add([pair('a', 1)], 1)
    traffic.add([pair('b', 2)], 2)
    traffic.add([pair('a', 1)], 3)
    traffic.add([pair('c', 3)], 4)
    expect(traffic.rows().map((row) => row.source)).toEqual(['c', 'a'])
  })
})
