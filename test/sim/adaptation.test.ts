// The controller of the adaptation in a simulated network under seeded faults. A failure prints its
// seed and draws its messages; `vnet bench sim-scale` runs many more.

import { expect, test } from 'vitest'
import { BROKEN } from '../../bench/simulation/broken.ts'
import { runSchedule, type ScheduleResult } from '../../bench/simulation/run.ts'

const SEEDS = 200
const BROKEN_SEEDS = 60

test(`${SEEDS} schedules of faults keep every invariant and come to rest`, () => {
  let links = 0
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const result = runSchedule({ seed })
    if (result.breaches.length > 0) throw new Error(describe(result))
    links += result.links
  }
  // There is something to break.
  expect(links).toBeGreaterThan(SEEDS)
})

test('without faults no frame is lost, whatever links come and go', () => {
  for (let seed = 1; seed <= 30; seed += 1) {
    const result = runSchedule({ seed, isCalm: true })
    expect(result.frames.lost, describe(result)).toBe(0)
  }
})

test('the same seed gives the same run', () => {
  const [one, other] = [runSchedule({ seed: 11 }), runSchedule({ seed: 11 })]
  expect(one.chart()).toBe(other.chart())
  expect(one.chart()).toMatch(/^sequenceDiagram\n.*proxy->>h\d: .* rules/s)
})

test.each(Object.entries(BROKEN))('what breaks "%s" is found', (invariant, broken) => {
  for (let seed = 1; seed <= BROKEN_SEEDS; seed += 1) {
    const { breaches } = runSchedule({ seed, ...broken })
    if (breaches.some((breach) => breach.invariant === invariant)) return
  }
  expect.fail(`${BROKEN_SEEDS} schedules, and nobody noticed`)
})

function describe({ seed, breaches, happened, chart }: ScheduleResult): string {
  const what = breaches.slice(0, 5).map((breach) => `${breach.invariant}: ${breach.what}`)
  return [`seed ${seed}`, ...what, ...happened, chart()].join('\n')
}
