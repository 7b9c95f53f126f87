// What the fluid model counts the load of, by number: the proxy's two directions, four of each
// host, two of each candidate's own path.

import type { Problem } from './types.ts'

export const PROXY_SENDS = 0
export const PROXY_RECEIVES = 1
export const ACCESS_SENDS = 0
export const ACCESS_RECEIVES = 1
/** The host's star link: to the proxy, and from it. */
export const STAR_SENDS = 2
export const STAR_RECEIVES = 3

const HOSTS_FROM = 2
const OF_HOST = 4

export const ofHost = (host: number, which: 0 | 1 | 2 | 3): number =>
  HOSTS_FROM + OF_HOST * host + which

/** From the candidate's `a` to its `b`; the next number is the way back. */
export const ofCandidate = ({ hosts }: Problem, candidate: number): number =>
  HOSTS_FROM + OF_HOST * hosts.length + 2 * candidate

export const resourceCount = (problem: Problem): number =>
  ofCandidate(problem, problem.candidates.length)

/** Of a host's access, which is loaded alike whatever the choice of links. */
export const isAccess = (problem: Problem, resource: number): boolean =>
  resource >= HOSTS_FROM &&
  resource < ofCandidate(problem, 0) &&
  (resource - HOSTS_FROM) % OF_HOST < STAR_SENDS

/** For people: `proxy sends`, `node3 receives`, `direct path node1 -> node2`. */
export function describeResource(problem: Problem, resource: number): string {
  if (resource === PROXY_SENDS) return 'proxy sends'
  if (resource === PROXY_RECEIVES) return 'proxy receives'
  const paths = ofCandidate(problem, 0)
  if (resource < paths) {
    const name = nameOf(problem, Math.floor((resource - HOSTS_FROM) / OF_HOST))
    return describeOfHost(name, (resource - HOSTS_FROM) % OF_HOST)
  }
  const candidate = problem.candidates[(resource - paths) >> 1]
  const ends = [nameOf(problem, candidate?.a ?? 0), nameOf(problem, candidate?.b ?? 0)]
  if ((resource - paths) % 2 === 1) ends.reverse()
  return `direct path ${ends.join(' -> ')}`
}

const nameOf = ({ hosts }: Problem, at: number): string => hosts[at]?.name ?? ''

function describeOfHost(name: string, which: number): string {
  switch (which) {
    case ACCESS_SENDS:
      return `${name} sends`
    case ACCESS_RECEIVES:
      return `${name} receives`
    case STAR_SENDS:
      return `star link of ${name}, to the proxy`
    default:
      return `star link of ${name}, from the proxy`
  }
}
