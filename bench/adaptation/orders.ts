// In which order links are forced: as the planner would choose them, knowing the network, and by
// intensity alone, the greatest traffic first (as the first adaptive VNET did).

import { planLinks } from '../../src/adapt/planner.ts'
import { type HostPair, type Problem, pairKey } from '../../src/adapt/types.ts'
import { volumesOf } from './ideal.ts'
import type { Scenario, ScenarioNetwork, Way } from './scenario.ts'

/** All pairs, those that the planner does not want last. */
export function plannerOrder(
  network: ScenarioNetwork,
  scenario: Scenario,
  pairs: readonly HostPair[],
): readonly HostPair[] {
  const wanted = planLinks(problemOf(network, scenario)).links
  const keys = new Set(wanted.map(pairKey))
  return [
    ...wanted.map(({ a, b }) => ({ a, b })),
    ...pairs.filter((pair) => !keys.has(pairKey(pair))),
  ]
}

/** Equal ones by name. */
export function intensityOrder(
  network: ScenarioNetwork,
  scenario: Scenario,
  pairs: readonly HostPair[],
): readonly HostPair[] {
  const volumes = volumesOf(network, scenario)
  const volume = (pair: HostPair) => volumes.get(pairKey(pair)) ?? 0
  return pairs.toSorted(
    (one, other) => volume(other) - volume(one) || (pairKey(one) < pairKey(other) ? -1 : 1),
  )
}

/** With the true rates: what a perfect measurement would tell. The volumes are of an iteration. */
export function problemOf(network: ScenarioNetwork, { messageBytes }: Scenario): Problem {
  const names = [...new Set(network.hosts.map(({ name }) => name))].sort()
  const guestOf = (name: string) => network.hosts.findIndex((host) => host.name === name)
  const index = (guest: number) => names.indexOf(network.hosts[guest]?.name ?? '')
  const candidates = names.flatMap((one, a) =>
    names.slice(a + 1).map((other, offset) => {
      const [from, to] = [guestOf(one), guestOf(other)]
      return {
        ...{ a, b: a + 1 + offset },
        aToBBytesPerSecond: narrowest(network.direct(from, to)),
        bToABytesPerSecond: narrowest(network.direct(to, from)),
        rttMs: network.direct(from, to).delayMs + network.direct(to, from).delayMs,
        ...{ lossRatio: 0, isUp: false, blockedBy: null, pinned: null },
      }
    }),
  )
  const proxyLine = (word: 'up' | 'down') =>
    Math.min(
      rateOf(network.star(0, 1), `nic-proxy ${word}`),
      rateOf(network.star(0, 1), `wan-${network.proxySite} ${word}`),
    )
  return {
    proxy: { sendBytesPerSecond: proxyLine('up'), receiveBytesPerSecond: proxyLine('down') },
    hosts: names.map((name) => describeHost(network, guestOf(name), name)),
    candidates,
    demands: network.schedule.messages.map(({ source, destination }) => ({
      ...{ source: index(source), destination: index(destination) },
      ...{ bytesPerSecond: messageBytes, isThrottled: false },
    })),
    budgets: { linksPerHost: names.length, links: candidates.length },
    margin: 0,
  }
}

function describeHost(network: ScenarioNetwork, guest: number, name: string) {
  const others = network.hosts.flatMap((host, number) => (host.name === name ? [] : [number]))
  const [other = 0] = others
  const out = network.star(guest, other)
  const back = network.star(other, guest)
  const own = (way: Way, line: string) => rateOf(way, line)
  const site = network.hosts[guest]?.site
  const send = Math.min(own(out, `nic-${name} up`), own(out, `wan-${site} up`))
  const receive = Math.min(own(back, `nic-${name} down`), own(back, `wan-${site} down`))
  return {
    name,
    ...{ sendBytesPerSecond: send, receiveBytesPerSecond: receive },
    ...{ starSendBytesPerSecond: send, starReceiveBytesPerSecond: receive },
    ...{ starRttMs: out.delayMs, starLossRatio: 0 },
  }
}

const rateOf = ({ lines }: Way, wanted: string): number =>
  lines.find(([name]) => name === wanted)?.[1] ?? Number.POSITIVE_INFINITY

const narrowest = ({ lines }: Way): number =>
  Math.min(Number.POSITIVE_INFINITY, ...lines.map(([, rate]) => rate))
