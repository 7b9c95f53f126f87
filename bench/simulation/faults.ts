// What goes wrong in a simulated schedule, and what people and guests do meanwhile: drawn from a
// seed. Most faults end; some stay, and the network has to come to rest with them.

import { type HostPair, hostPair, pairKey } from '../../src/adapt/types.ts'
import type { Network } from './network.ts'
import { PROXY } from './underlay.ts'

/** Share of the faults of a way that never end. */
const LASTING = 0.15

interface Dice {
  readonly chance: (share: number) => boolean
  readonly between: (low: number, high: number) => number
  readonly pick: <T>(list: readonly T[]) => T
}

export function diceOf({ underlay: { random } }: Network): Dice {
  return {
    chance: (share) => random.next() < share,
    between: (low, high) => low + random.next() * (high - low),
    pick: (list) => {
      const [first] = list
      const picked = list[Math.floor(random.next() * list.length)] ?? first
      if (picked === undefined) throw new RangeError('nothing to pick from')
      return picked
    },
  }
}

type Fault = (network: Network, dice: Dice) => void

const FAULTS: Readonly<Record<string, Fault>> = {
  'host crashes': (network, dice) => {
    const host = dice.pick(network.names)
    network.crashHost(host)
    if (!dice.chance(LASTING / 2)) {
      network.later(dice.between(100, 8_000), () => network.startHost(host))
    }
  },
  'all hosts restart': (network, dice) => {
    for (const host of network.names) {
      network.crashHost(host)
      network.later(dice.between(100, 3_000), () => network.startHost(host))
    }
  },
  'star is cut': (network, dice) => cut(network, dice, [dice.pick(network.names), PROXY]),
  'path is cut': (network, dice) => cut(network, dice, twoOf(network, dice)),
  'pair is closed': (network, dice) => {
    const [one, other] = twoOf(network, dice)
    const key = pairKey(hostPair(one, other))
    network.underlay.closed.add(key)
    if (dice.chance(LASTING)) return
    network.later(dice.between(500, 20_000), () => network.underlay.closed.delete(key))
  },
  'path loses': (network, dice) => {
    const [one, other] = twoOf(network, dice)
    const key = pairKey(hostPair(one, other))
    network.underlay.lossy.set(key, dice.between(0.01, 0.1))
    if (dice.chance(LASTING)) return
    network.later(dice.between(500, 20_000), () => network.underlay.lossy.delete(key))
  },
  'proxy crashes': (network, dice) => {
    network.crashProxy()
    network.later(dice.between(100, 8_000), () => network.startProxy())
  },
  'network is slow': (network, dice) => {
    network.underlay.delayMs = dice.between(50, 400)
    network.later(dice.between(1_000, 5_000), () => {
      network.underlay.delayMs = 20
    })
  },
  'rules are refused': (network, dice) => {
    const host = dice.pick(network.names)
    network.refuseRules(host, true)
    if (dice.chance(LASTING)) return
    network.later(dice.between(500, 15_000), () => network.refuseRules(host, false))
  },
}

const WISHES: Readonly<Record<string, Fault>> = {
  'guest moves': (network, dice) =>
    network.move(dice.pick(network.guests), dice.pick(network.names)),
  'traffic changes': (network, dice) => talk(network, dice),
  'level changes': (network, dice) => {
    network.set({ level: dice.pick(['off', 'recommend', 'auto']) })
    network.later(dice.between(500, 10_000), () => network.set({ level: 'auto' }))
  },
  'budgets change': (network, dice) => {
    const linksPerHost = Math.floor(dice.between(1, 6))
    network.set({ budgets: { linksPerHost, links: Math.floor(dice.between(1, 12)) } })
  },
  'pins change': (network, dice) => {
    const pin = () => {
      const [source, destination] = [dice.pick(network.guests), dice.pick(network.guests)]
      return { source, destination, path: dice.pick(['star', 'direct'] as const) }
    }
    const pins = dice.chance(0.3) ? [] : [pin(), pin()]
    network.pin(pins.filter(({ source, destination }) => source !== destination))
  },
  'link by hand': (network, dice) => {
    const [one, other] = twoOf(network, dice)
    network.toggleManual(hostPair(one, other))
  },
}

/** Draws what happens in the time until `endMs`, when all that does not last is over. */
export function scheduleFaults(network: Network, endMs: number): readonly string[] {
  const dice = diceOf(network)
  const all = { ...FAULTS, ...WISHES }
  const names = Object.keys(all)
  const happened: string[] = []
  const count = Math.floor(dice.between(2, 14))
  for (let number = 0; number < count; number += 1) {
    const name = dice.pick(names)
    const atMs = dice.between(0, endMs)
    happened.push(`${(atMs / 1000).toFixed(1)} s ${name}`)
    network.later(atMs, () => {
      network.note(name)
      all[name]?.(network, dice)
    })
  }
  return happened.sort((one, other) => Number.parseFloat(one) - Number.parseFloat(other))
}

/** Draws who talks from now on. */
export function talk(network: Network, dice: Dice): void {
  const edges = new Map<string, readonly [number, number]>()
  const count = Math.floor(dice.between(0, 2.5 * network.guests.length))
  const numbers = network.guests.map((_, at) => at)
  for (let number = 0; number < count; number += 1) {
    const [source, destination] = [dice.pick(numbers), dice.pick(numbers)]
    if (source !== destination) edges.set(`${source} ${destination}`, [source, destination])
  }
  const rates = [...edges.values()].map((edge) => ({ edge, rate: dice.between(1e5, 1e7) }))
  network.talk(rates)
}

function twoOf(network: Network, dice: Dice): readonly [string, string] {
  const one = dice.pick(network.names)
  return [one, dice.pick(network.names.filter((name) => name !== one))]
}

/** One direction or both, at once or one after the other, for a while or for good. */
function cut(network: Network, dice: Dice, [one, other]: readonly [string, string]): void {
  const { underlay } = network
  const ways = [`${one} ${other}`, `${other} ${one}`]
  const chosen = dice.chance(0.4) ? [dice.pick(ways)] : ways
  for (const way of chosen) underlay.cut.add(way)
  if (dice.chance(LASTING) && !(one === PROXY || other === PROXY)) return
  network.later(dice.between(100, 10_000), () => {
    for (const way of chosen) underlay.cut.delete(way)
  })
}

export type { Dice, HostPair }
