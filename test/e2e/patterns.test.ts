// The BSP program on real guests: patterns run to their end with the right contents; wrong ones,
// guests that die, and networks that stop are told.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  guestsOf,
  type JobOptions,
  planOf,
  startJob,
  startPlans,
} from '../../bench/patterns/job.ts'
import { makeSchedule } from '../../bench/patterns/schedule.ts'
import { patternOf } from '../../src/infer/patterns.ts'
import { type Lab, openLab } from '../../src/lab/handle.ts'
import { createLabFolder, follow, type LabFolder, VNET } from '../support/lab.ts'

/** Two guests on a host, and one on each of two others. */
const FOUR = `sites:
  home: {}
proxy: { site: home, lan: { subnet: 10.78.0.0/24 } }
hosts: { alpha: { site: home }, beta: { site: home }, gamma: { site: home } }
guests:
  vm1: { host: alpha, ip: 10.78.0.11 }
  vm2: { host: alpha, ip: 10.78.0.12 }
  vm3: { host: beta, ip: 10.78.0.13 }
  vm4: { host: gamma, ip: 10.78.0.14 }
`
const ENDLESS = 1_000_000_000

let folder: LabFolder
let lab: Lab

beforeAll(async () => {
  folder = createLabFolder()
  lab = await openLab(folder.write('four', FOUR))
})
afterAll(() => folder.remove())

const optionsOf = (pattern: JobOptions['pattern'], iterations: number): JobOptions => ({
  pattern,
  guests: guestsOf(lab),
  messageBytes: 20_000,
  iterations,
  work: { reads: 1, flops: 2, writes: 1 },
  seed: 7,
})

const PATTERNS = ['all-to-all', 'ring', 'tree-reduction'] as const
test.for(PATTERNS)('%s: every guest receives what was sent to it', async (name) => {
  const seen: number[] = []
  const options = optionsOf(patternOf(name, 4), 6)
  const job = await startJob({ ...options, onIteration: ({ number }) => seen.push(number) })
  const { iterations, bytesPerIteration, schedule } = await job.result
  expect(iterations).toHaveLength(6)
  expect(seen).toEqual([0, 1, 2, 3, 4, 5])
  expect(bytesPerIteration).toBe(schedule.messages.length * 20_000)
  for (const { totalMs, communicationMs } of iterations) {
    expect(totalMs).toBeGreaterThan(0)
    expect(communicationMs).toBeGreaterThan(0)
  }
})

test('one message at a time gives the same contents', async () => {
  const options = optionsOf(patternOf('all-to-all', 4), 3)
  const single = await (await startJob({ ...options, inFlight: 1 })).result
  const all = await (await startJob(options)).result
  expect(single.hashes).toEqual(all.hashes)
})

test('it ends when it is told to, after a whole iteration', async () => {
  let stop = () => {}
  const job = await startJob({
    ...optionsOf(patternOf('bus', 4), ENDLESS),
    onIteration: ({ number }) => number === 4 && stop(),
  })
  stop = job.stop
  const { iterations } = await job.result
  expect(iterations.length).toBeGreaterThanOrEqual(5)
})

test('contents that are not what was sent are told', async () => {
  const options = optionsOf(patternOf('ring', 4), 3)
  const schedule = makeSchedule(options.pattern)
  // Guest 2 sends what another seed gives: its neighbours 1 and 3 have wrong contents.
  const plans = options.guests.map((_, guest) =>
    planOf(schedule, { ...options, seed: guest === 2 ? 8 : 7 }, guest),
  )
  const job = await startPlans(schedule, options, plans)
  await expect(job.result).rejects.toMatchObject({ code: 'patterns-hash' })
  await expect(job.result).rejects.toThrow(/^vm2 did not receive .* iteration 0/)
})

test('a guest that dies is named', async () => {
  const options = optionsOf(patternOf('all-to-all', 4), ENDLESS)
  let kill = () => {}
  const job = await startJob({ ...options, onIteration: ({ number }) => number >= 2 && kill() })
  const failure = expect(job.result).rejects.toThrow(/vm3: was ended by SIGKILL/)
  const list = await lab.run('vm3', ['ip', 'netns', 'pids', lab.namespace('vm3')])
  const pid = list.split('\n').find((one) => isProgram(Number(one)))
  kill = () => {
    kill = () => {}
    process.kill(Number(pid), 'SIGKILL')
  }
  await failure
})

/** The list has the program that made it, too. */
function isProgram(pid: number): boolean {
  const file = `/proc/${pid}/comm`
  return existsSync(file) && readFileSync(file, 'utf8').trim() === 'bsp'
}

test('a network that stops is told, with those that wait', async () => {
  const options = { ...optionsOf(patternOf('ring', 4), ENDLESS), stallMs: 1_500 }
  let cut = () => {}
  const job = await startJob({ ...options, onIteration: ({ number }) => number >= 2 && cut() })
  cut = () => {
    cut = () => {}
    void lab.exec('vm4', ['ip', 'link', 'set', 'eth0', 'down'])
  }
  try {
    await expect(job.result).rejects.toThrow(/nothing has passed for 1500 ms; it waits for/)
  } finally {
    await lab.run('vm4', ['ip', 'link', 'set', 'eth0', 'up'])
  }
})

test('the command prints one object; more guests than there are is a failure', async () => {
  const words = ['bench', 'patterns', '--lab', 'four', '--iterations', '3', '--json']
  const run = (...more: string[]) =>
    follow(spawn(VNET, [...words, ...more], { stdio: ['ignore', 'pipe', 'pipe'] })).end
  const good = await run('--pattern', 'hypercube')
  expect(good.status).toBe(0)
  const { cases } = JSON.parse(good.stdout)
  expect(cases[0]).toMatchObject({ name: 'hypercube', measures: { messages: { median: 8 } } })
  expect(cases[0].measures.iterationMs.samples).toHaveLength(3)
  const bad = await run('--guests', '5')
  expect(bad.status).toBe(1)
  expect(JSON.parse(bad.stdout).error.message).toBe('the lab has 4 guests, not 5')
})
