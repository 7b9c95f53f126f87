// Drives the controller of the adaptation in unit tests: a planner that wants a link for each pair
// of hosts that talk, helpers for events, and a network where every order succeeds at once.

import { createState, type State, step } from '../../src/adapt/controller.ts'
import {
  type AdaptCommand,
  type AdaptEvent,
  type AdaptSettings,
  type HostPair,
  hostPair,
  type Plan,
  type Problem,
  type ProblemInput,
  pairKey,
} from '../../src/adapt/types.ts'
import type { MacAddress } from '../../src/base/mac.ts'
import type { Topology } from '../../src/infer/types.ts'

export const PROXY = 'proxy'

export const SETTINGS: AdaptSettings = {
  level: 'auto',
  budgets: { linksPerHost: 8, links: 100 },
  margin: 0.1,
  dwellMs: 10_000,
}

/** Guest `number` of a host: `h3` has g300, g301 ... */
export const guest = (number: number) =>
  `52:54:00:00:${hex(number >> 8)}:${hex(number & 255)}` as MacAddress
const hex = (octet: number) => octet.toString(16).padStart(2, '0')

export function topologyOf(edges: readonly (readonly [number, number])[]): Topology {
  const named = edges.map(([source, destination]) => ({
    source: guest(source),
    destination: guest(destination),
    bytesPerSecond: 1e6,
    sinceMs: 0,
    isThrottled: false,
  }))
  const guests = [...new Set(named.flatMap(({ source, destination }) => [source, destination]))]
  return { guests: guests.sort(), edges: named }
}

/** What the plain planner reads: the input itself, in a problem's clothes. */
interface PlainProblem extends Problem {
  readonly input: ProblemInput
}

export function plainProblem(input: ProblemInput): PlainProblem {
  const { budgets, margin } = input.settings
  const proxy = { sendBytesPerSecond: 1e9, receiveBytesPerSecond: 1e9 }
  return { proxy, hosts: [], candidates: [], demands: [], budgets, margin, input }
}

/** A link for each pair of hosts that talk, in order of names, as far as budgets go. */
export function plainPlan(problem: Problem): Plan {
  const { input } = problem as PlainProblem
  const { budgets } = input.settings
  const pairs = new Map<string, HostPair>(input.manual)
  for (const { source, destination } of input.topology.edges) {
    const [from, to] = [input.places.get(source), input.places.get(destination)]
    if (from === undefined || to === undefined || from === to) continue
    if (from === PROXY || to === PROXY) continue
    if (input.hosts.has(from) && input.hosts.has(to)) {
      const pair = hostPair(from, to)
      pairs.set(pairKey(pair), pair)
    }
  }
  const used = new Map<string, number>()
  const has = (host: string) => (used.get(host) ?? 0) < budgets.linksPerHost
  const links = [...pairs]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .filter(([key, { a, b }]) => {
      if (input.blocked.has(key) || !has(a) || !has(b)) return false
      for (const host of [a, b]) used.set(host, (used.get(host) ?? 0) + 1)
      return true
    })
    .slice(0, budgets.links)
    .map(([, pair]) => ({ ...pair, gain: 2, reason: 'its guests talk' }))
  const isNew = links.some((pair) => !input.up.has(pairKey(pair)))
  const onStar: Plan['onStar'] = []
  const presentSeconds = isNew ? 2 : 1
  return { links, onStar, starSeconds: 2, presentSeconds, plannedSeconds: 1, bottleneck: 'none' }
}

export interface Driver {
  readonly state: () => State
  /** All commands but what is told. */
  readonly hear: (event: AdaptEvent) => readonly AdaptCommand[]
  /** Ticks each 100 ms. */
  readonly pass: (ms: number) => readonly AdaptCommand[]
  /** From now on orders are (not) obeyed; `refuse`: every link fails. */
  readonly answer: (how: 'obey' | 'silent' | 'refuse') => void
  readonly nowMs: () => number
  readonly told: () => readonly AdaptCommand[]
}

export function createDriver(options: Partial<Parameters<typeof createState>[0]> = {}): Driver {
  let nowMs = 1_000_000
  let how: 'obey' | 'silent' | 'refuse' = 'obey'
  const told: AdaptCommand[] = []
  let state = createState({
    proxy: PROXY,
    settings: SETTINGS,
    buildProblem: plainProblem,
    planLinks: plainPlan,
    seed: 1,
    ...options,
  })

  function hear(event: AdaptEvent): readonly AdaptCommand[] {
    const result = step(state, event)
    state = result.state
    const acted: AdaptCommand[] = []
    for (const command of result.commands) {
      if (command.kind === 'tell') told.push(command)
      else acted.push(command, ...answerTo(command))
    }
    return acted
  }

  function answerTo(command: AdaptCommand): readonly AdaptCommand[] {
    if (how === 'silent' || command.kind === 'tell') return []
    if (command.kind === 'set-rules') {
      const { host, sequence } = command
      return hear({ kind: 'rules', host, sequence, error: null })
    }
    const { pair } = command
    if (command.kind === 'remove-link') {
      return hear({ kind: 'link', pair, state: 'removed', reason: '' })
    }
    const outcome = how === 'refuse' ? 'failed' : 'up'
    return hear({ kind: 'link', pair, state: outcome, reason: 'no way' })
  }

  return {
    state: () => state,
    hear,
    pass(ms) {
      const commands: AdaptCommand[] = []
      for (const endMs = nowMs + ms; nowMs < endMs; ) {
        nowMs += 100
        commands.push(...hear({ kind: 'tick', nowMs }))
      }
      return commands
    },
    answer(next) {
      how = next
    },
    nowMs: () => nowMs,
    told: () => told,
  }
}

/** Hosts `h1` ... up, guest 100·n + i on host `hn`. */
export function bringUp(driver: Driver, hosts: number, guestsPerHost = 1): void {
  const places = new Map<MacAddress, string>()
  for (let host = 1; host <= hosts; host += 1) {
    driver.hear({ kind: 'host-up', host: `h${host}`, canBeDialled: true })
    for (let at = 0; at < guestsPerHost; at += 1) places.set(guest(host * 100 + at), `h${host}`)
  }
  driver.hear({ kind: 'places', places })
  driver.pass(100)
}

export const ofKind = <K extends AdaptCommand['kind']>(
  commands: readonly AdaptCommand[],
  kind: K,
): readonly Extract<AdaptCommand, { readonly kind: K }>[] =>
  commands.filter((one): one is Extract<AdaptCommand, { readonly kind: K }> => one.kind === kind)
