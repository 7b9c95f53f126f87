// What would make an operator distrust the result: flapping, restarts, clocks, stalls, losses.

import { expect, test } from 'vitest'
import { guestMac } from '../../../bench/inference/traffic.ts'
import { PAIR_TABLE_MAX } from '../../../src/base/limits.ts'
import { createInference } from '../../../src/infer/inference.ts'
import { matrixReport } from '../../support/matrix.ts'
import { ring, row, SCENE_START_MS, scene } from '../../support/scene.ts'

test('a load that wavers around the threshold enters once and stays', () => {
  const { run, changes } = scene()
  for (let i = 0; i < 60; i += 1) {
    const wavering = row(1, 4, i % 3 === 0 ? 14_000 : 6_000)
    run(1, [...ring(1, 2, 3), wavering])
  }
  expect(changes.length).toBeLessThanOrEqual(2)
})

test('a slow ramp enters once', () => {
  const { run, changes, edges } = scene()
  for (let i = 0; i < 100; i += 1) run(1, [...ring(1, 2, 3), row(3, 4, 1_000 * i)])
  expect(edges()).toContain('3>4')
  expect(changes).toHaveLength(2)
})

test('everything ten times heavier is no change', () => {
  const { run, changes } = scene()
  run(30, ring(1, 2, 3, 4))
  run(
    30,
    ring(1, 2, 3, 4).map((one) => ({ ...one, bytes: one.bytes * 10 })),
  )
  run(
    30,
    ring(1, 2, 3, 4).map((one) => ({ ...one, bytes: one.bytes / 10 })),
  )
  expect(changes).toHaveLength(1)
})

test('a huge flow beside does not take the others away', () => {
  const { run, changes, edges } = scene()
  run(20, ring(1, 2, 3, 4))
  run(40, [...ring(1, 2, 3, 4), row(1, 5, 50_000_000)])
  expect(edges()).toHaveLength(9)
  expect(changes).toHaveLength(2)
})

test('lost reports change nothing but the counts', () => {
  const { run, changes, inference } = scene()
  run(20, ring(1, 2, 3))
  run(60, ring(1, 2, 3), { isLost: (i) => i % 5 === 0 || i % 7 === 0 })
  run(1, ring(1, 2, 3))
  expect(changes).toHaveLength(1)
  const { lostReports } = inference.counters()
  expect(lostReports).toBe(19)
  expect(inference.record().hosts).toMatchObject([{ name: 'alpha', state: 'fresh', lostReports }])
  const [first] = inference.record().topology.edges
  expect(first?.bytesPerSecond).toBeGreaterThan(900_000)
  expect(first?.bytesPerSecond).toBeLessThan(1_100_000)
})

test('lost time is scaled up, time before the first report is not', () => {
  const { run, inference } = scene()
  run(1, [row(1, 2)])
  expect(inference.record().pairs[0]?.smoothedBytesPerSecond).toBe(100_000)
  run(20, [row(1, 2)], { isLost: (i) => i % 4 === 0 })
  expect(inference.record().pairs[0]?.smoothedBytesPerSecond).toBeCloseTo(1_000_000, -1)
})

test("a host's restart is no change, and its sequence may begin again", () => {
  const { run, changes, inference } = scene()
  run(20, ring(1, 2, 3))
  run(20, ring(1, 2, 3), { instance: 'second' })
  run(20, ring(1, 2, 3), { instance: 'third' })
  expect(changes).toHaveLength(1)
  expect(inference.counters()).toMatchObject({ lostReports: 0, duplicateReports: 0 })
})

test('a host that is silent is late, then lost, and its edges are held for a while', () => {
  const { run, inference, edges } = scene()
  const state = () => inference.record().hosts[0]?.state
  run(20, ring(1, 2, 3))
  expect(state()).toBe('fresh')
  run(40, [], { isLost: () => true })
  expect(state()).toBe('late')
  run(20, [], { isLost: () => true })
  expect(state()).toBe('lost')
  expect(edges()).toHaveLength(6)
  run(70, [], { isLost: () => true })
  expect(edges()).toHaveLength(0)
})

test('a clock that is ahead or behind is corrected', () => {
  for (const aheadMs of [-30_000, -700, -50, 40, 450, 60_000]) {
    const { run, edges, changes, inference } = scene()
    run(30, ring(1, 2, 3, 4), { aheadMs })
    expect(edges()).toHaveLength(8)
    expect(changes).toHaveLength(1)
    expect(inference.counters().refusedReports).toBe(0)
    const skewMs = inference.record().hosts[0]?.skewMs ?? 0
    if (Math.abs(aheadMs) > 400) expect(Math.abs(skewMs + aheadMs)).toBeLessThan(20)
  }
})

test("a host's clock that is set costs seconds at most", () => {
  const { run, edges, changes } = scene()
  run(20, ring(1, 2, 3), { aheadMs: 20_000 })
  run(60, ring(1, 2, 3), { aheadMs: 0 })
  run(60, ring(1, 2, 3), { aheadMs: -20_000 })
  run(60, ring(1, 2, 3), { aheadMs: 40_000 })
  expect(edges()).toHaveLength(6)
  expect(changes).toHaveLength(1)
})

test('a burst of reports after a stall is put where it belongs', () => {
  const inference = createInference()
  const reportOf = (sequence: number) => {
    const fromMs = SCENE_START_MS + sequence * 100
    return matrixReport({ host: 'alpha', sequence, fromMs, toMs: fromMs + 100 }, ring(1, 2, 3))
  }
  let changes = 0
  const tick = (sequence: number) => {
    if (inference.tick(SCENE_START_MS + sequence * 100 + 120).change !== null) changes += 1
  }
  for (let i = 1; i <= 20; i += 1) {
    inference.ingest(reportOf(i), SCENE_START_MS + i * 100 + 105)
    tick(i)
  }
  for (let i = 21; i <= 35; i += 1) tick(i)
  // All at once.
  for (let i = 21; i <= 36; i += 1) inference.ingest(reportOf(i), SCENE_START_MS + 3_705)
  tick(36)
  expect(inference.record().pairs[0]?.smoothedBytesPerSecond).toBe(1_000_000)
  expect(changes).toBe(1)
  expect(inference.counters()).toMatchObject({ lostReports: 0, lateReports: 14 })
})

test('a tick just before its edge is for that edge', () => {
  const inference = createInference()
  const toMs = SCENE_START_MS + 100
  const head = { host: 'alpha', sequence: 1, fromMs: SCENE_START_MS, toMs }
  inference.ingest(matrixReport(head, [row(1, 2)]), toMs - 4)
  inference.tick(toMs - 3)
  expect(inference.record().pairs[0]?.bytesPerSecond).toBe(1_000_000)
})

test('bursts of an otherwise silent pair are no edge, a little for long is one', () => {
  const { run, edges, changes } = scene()
  run(10, [])
  run(1, [row(1, 2, 40_000)])
  run(15, [])
  for (let command = 0; command < 3; command += 1) {
    run(1, [row(1, 2, 7_200)])
    run(2, [])
  }
  run(15, [])
  expect(changes).toEqual([])
  run(25, [row(1, 2, 2_000)])
  expect(edges()).toEqual(['1>2'])
})

test('a late duplicate of a daemon that was restarted is known', () => {
  const inference = createInference()
  const report = (instance: string, sequence: number, fromMs: number) =>
    matrixReport({ host: 'alpha', instance, sequence, fromMs, toMs: fromMs + 100 }, [row(1, 2)])
  inference.ingest(report('first', 7, SCENE_START_MS), SCENE_START_MS + 105)
  inference.ingest(report('second', 1, SCENE_START_MS + 100), SCENE_START_MS + 205)
  inference.ingest(report('first', 7, SCENE_START_MS), SCENE_START_MS + 206)
  inference.tick(SCENE_START_MS + 220)
  expect(inference.counters().duplicateReports).toBe(1)
  expect(inference.record().pairs[0]?.smoothedBytesPerSecond).toBe(200_000)
})

test('timers that come early or late shift nothing', () => {
  const inference = createInference()
  const jitter = [0, -9, 14, 3, -7, 22, 0, -4, 9, 1]
  let edgeMs = SCENE_START_MS
  for (let i = 1; i <= 40; i += 1) {
    const [before = 0, after = 0] = [jitter[(i - 1) % 10], jitter[i % 10]]
    const [fromMs, toMs] = [edgeMs + before, edgeMs + 100 + after]
    edgeMs += 100
    const rows = i > 20 ? ring(1, 2, 3) : [row(4, 5, 300)]
    const report = matrixReport({ host: 'alpha', sequence: i, fromMs, toMs }, rows)
    inference.ingest(report, toMs + 1)
    // As soon as it is there, which may be before the edge.
    const { change } = inference.tick(toMs + 1)
    if (change !== null) {
      expect(change.firstFrameMs).toBe(SCENE_START_MS + 2_000)
      expect(change.added).toHaveLength(6)
    }
    for (const pair of i > 32 ? inference.record().pairs : []) {
      expect(pair.smoothedBytesPerSecond).toBe(1_000_000)
    }
  }
  expect(inference.counters().changes).toBe(1)
})

test("the proxy's own clock may be set, and it may sleep", () => {
  const inference = createInference()
  let sequence = 0
  let changes = 0
  const run = (intervals: number, startMs: number) => {
    for (let i = 0; i < intervals; i += 1) {
      sequence += 1
      const fromMs = startMs + i * 100
      const head = { host: 'alpha', sequence, fromMs, toMs: fromMs + 100 }
      inference.ingest(matrixReport(head, ring(1, 2, 3)), fromMs + 105)
      if (inference.tick(fromMs + 120).change !== null) changes += 1
    }
  }
  run(30, SCENE_START_MS)
  run(130, SCENE_START_MS - 3_600_000)
  // Awake again, and the hosts have not reported yet.
  for (let i = 0; i < 5; i += 1) {
    const { change } = inference.tick(SCENE_START_MS + 7_200_000 + i * 100)
    expect(change).toBeNull()
  }
  run(30, SCENE_START_MS + 7_200_500)
  expect(inference.record().topology.edges).toHaveLength(6)
  expect(changes).toBe(1)
})

test('background in the compute phase enters nothing', () => {
  const { run, changes, edges } = scene()
  const noise = [row(1, 3, 3_000), row(3, 1, 2_000), row(4, 2, 4_000), row(2, 4, 3_000)]
  for (let phase = 0; phase < 6; phase += 1) {
    run(4, [...ring(1, 2, 3, 4), ...noise])
    run(15, noise)
  }
  expect(edges()).toHaveLength(8)
  expect(changes).toHaveLength(1)
})

test('tables are bounded: what comes and goes is forgotten', () => {
  const { run, inference } = scene()
  for (let i = 0; i < 120; i += 1) run(1, [row(1 + (i % 120), 130 + (i % 100), 5_000)])
  run(60, [])
  const { guests, pairs } = inference.tick(SCENE_START_MS + 18_100)
  expect([guests, pairs]).toEqual([0, 0])
})

test('one host cannot fill the table of pairs, and what it reports at once is bounded', () => {
  const inference = createInference()
  const guests = Array.from({ length: 400 }, (_, i) => guestMac(1_000 + i))
  const all = guests.flatMap((_, i) => guests.map((_other, j) => [i, j] as const))
  const columns = {
    guests,
    source: Uint32Array.from(all, ([i]) => i),
    destination: Uint32Array.from(all, ([, j]) => j),
    bytes: new Float64Array(all.length).fill(1_000),
    frames: new Uint32Array(all.length).fill(1),
    droppedFrames: new Uint32Array(all.length),
  }
  const [fromMs, toMs] = [SCENE_START_MS, SCENE_START_MS + 100]
  const head = { instance: 'first', sequence: 1, fromMs, toMs }
  inference.ingest({ host: 'greedy', ...head, ...columns }, toMs + 5)
  const rows = [row(1, 2)]
  inference.ingest(matrixReport({ host: 'alpha', ...head }, rows), toMs + 5)
  const { pairs } = inference.tick(toMs + 20)
  expect(pairs).toBe(PAIR_TABLE_MAX / 4 + 1)
  expect(inference.counters().refusedPairs).toBe(all.length - PAIR_TABLE_MAX / 4)
  // All of it is forgotten, and there is room again.
  for (let i = 1; i <= 40; i += 1) inference.tick(toMs + 20 + i * 100)
  const later = { ...head, sequence: 2, fromMs: fromMs + 5_000, toMs: toMs + 5_000 }
  inference.ingest({ host: 'greedy', ...later, ...columns }, toMs + 5_005)
  // With the one that is held.
  expect(inference.tick(toMs + 5_020).pairs).toBe(PAIR_TABLE_MAX / 4 + 1)
})
