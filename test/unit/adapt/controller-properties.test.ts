// The controller under any sequence of events, sensible or not: it never throws, keeps its budgets
// and bounds, orders nothing of who is away, and gives the same for the same.

import { expect, test } from 'vitest'
import { createState, type State, step } from '../../../src/adapt/controller.ts'
import { ORDERS_IN_FLIGHT_MAX, ORDERS_PER_HOST_MAX } from '../../../src/adapt/life.ts'
import { RULES_IN_FLIGHT_MAX } from '../../../src/adapt/path-rules.ts'
import {
  type AdaptCommand,
  type AdaptEvent,
  type HostPair,
  hostPair,
} from '../../../src/adapt/types.ts'
import { linkViews } from '../../../src/adapt/views.ts'
import { type Random, seededRandom } from '../../../src/base/random.ts'
import {
  guest,
  PROXY,
  plainPlan,
  plainProblem,
  SETTINGS,
  topologyOf,
} from '../../support/controller-driver.ts'

const HOSTS = ['h1', 'h2', 'h3', 'h4', 'h5']
const RUNS = 150
const EVENTS = 300

const pick = <T>(random: Random, list: readonly T[]): T => {
  const picked = list[Math.floor(random.next() * list.length)]
  if (picked === undefined) throw new RangeError('nothing to pick from')
  return picked
}

function anyPair(random: Random): HostPair {
  const one = pick(random, HOSTS)
  const others = HOSTS.filter((name) => name !== one)
  return hostPair(one, pick(random, others))
}

/** Any event; answers to nothing and hosts that come twice are among them. */
function anyEvent(random: Random, { nowMs, sequence }: State): AdaptEvent {
  const number = () => 100 + Math.floor(random.next() * 8)
  const host = pick(random, HOSTS)
  switch (Math.floor(random.next() * 11)) {
    case 0:
      return { kind: 'host-up', host, canBeDialled: random.next() < 0.8 }
    case 1:
      return { kind: 'host-down', host }
    case 2: {
      const guests = Array.from({ length: 8 }, (_, at) => guest(100 + at))
      const places = guests.map((one) => [one, pick(random, [...HOSTS, PROXY])] as const)
      return { kind: 'places', places: new Map(places) }
    }
    case 3: {
      const edges = Array.from({ length: 6 }, () => [number(), number()] as const)
      const topology = topologyOf(edges.filter(([from, to]) => from !== to))
      return { kind: 'topology', topology }
    }
    case 4:
    case 5: {
      const state = pick(random, ['up', 'up', 'failed', 'down', 'removed'] as const)
      return { kind: 'link', pair: anyPair(random), state, reason: 'drawn' }
    }
    case 6: {
      const error = random.next() < 0.2 ? 'drawn' : null
      const back = Math.floor(random.next() * 4)
      return { kind: 'rules', host, sequence: sequence - back, error }
    }
    case 7: {
      const linksPerHost = Math.floor(random.next() * 5)
      const budgets = { linksPerHost, links: Math.floor(random.next() * 8) }
      const level = pick(random, ['auto', 'auto', 'auto', 'recommend', 'off'] as const)
      return { kind: 'settings', settings: { ...SETTINGS, level, budgets } }
    }
    case 8: {
      const path = pick(random, ['star', 'direct'] as const)
      const pin = { source: guest(number()), destination: guest(number()), path }
      return { kind: 'pins', pins: random.next() < 0.5 ? [] : [pin] }
    }
    case 9:
      return { kind: 'manual-links', pairs: random.next() < 0.6 ? [] : [anyPair(random)] }
    default:
      return { kind: 'tick', nowMs: nowMs + Math.floor(random.next() * 4_000) }
  }
}

function newState(): State {
  return createState({
    proxy: PROXY,
    settings: SETTINGS,
    buildProblem: plainProblem,
    planLinks: plainPlan,
    seed: 9,
    standing: [{ a: 'h1', b: 'h2' }],
  })
}

function check(state: State, command: AdaptCommand): void {
  if (command.kind === 'tell') return
  if (command.kind === 'set-rules') {
    expect(state.hosts.get(command.host)?.isUp).toBe(true)
    for (const { via } of command.rules) {
      const link = state.links.get(
        `${hostPair(command.host, via).a} ${hostPair(command.host, via).b}`,
      )
      expect(link).toMatchObject({ phase: 'standing', isConnected: true })
    }
    return
  }
  const ends = [command.pair.a, command.pair.b]
  expect(ends).not.toContain(PROXY)
  if (command.kind === 'remove-link') return
  const { linksPerHost, links } = state.settings.budgets
  expect(state.settings.level).toBe('auto')
  expect(state.links.size).toBeLessThanOrEqual(links)
  for (const name of ends) {
    const host = state.hosts.get(name)
    expect(host?.isUp).toBe(true)
    expect(host?.links.size).toBeLessThanOrEqual(linksPerHost)
  }
}

test(`${RUNS} drawn sequences of ${EVENTS} events break nothing`, () => {
  let orders = 0
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const random = seededRandom(seed)
    let state = newState()
    for (let number = 0; number < EVENTS; number += 1) {
      const result = step(state, anyEvent(random, state))
      state = result.state
      for (const command of result.commands) check(state, command)
      orders += result.commands.filter(({ kind }) => kind === 'add-link').length
      expect(state.ordersInFlight).toBeLessThanOrEqual(ORDERS_IN_FLIGHT_MAX)
      expect(state.rulesInFlight).toBeLessThanOrEqual(RULES_IN_FLIGHT_MAX)
      const asked = [...state.links.values()].filter(({ isAsked }) => isAsked)
      expect(asked.length).toBe(state.ordersInFlight)
      for (const host of state.hosts.values()) {
        expect(host.orders).toBeLessThanOrEqual(ORDERS_PER_HOST_MAX)
      }
    }
  }
  expect(orders).toBeGreaterThan(5)
})

test('the same events give the same commands', () => {
  const run = () => {
    const random = seededRandom(4)
    let state = newState()
    const commands: AdaptCommand[] = []
    for (let number = 0; number < EVENTS; number += 1) {
      const result = step(state, anyEvent(random, state))
      state = result.state
      commands.push(...result.commands)
    }
    return { commands, links: linkViews(state) }
  }
  expect(run()).toEqual(run())
})

test('what is said twice is done once', () => {
  const random = seededRandom(5)
  let state = newState()
  for (let number = 0; number < EVENTS; number += 1) {
    const event = anyEvent(random, state)
    state = step(state, event).state
    // A host that comes twice has been away in between; it needs its rules again.
    // A tick goes on with what waits its turn.
    if (event.kind === 'host-up' || event.kind === 'tick') continue
    const again = step(state, event)
    state = again.state
    const acts = again.commands.filter(({ kind }) => kind !== 'tell')
    expect(acts, `${number}: ${event.kind}`).toEqual([])
  }
})
