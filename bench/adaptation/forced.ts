// Links by hand: ordered at the proxy, with a rule at both hosts for each pair of guests.

import { type HostPair, pairKey } from '../../src/adapt/types.ts'
import type { RuleRequest } from '../../src/control/api.ts'
import type { Lab } from '../../src/lab/handle.ts'

/** The proxy works on so many orders at once. */
const AT_ONCE = 4

export interface ForcedLinks {
  /** So that exactly these are there. @throws Error when one does not come up. */
  set(pairs: readonly HostPair[]): Promise<void>
}

export function forceLinks(lab: Lab): ForcedLinks {
  const admin = lab.admin('proxy')
  const standing = new Map<string, HostPair>()
  const add = async (pair: HostPair) => {
    const result = await admin.addLink(pair)
    if (result.state !== 'up') throw new Error(`${pairKey(pair)}: ${result.reason}`)
    for (const { host, rule } of rulesOf(lab, pair)) await admin.setRule(rule, host)
    standing.set(pairKey(pair), pair)
  }
  const remove = async (pair: HostPair) => {
    for (const { host, rule } of rulesOf(lab, pair)) await admin.removeRule(rule, host)
    await admin.removeLink(pair)
    standing.delete(pairKey(pair))
  }
  return {
    async set(pairs) {
      const wanted = new Set(pairs.map(pairKey))
      const surplus = [...standing.values()].filter((pair) => !wanted.has(pairKey(pair)))
      const missing = pairs.filter((pair) => !standing.has(pairKey(pair)))
      await eachOf(surplus, remove)
      await eachOf(missing, add)
    },
  }
}

function rulesOf({ plan }: Lab, { a, b }: HostPair): { host: string; rule: RuleRequest }[] {
  const at = (host: string) => plan.guests.filter((guest) => guest.host === host)
  return at(a).flatMap((one) =>
    at(b).flatMap((other) => [
      { host: a, rule: { source: one.mac, destination: other.mac, target: `host:${b}` } },
      { host: b, rule: { source: other.mac, destination: one.mac, target: `host:${a}` } },
    ]),
  )
}

async function eachOf<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items]
  const lane = async () => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await act(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
}
