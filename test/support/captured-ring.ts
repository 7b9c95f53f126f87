// A ring of guests that exchange data in rounds, as the machines of the guests would capture it:
// each with its own clock, each seeing what its guest sends and gets.

import { type MacAddress, parseMac } from '../../src/base/mac.ts'
import { patternEdges } from '../../src/infer/patterns.ts'
import { type Record, tcpFrame } from './captures.ts'

export const CAPTURE_START_MS = 1_795_000_000_000
const ROUND_MS = 50
const WAY_MS = 3
const SEGMENTS = 4

export const capturedGuest = (number: number): MacAddress =>
  parseMac(`52:54:00:00:00:${(number + 1).toString(16).padStart(2, '0')}`)

interface Seen extends Record {
  readonly guest: number
}

/** All frames that each guest sees, in the order of its clock. `clocksMs` is one a guest. */
export function capturedRing(options: {
  readonly clocksMs: readonly number[]
  readonly seconds: number
  /** After the start. */
  readonly delayMs?: number
}): readonly (readonly Record[])[] {
  const { clocksMs, seconds, delayMs = 0 } = options
  const seen: Seen[] = []
  let sequence = delayMs * 1_000
  for (let roundMs = delayMs; roundMs < delayMs + seconds * 1_000; roundMs += ROUND_MS) {
    for (const [from, to] of patternEdges('ring', clocksMs.length)) {
      for (let segment = 0; segment < SEGMENTS; segment += 1) {
        const ends = { from: capturedGuest(from), to: capturedGuest(to) }
        const bytes = tcpFrame({ ...ends, payloadBytes: 1_400, sequence: sequence++ })
        const atMs = CAPTURE_START_MS + roundMs + segment
        seen.push({ guest: from, atMs, bytes })
        seen.push({ guest: to, atMs: atMs + WAY_MS, bytes })
      }
    }
  }
  return clocksMs.map((clockMs, guest) =>
    seen
      .filter((one) => one.guest === guest)
      .map(({ atMs, bytes }) => ({ atMs: atMs + clockMs, bytes }))
      .sort((a, b) => a.atMs - b.atMs),
  )
}
