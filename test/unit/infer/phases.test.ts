// Programs that compute for longer than the smoothing interval and talk for a moment, over
// background that never rests: the topology is there once and stays.

import { expect, test } from 'vitest'
import { replay } from '../../../bench/inference/replay.ts'
import { guestMac, PLAIN, simulate } from '../../../bench/inference/traffic.ts'
import { seededRandom } from '../../../src/base/random.ts'
import { type NamedPattern, patternEdges } from '../../../src/infer/patterns.ts'

const START_MS = 1_800_000_000_000
const GUESTS = 8

test.each<[NamedPattern, number, number]>([
  ['ring', 1_000, 0.2],
  ['all-to-all', 2_500, 0.2],
  ['one-to-all', 5_000, 0.05],
  ['tree-reduction', 2_500, 0.05],
])('%s each %i ms, %f of the time', (name, periodMs, duty) => {
  const edges = patternEdges(name, GUESTS)
  const plan = {
    ...PLAIN,
    random: seededRandom(periodMs),
    guests: GUESTS,
    startMs: START_MS,
    endMs: START_MS + 20_000,
    programs: [
      {
        ...{ edges, startMs: START_MS + 300, endMs: Number.POSITIVE_INFINITY },
        ...{ skew: 5, meanBytesPerSecond: 1_000_000, periodMs, duty },
      },
    ],
    backgroundShare: 0.1,
    ackShare: 0.05,
    hasChatter: true,
    lost: 0.02,
  }
  const { changes, record } = replay(simulate(plan), plan)
  const key = (source: string, destination: string) => `${source} ${destination}`
  const truth = edges.map(([source, destination]) =>
    key(guestMac(source + 1), guestMac(destination + 1)),
  )
  const found = record.topology.edges.map((edge) => key(edge.source, edge.destination))
  expect(found).toEqual(truth.sort())
  expect(changes.length).toBeLessThanOrEqual(2)
})
