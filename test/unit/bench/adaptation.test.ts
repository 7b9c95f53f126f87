// The experiments without their labs: what the fluid model says of the topology files, the orders
// in which links are forced, and the drawings.

import { describe, expect, it, test } from 'vitest'
import { idealOf } from '../../../bench/adaptation/ideal.ts'
import { intensityOrder, plannerOrder } from '../../../bench/adaptation/orders.ts'
import { drawPlot } from '../../../bench/adaptation/plot.ts'
import { networkOf, SCENARIOS } from '../../../bench/adaptation/scenario.ts'
import { sumUpCurve, tableOf } from '../../../bench/adaptation/show.ts'
import { createAdaptationBench } from '../../../bench/adaptation.ts'
import { pairKey } from '../../../src/adapt/types.ts'
import { findTopology } from '../../../src/lab/commands.ts'
import { loadTopology } from '../../../src/lab/topology.ts'

const HEADERS = (1_514 / 1_448) ** 2

const settings = SCENARIOS.map((scenario) => {
  const topology = loadTopology(findTopology(scenario.topology))
  const network = networkOf(topology, scenario.pattern, Object.keys(topology.guests))
  return { scenario, network, ideal: idealOf(network, scenario.messageBytes) }
})

describe.for(settings)('$scenario.name', ({ scenario, network, ideal }) => {
  const pairs = scenario.name === 'man' ? 7 : 28
  const orders = {
    planner: plannerOrder(network, scenario, ideal.pairs),
    intensity: intensityOrder(network, scenario, ideal.pairs),
  }

  it('forces each link once, whatever the order', () => {
    for (const order of Object.values(orders)) {
      expect(order.map(pairKey).sort()).toEqual(ideal.pairs.map(pairKey))
      expect(order).toHaveLength(pairs)
    }
  })

  it("the planner's links are as good as the best choice of as many", () => {
    for (let count = 0; count <= pairs; count += 1) {
      const best = ideal.best(count)
      if (best === null) continue
      const ms = ideal.milliseconds(orders.planner.slice(0, count))
      expect(best.ms).toBeLessThanOrEqual(ms + 1e-9)
      expect(best.ms / ms, `${count} links`).toBeGreaterThan(0.95)
    }
  })

  it('direct paths gain more than a factor of two', () => {
    expect(ideal.milliseconds([]) / ideal.milliseconds(ideal.pairs)).toBeGreaterThan(2)
  })
})

test('the star of the cluster is busy with all messages at the proxy, a host with its own', () => {
  const [cluster] = settings
  if (cluster === undefined) throw new Error('there is a cluster')
  const messageMs = (cluster.scenario.messageBytes * HEADERS * 8 * 1_000) / 20e6
  // Delays of the star: a message 2 x 2 ms, the barrier twice that.
  expect(cluster.ideal.milliseconds([])).toBeCloseTo(56 * messageMs + 12, 6)
  expect(cluster.ideal.milliseconds(cluster.ideal.pairs)).toBeCloseTo(7 * messageMs, 6)
})

test('the bus gains most from the links that leave the least at the proxy', () => {
  const man = settings[1]
  const best = man?.ideal.best(1)
  expect(best?.pairs).toHaveLength(1)
  expect(man?.ideal.milliseconds([])).toBeGreaterThan(best?.ms ?? Number.POSITIVE_INFINITY)
  expect(settings[0]?.ideal.best(14)).toBeNull() // 40 million ways
})

test('a table has what was measured, and a dash for what was not', () => {
  const point = { intensityMs: null, bestIdealMs: null }
  const curve = [
    { ...point, links: 0, plannerMs: 1_000, plannerIdealMs: 800 },
    { ...point, links: 7, plannerMs: 250, plannerIdealMs: 160, bestIdealMs: 100 },
  ]
  expect(tableOf(curve)[2]).toMatch(/7\s+250\s+4\.00\s+-\s+-\s+8\.00/)
  expect(sumUpCurve(curve)).toEqual({ starMs: 1_000, bestSpeedup: 4, idealSpeedup: 8 })
})

test('a drawing has its axes in round numbers and its text is safe', () => {
  const svg = drawPlot({
    ...{ title: 'a < b', xLabel: 'x', yLabel: 'y' },
    series: [
      {
        name: 's',
        colour: '#000',
        style: 'line',
        points: [
          [0, 1],
          [28, 6.7],
        ],
      },
    ],
  })
  expect(svg).toContain('a &lt; b')
  for (const tick of [5, 10, 25, 1, 7]) expect(svg).toContain(`>${tick}</text>`)
  expect(svg).toContain('<polyline')
})

test('a scenario that is none is refused', () => {
  expect(() => createAdaptationBench({ scenario: 'lan' })).toThrow("there is no scenario 'lan'")
})
