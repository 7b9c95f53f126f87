// Plans for networks small enough to work out by hand.

import { expect, test } from 'vitest'
import { planLinks } from '../../../src/adapt/planner.ts'
import { PROXY_INDEX } from '../../../src/adapt/types.ts'
import {
  allPairs,
  bothWays,
  candidate,
  demand,
  FAST_ETHERNET,
  problem,
} from '../../support/problems.ts'

const MESSAGE = FAST_ETHERNET / 100

test('all-to-all of 8 hosts: 56 messages through the proxy, 7 at each host in a full mesh', () => {
  const plan = planLinks(problem({ demands: bothWays(allPairs(8), MESSAGE) }))
  expect(plan.starSeconds).toBeCloseTo(0.56, 10)
  expect(plan.presentSeconds).toBeCloseTo(0.56, 10)
  expect(plan.plannedSeconds).toBeCloseTo(0.07, 10)
  expect(plan.links).toHaveLength(28)
  expect(plan.onStar).toEqual([])
  const product = plan.links.reduce((sum, { gain }) => sum * gain, 1)
  expect(product).toBeCloseTo(8, 6)
})

test('a bus of 8 hosts: 14 messages through the proxy, 2 at a host', () => {
  const bus = Array.from({ length: 7 }, (_, at): [number, number] => [at, at + 1])
  const plan = planLinks(problem({ demands: bothWays(bus, MESSAGE) }))
  expect(plan.starSeconds).toBeCloseTo(0.14, 10)
  expect(plan.plannedSeconds).toBeCloseTo(0.02, 10)
  expect(plan.links).toHaveLength(7)
})

test('a single pair stays on the star when its direct path has a tenth of the rate', () => {
  const slow = candidate(0, 1, { aToBBytesPerSecond: FAST_ETHERNET / 10 })
  const plan = planLinks(problem({ demands: [demand(0, 1, MESSAGE)], candidates: [slow] }))
  expect(plan.links).toEqual([])
  // The proxy sends the message and 3 % of acknowledgements.
  expect(plan.plannedSeconds).toBeCloseTo(0.0103, 10)
  expect(plan.onStar).toEqual([
    {
      a: 'host0',
      b: 'host1',
      reason: 'the direct path is slower: 0.1 s for its traffic, the star 0.01 s',
    },
  ])
})

test('traffic of guests at the proxy stays on its star link', () => {
  const demands = [demand(PROXY_INDEX, 0, MESSAGE), demand(0, 1, MESSAGE)]
  const plan = planLinks(problem({ demands, candidates: [candidate(0, 1)] }))
  expect(plan.links).toHaveLength(1)
  // Host 0 receives the message of the proxy's guest, and acknowledgements, on either path.
  expect(plan.starSeconds).toBeCloseTo(0.0203, 10)
  expect(plan.plannedSeconds).toBeCloseTo(0.0103, 10)
})
