// Schedules of the BSP program: the messages of the table, steps in which nobody is asked for
// twice, no deadlock, however few messages may be under way; hashes that are known beforehand.

import { describe, expect, it, test } from 'vitest'
import { expectedHashes, messageHash } from '../../../bench/patterns/content.ts'
import { readOptions } from '../../../bench/patterns/options.ts'
import { makeSchedule, partOf, type Schedule } from '../../../bench/patterns/schedule.ts'
import { sendsOf } from '../../../bench/patterns/table.ts'
import { type Pattern, patternOf, patternsOf } from '../../../src/infer/patterns.ts'

const SIZES = [2, 3, 4, 5, 7, 8, 9, 12, 16, 27, 32, 64]
const ALL: readonly Pattern[] = [
  ...SIZES.flatMap(patternsOf),
  patternOf('mesh', [4, 3, 2]),
  patternOf('torus', [3, 3, 3]),
  patternOf('torus', [5, 2]),
  patternOf('partition', [3, 5]),
  patternOf('tiers', [2, 3, 3]),
]
const titleOf = ({ name, guests, dimensions }: Pattern) => `${name} ${guests} ${dimensions}`

describe.for(ALL.map((pattern) => [titleOf(pattern), pattern] as const))('%s', ([, pattern]) => {
  const schedule = makeSchedule(pattern)

  it('has the messages of the table, each once', () => {
    const { messages } = schedule
    expect(messages.length).toBe(sendsOf(pattern))
    const keys = messages.map(({ source, destination }) => `${source} ${destination}`)
    expect(new Set(keys).size).toBe(messages.length)
  })

  it('asks nobody to send or receive twice in a step', () => {
    for (const end of ['source', 'destination'] as const) {
      const keys = schedule.messages.map((message) => `${message.step} ${message[end]}`)
      expect(new Set(keys).size).toBe(keys.length)
    }
  })

  it('ends without buffers, one message at a time', () => {
    expect(runUnbuffered(schedule)).toBe(schedule.messages.length)
  })
})

/**
 * Guests as they are without any buffer: a guest is at its next message, and it passes only when
 * sending and receiving are both due at once. Gives the number of messages that passed.
 */
function runUnbuffered(schedule: Schedule): number {
  const guests = Array.from({ length: schedule.pattern.guests }, (_, guest) => ({
    waiting: partOf(schedule, guest).sendTo.slice(),
    missing: new Set(partOf(schedule, guest).receiveFrom),
  }))
  let passed = 0
  for (let before = -1; before !== passed; ) {
    before = passed
    for (const [source, { waiting, missing }] of guests.entries()) {
      const [to] = waiting
      if (to === undefined || (schedule.isFlow && missing.size > 0)) continue
      if (guests[to]?.missing.delete(source) !== true) continue
      waiting.shift()
      passed += 1
    }
  }
  return passed
}

test('steps are as few as there can be where messages depend on nothing', () => {
  const stepsOf = (pattern: Pattern) => makeSchedule(pattern).steps
  expect(stepsOf(patternOf('all-to-all', 8))).toBe(7)
  expect(stepsOf(patternOf('bus', 8))).toBe(2)
  expect(stepsOf(patternOf('ring', 7))).toBe(2)
  expect(stepsOf(patternOf('torus', [4, 4]))).toBe(4)
  expect(stepsOf(patternOf('hypercube', 16))).toBe(4)
  expect(stepsOf(patternOf('one-to-all', 8))).toBe(7)
  expect(stepsOf(patternOf('partition', [3, 5]))).toBe(5)
})

test('a reduction goes up step by step', () => {
  expect(makeSchedule(patternOf('reduction', 8)).steps).toBe(3)
  const { messages } = makeSchedule(patternOf('tree-reduction', 7))
  const stepOf = (source: number) => messages.find((one) => one.source === source)?.step ?? -1
  for (const child of [3, 4]) expect(stepOf(child)).toBeLessThan(stepOf(1))
  for (const child of [5, 6]) expect(stepOf(child)).toBeLessThan(stepOf(2))
})

test('only up and down a tree a guest waits for others before it sends', () => {
  const flows = patternsOf(8).filter((pattern) => makeSchedule(pattern).isFlow)
  expect(flows.map(({ name }) => name)).toEqual(['tree-reduction', 'reduction', 'broadcast'])
})

test('contents differ in all that they depend on', () => {
  const of = { seed: 1, iteration: 0, source: 2, destination: 3 }
  const others = [
    { ...of, seed: 2 },
    { ...of, iteration: 1 },
    { ...of, source: 3, destination: 2 },
    { ...of, destination: 4 },
  ]
  const hashes = [of, ...others].map((one) => messageHash(one, 64))
  expect(new Set(hashes).size).toBe(hashes.length)
  expect(messageHash(of, 64)).not.toBe(messageHash(of, 72))
})

test('a guest that receives nothing keeps the empty hash', () => {
  const schedule = makeSchedule(patternOf('one-to-all', 3))
  const hashes = expectedHashes(schedule, { seed: 1, iterations: 2, messageBytes: 8 })
  expect(hashes[0]).toEqual([0, 0])
  expect(hashes[1]?.[0]).not.toBe(hashes[1]?.[1])
  expect(hashes[1]).not.toEqual(hashes[2])
})

test('options that make no sense are refused', () => {
  const { patterns } = readOptions({ pattern: 'torus,bus', dimensions: '4x2' })
  expect(patterns(8)).toEqual([
    { name: 'torus', size: [4, 2] },
    { name: 'bus', size: [4, 2] },
  ])
  expect(
    readOptions({})
      .patterns(8)
      .map(({ name }) => name),
  ).toContain('hypercube')
  for (const bad of [
    { messageBytes: 7 },
    { messageBytes: 1_000_000_000 },
    { guests: 1 },
    { iterations: 0 },
    { pattern: 'rings' },
    { dimensions: '4*2' },
  ]) {
    expect(() => readOptions(bad), JSON.stringify(bad)).toThrow()
  }
})
