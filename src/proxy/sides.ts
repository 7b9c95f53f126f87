// Who dials whom for a fast path between two hosts: decided by what both said of themselves and
// what the proxy sees of them. Pure.

import { distinct, type Endpoint, withoutMapping } from '../daemon/endpoints.ts'
import { ENDPOINTS_MAX } from '../wire/message.ts'

/** What is known of a host that is up. */
export interface Reachability {
  readonly name: string
  /** Of its Hello; empty: it does not listen. */
  readonly endpoints: readonly Endpoint[]
  /** Where its star link comes from: behind NAT not an address of its own. */
  readonly seenAddress: string
}

/** One try: the dialler dials all endpoints of the acceptor. */
export interface Side {
  readonly dialler: string
  readonly acceptor: string
  readonly endpoints: readonly Endpoint[]
}

/** All addresses worth a try: the host's own list, and the address seen with each of its ports. */
export function endpointsToTry(host: Reachability): readonly Endpoint[] {
  const seen = withoutMapping(host.seenAddress)
  const ports = [...new Set(host.endpoints.map((endpoint) => endpoint.port))]
  const guesses = ports.map((port) => ({ address: seen, port }))
  return distinct([...host.endpoints, ...guesses]).slice(0, ENDPOINTS_MAX)
}

/** The tries in their order, the likeliest first; empty: neither host listens. */
export function planSides(a: Reachability, b: Reachability): readonly Side[] {
  const [first, second] = a.name < b.name ? [a, b] : [b, a]
  return [
    { dialler: first, acceptor: second },
    { dialler: second, acceptor: first },
  ]
    .filter(({ acceptor }) => acceptor.endpoints.length > 0)
    .sort((one, other) => openness(other.acceptor) - openness(one.acceptor))
    .map(({ dialler, acceptor }) => ({
      dialler: dialler.name,
      acceptor: acceptor.name,
      endpoints: endpointsToTry(acceptor),
    }))
}

/** A host whose address is seen as it is stands in the open; behind NAT it is a matter of luck. */
function openness(host: Reachability): number {
  const seen = withoutMapping(host.seenAddress)
  return host.endpoints.some((endpoint) => endpoint.address === seen) ? 1 : 0
}
