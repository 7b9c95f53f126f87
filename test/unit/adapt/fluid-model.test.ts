// The fluid model, kept up to date link by link, against the same model worked out from nothing.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { randomNetwork } from '../../../bench/planning/networks.ts'
import { planByIntensity, planFullMesh, planRandomly } from '../../../src/adapt/baselines.ts'
import { FluidModel } from '../../../src/adapt/fluid.ts'
import { termsOf } from '../../../src/adapt/terms.ts'
import type { Problem } from '../../../src/adapt/types.ts'
import { seededRandom } from '../../../src/base/random.ts'
import {
  allPairs,
  bothWays,
  candidate,
  demand,
  FAST_ETHERNET,
  problem,
} from '../../support/problems.ts'

test('after any moves it says what it would say if it began with that choice', () => {
  const moves = fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 60 })
  fc.assert(
    fc.property(fc.nat(), moves, (seed, steps) => {
      const network = randomNetwork(seededRandom(seed))
      const model = new FluidModel(termsOf(network))
      model.rescale()
      model.pressure()
      for (const [pick, isDirect] of steps) {
        model.move(pick % network.candidates.length, isDirect ? 'direct' : 'star')
      }
      const fresh = new FluidModel(termsOf(network))
      network.candidates.forEach((_, at) => {
        if (model.isDirect(at)) fresh.move(at, 'direct')
      })
      fresh.rescale()
      model.rescale()
      expect(model.seconds()).toBeCloseTo(fresh.seconds(), 9)
      expect(model.seconds()).toBeCloseTo(referenceSeconds(network, model), 9)
      const difference = Math.abs(model.pressure() - fresh.pressure())
      expect(difference).toBeLessThanOrEqual(1e-6 * fresh.pressure())
    }),
    { numRuns: 200 },
  )
})

test('relief is what the pressure falls by', () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const network = randomNetwork(seededRandom(seed))
    const model = new FluidModel(termsOf(network))
    model.rescale()
    network.candidates.forEach((_, at) => {
      if (!model.hasTraffic(at)) return
      const before = model.pressure()
      const relief = model.relief(at)
      model.move(at, 'direct')
      // The gain of a round trip is in the relief, with next to no weight.
      const fallen = before - model.pressure()
      expect(Math.abs(fallen - relief)).toBeLessThanOrEqual(1e-6 * Math.max(1, Math.abs(fallen)))
      model.move(at, 'star')
    })
  }
})

test('a lossy path that was not measured carries what Mathis says', () => {
  // 1448 B / 10 ms * sqrt(3/2) / sqrt(0.01): 1.77 MB/s.
  const path = candidate(0, 1, { rttMs: 10, lossRatio: 0.01 })
  const asked = problem({ demands: [demand(0, 1, 1.773e6)], candidates: [path] })
  expect(new FluidModel(termsOf(asked)).ownSeconds(0)).toBeCloseTo(1, 2)
})

test('baselines: the busiest pairs, all pairs, any pairs', () => {
  const asked = problem({
    demands: [...bothWays(allPairs(4), FAST_ETHERNET / 100), demand(2, 3, FAST_ETHERNET / 10)],
    budgets: { links: 2, linksPerHost: 2 },
  })
  const busiest = planByIntensity(asked)
  expect(busiest.links).toHaveLength(2)
  expect(busiest.links[0]).toMatchObject({ a: 'host2', b: 'host3' })
  expect(planFullMesh(asked).links).toHaveLength(6)
  const drawn = planRandomly(asked, seededRandom(7))
  expect(drawn.links).toHaveLength(2)
  expect(planRandomly(asked, seededRandom(7))).toEqual(drawn)
})

/** In the words of the definition: each resource's load over its capacity, and the round trips. */
function referenceSeconds(network: Problem, model: FluidModel): number {
  const { proxy, hosts, candidates } = network
  const zero = () => hosts.map(() => 0)
  const [send, receive, starSend, starReceive] = [zero(), zero(), zero(), zero()]
  let [viaProxy, longest, delay, bytes] = [0, 0, 0, 0]
  const add = (sums: number[], at: number, more: number) => {
    sums[at] = (sums[at] ?? 0) + more
  }
  candidates.forEach((each, at) => {
    const { a, b } = each
    const isDirect = model.isDirect(at)
    const starMs = (hosts[a]?.starRttMs ?? 0) + (hosts[b]?.starRttMs ?? 0)
    const guessMs = Math.max(hosts[a]?.starRttMs ?? 0, hosts[b]?.starRttMs ?? 0)
    const flows = [
      [a, b, model.forward[at] ?? 0, each.aToBBytesPerSecond],
      [b, a, model.backward[at] ?? 0, each.bToABytesPerSecond],
    ] as const
    for (const [from, to, flow, capacity] of flows) {
      add(send, from, flow)
      add(receive, to, flow)
      bytes += flow
      delay += flow * (isDirect ? (each.rttMs ?? guessMs) : starMs)
      if (isDirect) longest = Math.max(longest, flow / capacity)
      else {
        add(starSend, from, flow)
        add(starReceive, to, flow)
        viaProxy += flow
      }
    }
  })
  hosts.forEach((host, at) => {
    longest = Math.max(
      longest,
      (send[at] ?? 0) / host.sendBytesPerSecond,
      (receive[at] ?? 0) / host.receiveBytesPerSecond,
      (starSend[at] ?? 0) / host.starSendBytesPerSecond,
      (starReceive[at] ?? 0) / host.starReceiveBytesPerSecond,
    )
  })
  const { sendBytesPerSecond, receiveBytesPerSecond } = proxy
  longest = Math.max(longest, viaProxy / Math.min(sendBytesPerSecond, receiveBytesPerSecond))
  return longest + (bytes === 0 ? 0 : delay / bytes / 1000)
}
