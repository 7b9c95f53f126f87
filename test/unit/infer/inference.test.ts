// The whole way from reports to decisions, by hand-made traffic: what starts, pauses, changes,
// ends.

import { expect, test } from 'vitest'
import { createInference } from '../../../src/infer/inference.ts'
import { DEFAULT_INFER_PARAMETERS, withParameters } from '../../../src/infer/parameters.ts'
import { guest, matrixReport, type Row } from '../../support/matrix.ts'
import { ring, row, SCENE_START_MS as START_MS, scene } from '../../support/scene.ts'

test('a synchronous start is one change, soon, with its stages', () => {
  const { run, changes, edges, inference } = scene()
  run(5, [])
  run(5, ring(1, 2, 3, 4, 5))
  expect(edges()).toHaveLength(10)
  expect(changes).toHaveLength(1)
  const [change] = changes
  expect(change?.added).toHaveLength(10)
  expect(change?.firstFrameMs).toBe(START_MS + 500)
  expect((change?.atMs ?? 0) - START_MS - 500).toBeLessThanOrEqual(320)
  const { countMs, reportMs, smoothMs, decideMs } = change?.stages ?? {}
  expect([countMs, reportMs]).toEqual([100, 5])
  expect((countMs ?? 0) + (reportMs ?? 0) + (smoothMs ?? 0) + (decideMs ?? 0)).toBe(
    (change?.atMs ?? 0) - START_MS - 500,
  )
  expect(change?.after).toMatchObject([{ name: 'ring', confidence: 1 }])
  expect(inference.record().patterns).toBe(change?.after)
})

test('a program that computes keeps its topology; one that ended loses it', () => {
  const { run, changes, edges } = scene()
  run(10, ring(1, 2, 3))
  run(50, [])
  expect(edges()).toHaveLength(6)
  run(10, ring(1, 2, 3))
  expect(changes).toHaveLength(1)
  run(120, [])
  expect(edges()).toHaveLength(0)
  expect(changes).toHaveLength(2)
  expect(changes[1]?.removed).toHaveLength(6)
})

test('guests that talk to others lose their old edges within the smoothing interval', () => {
  const { run, changes, edges } = scene()
  run(20, ring(1, 2, 3, 4))
  run(14, [row(1, 3), row(2, 4)])
  expect(edges()).toEqual(['1>3', '2>4'])
  expect(changes).toHaveLength(3)
})

test('alternations faster than the smoothing interval are their union', () => {
  const { run, changes, edges } = scene()
  for (let turn = 0; turn < 12; turn += 1) {
    run(3, [row(1, 2), row(3, 4)])
    run(3, [row(1, 3), row(2, 4)])
  }
  expect(edges()).toEqual(['1>2', '1>3', '2>4', '3>4'])
  expect(changes.length).toBeLessThanOrEqual(2)
})

test('alternations at three times the smoothing interval are all seen', () => {
  const { run, changes, edges } = scene()
  for (let turn = 0; turn < 4; turn += 1) {
    run(15, [row(1, 2), row(3, 4)])
    expect(edges()).toEqual(['1>2', '3>4'])
    run(15, [row(1, 3), row(2, 4)])
    expect(edges()).toEqual(['1>3', '2>4'])
  }
  expect(changes).toHaveLength(15)
})

test('one heavy pair does not hide the others', () => {
  const { run, edges } = scene()
  const rows = ring(1, 2, 3, 4, 5, 6).map((one) =>
    one.from === 1 && one.to === 2 ? { ...one, bytes: 100_000_000 } : one,
  )
  run(15, rows)
  expect(edges()).toHaveLength(12)
})

test('acknowledgements, broadcast and chatter make no edges', () => {
  const { run, edges, inference } = scene()
  const ack: Row = { from: 2, to: 1, bytes: 66 * 70, frames: 70 }
  run(15, [row(1, 2), ack, { from: 3, to: 4, bytes: 500, frames: 5 }])
  expect(edges()).toEqual(['1>2'])
  const verdicts = inference.record().pairs.map((pair) => pair.verdict)
  expect(verdicts).toEqual(['edge', 'reverse-ack', 'floor'])
})

test('group addresses make no edges', () => {
  const inference = createInference()
  for (let i = 1; i <= 15; i += 1) {
    const toMs = START_MS + i * 100
    const head = { host: 'alpha', sequence: i, fromMs: toMs - 100, toMs }
    const report = matrixReport(head, [row(1, 2)])
    const guests = [guest(1), '01:00:5e:00:00:fb' as (typeof report.guests)[0]]
    inference.ingest({ ...report, guests }, toMs + 5)
    inference.tick(toMs + 20)
  }
  expect(inference.record().pairs).toMatchObject([{ verdict: 'group' }])
  expect(inference.record().topology.edges).toEqual([])
})

test('dropped frames show as a throttled edge', () => {
  const { run, inference } = scene()
  run(10, [{ ...row(1, 2), dropped: 10 }, row(2, 3)])
  const { edges } = inference.record().topology
  expect(edges.map((edge) => edge.isThrottled)).toEqual([true, false])
})

test('a change of the update interval keeps what was seen', () => {
  const { run, inference, edges, changes, now } = scene()
  run(15, ring(1, 2, 3))
  const slow = withParameters(DEFAULT_INFER_PARAMETERS, {
    updateIntervalMs: 500,
    smoothingIntervalMs: 2_000,
  })
  inference.setParameters(slow)
  inference.tick(now() + 30)
  // One second is kept of the one and a half that the host has been there.
  expect(inference.record().pairs[0]?.smoothedBytesPerSecond).toBeCloseTo(666_667, 0)
  run(30, ring(1, 2, 3))
  expect(edges()).toHaveLength(6)
  expect(changes).toHaveLength(1)
  inference.setParameters(DEFAULT_INFER_PARAMETERS)
  run(10, ring(1, 2, 3))
  expect(changes).toHaveLength(1)
})
