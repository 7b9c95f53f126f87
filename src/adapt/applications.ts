// Several programs on one network: hosts that talk to each other, directly or by way of others, are
// one application. Each has a communication phase of its own, so that a plan that helps one of them
// is not hidden by another that is limited by something else.

import type { FluidModel } from './fluid.ts'
import { PROXY_INDEX, type Problem } from './types.ts'

/** Seconds of each application, by the number of its first host; other hosts have 0. */
export function secondsByApplication(fluid: FluidModel): Float64Array {
  const { hosts, candidates } = fluid.problem
  const applicationOf = groupHosts(fluid.problem)
  const seconds = new Float64Array(hosts.length)
  const raise = (application: number, to: number): void => {
    if (to > (seconds[application] as number)) seconds[application] = to
  }
  for (let host = 0; host < hosts.length; host += 1) {
    raise(applicationOf[host] as number, fluid.secondsOfHost(host))
  }
  candidates.forEach(({ a }, at) => {
    if (fluid.isDirect(at)) raise(applicationOf[a] as number, fluid.ownSeconds(at))
  })
  return seconds
}

/** For each host the first host of its application (union-find, by the smaller number). */
function groupHosts({ hosts, demands }: Problem): Int32Array {
  const parent = Int32Array.from(hosts, (_, at) => at)
  const rootOf = (host: number): number => {
    let root = host
    while (parent[root] !== root) {
      parent[root] = parent[parent[root] as number] as number
      root = parent[root] as number
    }
    return root
  }
  for (const { source, destination } of demands) {
    if (source === PROXY_INDEX || destination === PROXY_INDEX) continue
    const [one, other] = [rootOf(source), rootOf(destination)]
    parent[Math.max(one, other)] = Math.min(one, other)
  }
  return parent.map((_, host) => rootOf(host))
}
