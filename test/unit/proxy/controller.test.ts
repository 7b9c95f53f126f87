// The controller's pace where many hosts or many pairs come at once.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualClock } from '../../../src/base/clock.ts'
import { createLog } from '../../../src/base/log.ts'
import { macFromNumber } from '../../../src/base/mac.ts'
import { createSteadyClock } from '../../../src/base/steady-clock.ts'
import { createInference } from '../../../src/infer/inference.ts'
import { DEFAULT_INFER_PARAMETERS } from '../../../src/infer/parameters.ts'
import type { MatrixReport } from '../../../src/infer/types.ts'
import { Controller } from '../../../src/proxy/controller.ts'

const PAIRS = 200
const GUESTS = Array.from({ length: PAIRS }, (_, guest) => macFromNumber(0x020000000000 + guest))

let clock: VirtualClock
let controller: Controller
let orders: number[]

beforeEach(() => {
  clock = new VirtualClock()
  orders = []
  controller = new Controller({
    ...{ clock, steadyClock: createSteadyClock(clock), createInference },
    log: createLog({ level: 'fatal', format: 'json' }).log,
    parameters: () => DEFAULT_INFER_PARAMETERS,
    isOn: () => true,
    onChange: () => {},
    loopUtilisation: () => 0.1,
    onPace: () => orders.push(controller.updateIntervalMs),
  })
})
afterEach(() => controller.stop())

/** Of one host: 200 pairs in the interval that ends now. */
function report(host: number, sequence: number): MatrixReport {
  const toMs = clock.wallMs()
  return {
    ...{ host: `host-${host}`, instance: 'one', sequence, fromMs: toMs - 100, toMs },
    guests: GUESTS,
    source: Uint32Array.from({ length: PAIRS }, (_, pair) => pair),
    destination: Uint32Array.from({ length: PAIRS }, (_, pair) => (pair + 1) % PAIRS),
    bytes: new Float64Array(PAIRS).fill(10_000),
    frames: new Uint32Array(PAIRS).fill(10),
    droppedFrames: new Uint32Array(PAIRS),
  }
}

test('where many hosts come at once they are slow at first, and as set once it is calm', () => {
  for (let host = 0; host < 300; host += 1) controller.hostUp()
  expect(orders).toEqual([])
  for (let host = 0; host < 700; host += 1) controller.hostUp()
  expect(orders).toEqual([200, 400])
  clock.advance(60_000)
  expect(controller.updateIntervalMs).toBe(100)
  for (let host = 0; host < 300; host += 1) controller.hostUp()
  expect(controller.updateIntervalMs).toBe(100)
})

test('many pairs of one edge slow all down while they are being taken in', () => {
  for (let host = 0; host < 300; host += 1) controller.take(report(host, 1))
  expect(controller.updateIntervalMs).toBe(100)
  for (let host = 300; host < 1_000; host += 1) controller.take(report(host, 1))
  expect(orders).toEqual([200, 400])
  clock.advance(100) // reports of the old pace are on their way yet
  for (let host = 0; host < 1_000; host += 1) controller.take(report(host, 2))
  expect(controller.updateIntervalMs).toBe(400)
})
