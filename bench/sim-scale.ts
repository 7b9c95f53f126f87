// `vnet bench sim-scale`: the controller of the adaptation in simulation. Does it keep its promises
// under thousands of random faults, and what does it cost with thousands of hosts?

import { setImmediate } from 'node:timers/promises'
import type { AdaptSettings } from '../src/adapt/types.ts'
import { type Check, check } from './checks.ts'
import type { Bench, BenchContext, BenchOutcome, CaseResult, Measures } from './harness.ts'
import { medianOf } from './harness.ts'
import { Fleet, type FleetPlan } from './simulation/fleet.ts'
import { runSchedule, type ScheduleResult } from './simulation/run.ts'
import { summarise } from './stats.ts'

const SCHEDULES = 10_000
const SCHEDULES_QUICK = 300
const SETTINGS: AdaptSettings = {
  level: 'auto',
  budgets: { linksPerHost: 8, links: 20_000 },
  margin: 0.1,
  dwellMs: 10_000,
}
const FLEETS: readonly (FleetPlan & { readonly name: string })[] = [
  { name: '500 hosts', hosts: 500, guestsPerHost: 10, pairs: 10_000, settings: SETTINGS },
  { name: '5,000 hosts', hosts: 5_000, guestsPerHost: 10, pairs: 100_000, settings: SETTINGS },
]
const LARGEST = '5,000 hosts'
const IDLE_TICKS = 50

export const simScaleBench: Bench = {
  name: 'sim-scale',
  summary: 'the controller of the adaptation under random faults, and with thousands of hosts',
  method: [
    'Faults: each schedule is a small network (3 to 7 hosts) with a virtual clock, run by the ' +
      "product's own controller and planner. From its seed are drawn: crashes and restarts of " +
      'hosts and of the proxy, cut stars and paths (one way or both), pairs behind firewalls, ' +
      'lossy paths, slow networks, hosts that refuse rules, guests that move, changes of ' +
      'traffic, levels, budgets and pins, links made by hand. Messages keep the order of their ' +
      'connection, and are lost with it. Then the faults end, but for some that stay, and ' +
      'the network has to come to rest.',
    '`breaches`: of these, in all schedules: no loop; no frame twice; every connected pair can ' +
      'reach each other at rest, and both directions go the same way; budgets; nothing is ' +
      'ordered about the star, nothing of a host that is down; links before rules, rules away ' +
      'before links; no rule without a link and no link without an order at rest; links ' +
      'made by hand stand; no pair is tried again within five seconds, no host ' +
      'gets more than 150 messages in ten; every link of the plan that can be is there at rest.',
    'Scale: ten guests a host talk within groups of 50 on any hosts, two pairs a guest; at most ' +
      'eight links a host. `planTickMs`: the longest tick from the first traffic to rest, all ' +
      'events since the tick before and the planner included. `idleTickMs`: a tick in which ' +
      'nothing changes. `messages`, `bytes`: what a host gets from the cold start of all traffic ' +
      'to rest; `restSeconds`: until then, links made 32 at a time. `restart...`: the same when ' +
      'all hosts restart within three seconds.',
  ],
  run: measureSimScale,
}

const NOTHING: BenchOutcome = { cases: [], checks: [], sections: [] }

async function measureSimScale(context: BenchContext): Promise<BenchOutcome> {
  const isWanted = (name: string) => context.only?.includes(name) ?? true
  const faults = isWanted('faults') ? await measureFaults(context) : NOTHING
  const cases = FLEETS.map((plan) => ({
    name: plan.name,
    measure: async () => measureFleet(plan),
  }))
  const fleets = await context.interleave(cases, context.isQuick ? 1 : 3)
  return {
    cases: [...faults.cases, ...fleets],
    checks: [...faults.checks, ...fleetChecks(fleets)],
    sections: faults.sections ?? [],
  }
}

/** Schedules until so many are done; the first breach ends it and is drawn. */
async function measureFaults(context: BenchContext): Promise<BenchOutcome> {
  const count = context.isQuick ? SCHEDULES_QUICK : SCHEDULES
  const totals = { messages: [] as number[], storm: [] as number[], breaches: 0, links: 0 }
  let broken: ScheduleResult | null = null
  for (let seed = 1; seed <= count; seed += 1) {
    const result = runSchedule({ seed })
    totals.messages.push(result.messages)
    totals.storm.push(result.storm)
    totals.breaches += result.breaches.length
    totals.links += result.links
    if (result.breaches.length > 0) broken ??= result
    if (seed % 1_000 !== 0) continue
    context.progress(`${seed} schedules, ${totals.breaches} breaches`)
    await setImmediate()
  }
  const result = caseOf('faults', {
    messages: totals.messages,
    messagesIn10Seconds: totals.storm,
    linksAtRest: [totals.links / count],
  })
  const checks = [
    check({ name: 'schedules', value: count, unit: '', op: '>=', target: count }),
    check({ name: 'breaches', value: totals.breaches, unit: '', op: '==', target: 0 }),
  ]
  const sections = broken === null ? [] : [drawn(broken)]
  return { cases: [result], checks, sections }
}

function drawn({ seed, breaches, happened, chart }: ScheduleResult) {
  const what = breaches.map((breach) => `${breach.invariant}: ${breach.what}`)
  return { title: `Seed ${seed}`, lines: [...what, ...happened, ...chart().split('\n')] }
}

function caseOf(name: string, samples: Readonly<Record<string, readonly number[]>>): CaseResult {
  const measures = Object.entries(samples).flatMap(([key, values]) => {
    const summary = summarise(values)
    return summary === null ? [] : [[key, summary] as const]
  })
  return { name, measures: Object.fromEntries(measures) }
}

function measureFleet(plan: FleetPlan): Measures {
  const fleet = new Fleet(plan)
  fleet.start()
  fleet.forgetTraffic()
  fleet.talk()
  const restMs = fleet.settle()
  const planTickMs = fleet.longestTickMs
  const cold = perHost(fleet)
  const idleTickMs = fleet.idleTickMs(IDLE_TICKS)
  fleet.forgetTraffic()
  fleet.restartAll()
  const restartMs = fleet.settle()
  const restart = perHost(fleet)
  return {
    links: fleet.links(),
    planTickMs,
    idleTickMs,
    restSeconds: restMs / 1_000,
    messagesMean: cold.messages.mean,
    messagesMax: cold.messages.max,
    bytesMean: cold.bytes.mean,
    bytesMax: cold.bytes.max,
    restartTickMs: fleet.longestTickMs,
    restartRestSeconds: restartMs / 1_000,
    restartMessagesMean: restart.messages.mean,
    restartMessagesMax: restart.messages.max,
    restartBytesMean: restart.bytes.mean,
  }
}

function perHost({ traffic }: Fleet) {
  const all = [...traffic.values()]
  const of = (values: readonly number[]) => ({
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    max: values.reduce((most, value) => Math.max(most, value), 0),
  })
  return { messages: of(all.map((one) => one.messages)), bytes: of(all.map((one) => one.bytes)) }
}

function fleetChecks(cases: readonly CaseResult[]): Check[] {
  const figure = (measure: string) => medianOf(cases, LARGEST, measure)
  const below = (name: string, measure: string, unit: string, target: number) =>
    check({ name, value: figure(measure), unit, op: '<=', target })
  return [
    below('planTick', 'planTickMs', 'ms', 1_000),
    below('restartTick', 'restartTickMs', 'ms', 1_000),
    // Twice eight links, each ordered and its rules set anew at most.
    below('restartMessages', 'restartMessagesMax', '', 60),
    below('restartRest', 'restartRestSeconds', 's', 60),
  ]
}
