// The demands of a problem as flows between pairs of hosts: those that a direct path could carry,
// by candidate, and those that are on the star whatever is planned.

import { PROXY_INDEX, type Problem } from './types.ts'

/** Acknowledgements load the reverse direction with this share where nothing else flows. */
const ACK_SHARE = 0.03

/** Bytes a second between two hosts; `a` or `b` may be the proxy. */
export interface Flow {
  readonly a: number
  readonly b: number
  forward: number
  backward: number
}

/**
 * Fills in what each candidate's link would carry from a to b and from b to a, and gives the flows
 * that no candidate could carry.
 */
export function collectFlows(
  problem: Problem,
  forward: Float64Array,
  backward: Float64Array,
): Iterable<Flow> {
  const { hosts, candidates, demands } = problem
  const byPair = new Map(candidates.map(({ a, b }, at) => [a * hosts.length + b, at]))
  const rest = new Map<number, Flow>()
  for (const { source, destination, bytesPerSecond, staysOnStar } of demands) {
    const a = Math.min(source, destination)
    const b = Math.max(source, destination)
    const key = a * hosts.length + b
    const at = a === PROXY_INDEX || staysOnStar === true ? undefined : byPair.get(key)
    if (at !== undefined) {
      const side = source === a ? forward : backward
      side[at] = (side[at] as number) + bytesPerSecond
      continue
    }
    const flow = rest.get(key) ?? { a, b, forward: 0, backward: 0 }
    if (source === a) flow.forward += bytesPerSecond
    else flow.backward += bytesPerSecond
    rest.set(key, flow)
  }
  for (let at = 0; at < candidates.length; at += 1) {
    const [there, back] = [forward[at] as number, backward[at] as number]
    forward[at] = Math.max(there, ACK_SHARE * back)
    backward[at] = Math.max(back, ACK_SHARE * there)
  }
  for (const flow of rest.values()) {
    const { forward: there, backward: back } = flow
    flow.forward = Math.max(there, ACK_SHARE * back)
    flow.backward = Math.max(back, ACK_SHARE * there)
  }
  return rest.values()
}
