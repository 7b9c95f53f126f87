// Two patterns that take turns, in simulated traffic with background and losses: damped while they
// change faster than the smoothing interval, each turn seen when they are slower.

import { expect, test } from 'vitest'
import { replay } from '../../../bench/inference/replay.ts'
import { PLAIN, simulate } from '../../../bench/inference/traffic.ts'
import { seededRandom } from '../../../src/base/random.ts'
import { type NamedPattern, patternEdges } from '../../../src/infer/patterns.ts'

const START_MS = 1_800_000_000_000
const FIRST_MS = 1_000
const GUESTS = 8
const PATTERNS: readonly NamedPattern[] = ['ring', 'one-to-all']

/** Each turn of one pattern lasts `turnMs`; of the second pattern `otherMs`. */
function alternate(turnMs: number, turns: number, otherMs = turnMs) {
  const startOf = (turn: number) =>
    START_MS + FIRST_MS + Math.ceil(turn / 2) * turnMs + Math.floor(turn / 2) * otherMs
  const programs = Array.from({ length: turns }, (_, turn) => ({
    edges: patternEdges(PATTERNS[turn % 2] ?? 'ring', GUESTS),
    startMs: startOf(turn),
    endMs: startOf(turn + 1),
    skew: 5,
    meanBytesPerSecond: 1_000_000,
    periodMs: 100,
    duty: 0.9,
  }))
  const plan = {
    ...PLAIN,
    random: seededRandom(turnMs),
    guests: GUESTS,
    startMs: START_MS,
    endMs: startOf(turns),
    programs,
    backgroundShare: 0.02,
    ackShare: 0.05,
    hasChatter: true,
  }
  return replay(simulate(plan), plan)
}

test.each([100, 200, 400, 800])('turns of %i ms are damped to the union', (turnMs) => {
  const { changes, record } = alternate(turnMs, Math.ceil(8_000 / turnMs))
  expect(changes.length).toBeLessThanOrEqual(3)
  // 16 edges of the ring and 7 from the root, 2 of which are the ring's.
  expect(record.topology.edges).toHaveLength(21)
})

test.each([1_500, 2_000, 3_000])('of turns of %i ms none is missed', (turnMs) => {
  const turns = 8
  const { changes } = alternate(turnMs, turns)
  for (let turn = 0; turn < turns; turn += 1) {
    const fromMs = START_MS + FIRST_MS + turn * turnMs
    const own = changes.filter(({ atMs }) => atMs > fromMs && atMs <= fromMs + turnMs + 20)
    expect((own[0]?.atMs ?? 0) - fromMs).toBeLessThanOrEqual(520)
    expect(own.at(-1)?.after).toMatchObject([{ name: PATTERNS[turn % 2] }])
  }
  expect(changes.length).toBeLessThanOrEqual(turns * 3)
})

test('a long phase and a short one: the union for the short one, then the long one alone', () => {
  const [longMs, shortMs, turns] = [4_000, 600, 9]
  const { changes } = alternate(longMs, turns, shortMs)
  for (let turn = 0; turn < turns; turn += 2) {
    const fromMs = START_MS + FIRST_MS + (turn / 2) * (longMs + shortMs)
    const before = changes.filter(({ atMs }) => atMs > fromMs && atMs <= fromMs + longMs)
    expect(before.at(-1)?.after).toMatchObject([{ name: 'ring' }])
    const short = changes.filter(
      ({ atMs }) => atMs > fromMs + longMs && atMs <= fromMs + longMs + shortMs,
    )
    if (turn + 1 < turns) expect(short.flatMap(({ added }) => added)).toHaveLength(5)
  }
  expect(changes.length).toBeLessThanOrEqual(turns + 1)
})
