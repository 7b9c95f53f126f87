// The fluid model of a communication phase: traffic flows like water through resources of a fixed
// rate, and the phase lasts as long as its busiest resource needs, plus the round trips. It answers
// "how long with these links?" for a set of links that is changed a link at a time; a change costs
// the few resources of one pair of hosts.
//
// On the star a byte from a to b loads: a's access and a's star link (sending), the proxy
// (receiving and sending), b's star link and b's access (receiving). On a direct path: a's access,
// the path in this direction, b's access. The accesses are loaded alike by both, and so are the
// least that any plan can reach.

import { assumedCapacity, directCapacity, directRtt, starCapacity, starRtt } from './capacities.ts'
import { MaxTree } from './max-tree.ts'
import { type Candidate, PROXY_INDEX, type Problem, type ProblemHost } from './types.ts'

/** Acknowledgements load the reverse direction with this share where nothing else flows. */
const ACK_SHARE = 0.03
/** The latency term counts so many round trips for the traffic of a second. */
const ROUND_TRIPS = 1

/** Resources by number: the proxy's two, four of each host, two of each candidate. */
const PROXY_SENDS = 0
const PROXY_RECEIVES = 1
const HOSTS_FROM = 2
const OF_HOST = 4
type OfHost = 0 | 1 | 2 | 3
const ACCESS_SENDS: OfHost = 0
const ACCESS_RECEIVES: OfHost = 1
const STAR_SENDS: OfHost = 2
const STAR_RECEIVES: OfHost = 3

const ofHost = (host: number, which: OfHost): number => HOSTS_FROM + OF_HOST * host + which

export class FluidModel {
  readonly problem: Problem
  /** Bytes a second that a link of this candidate would carry from a to b, and from b to a. */
  readonly forward: Float64Array
  readonly backward: Float64Array
  /** Candidates whose traffic is on the direct path. */
  readonly #isDirect: Uint8Array
  readonly #load: Float64Array
  /** Seconds a byte; 0 where nothing limits. */
  readonly #cost: Float64Array
  /** Seconds that each resource is busy. */
  readonly #busy: MaxTree
  /** Seconds of one round trip on the star and directly, times the candidate's share of traffic. */
  readonly #starDelay: Float64Array
  readonly #directDelay: Float64Array
  #delay = 0
  /** Seconds that count as 1 in `pressure`. */
  #scale = 1

  /** With all traffic on the star. */
  constructor(problem: Problem) {
    this.problem = problem
    const { hosts, candidates } = problem
    const resources = HOSTS_FROM + OF_HOST * hosts.length + 2 * candidates.length
    this.forward = new Float64Array(candidates.length)
    this.backward = new Float64Array(candidates.length)
    this.#isDirect = new Uint8Array(candidates.length)
    this.#load = new Float64Array(resources)
    this.#cost = new Float64Array(resources)
    this.#busy = new MaxTree(resources)
    this.#starDelay = new Float64Array(candidates.length)
    this.#directDelay = new Float64Array(candidates.length)
    this.#setCosts()
    this.#setLoads()
    for (let at = 0; at < resources; at += 1) this.#update(at)
  }

  isDirect(candidate: number): boolean {
    return this.#isDirect[candidate] === 1
  }

  hasTraffic(candidate: number): boolean {
    return (this.forward[candidate] as number) + (this.backward[candidate] as number) > 0
  }

  /** Moves the traffic of a pair of hosts to its direct path, or back to the star. */
  move(candidate: number, to: 'direct' | 'star'): void {
    const isDirect = to === 'direct' ? 1 : 0
    if (this.#isDirect[candidate] === isDirect) return
    this.#isDirect[candidate] = isDirect
    const { a, b } = this.problem.candidates[candidate] as Candidate
    const sign = isDirect === 1 ? -1 : 1
    const forward = sign * (this.forward[candidate] as number)
    const backward = sign * (this.backward[candidate] as number)
    this.#shift(PROXY_SENDS, forward + backward)
    this.#shift(PROXY_RECEIVES, forward + backward)
    this.#shift(ofHost(a, STAR_SENDS), forward)
    this.#shift(ofHost(b, STAR_RECEIVES), forward)
    this.#shift(ofHost(b, STAR_SENDS), backward)
    this.#shift(ofHost(a, STAR_RECEIVES), backward)
    this.#shift(this.#ofCandidate(candidate), -forward)
    this.#shift(this.#ofCandidate(candidate) + 1, -backward)
    const saved = (this.#starDelay[candidate] as number) - (this.#directDelay[candidate] as number)
    this.#delay += sign * saved
  }

  /** The predicted communication phase: seconds for the traffic that is seen in a second. */
  seconds(): number {
    return this.#busy.max() + this.#delay
  }

  /** Seconds that the longer direction of a candidate's own path is busy, were it used. */
  ownSeconds(candidate: number): number {
    const at = this.#ofCandidate(candidate)
    return Math.max(
      (this.forward[candidate] as number) * (this.#cost[at] as number),
      (this.backward[candidate] as number) * (this.#cost[at + 1] as number),
    )
  }

  /** Seconds that the busiest part of the star between two hosts is busy now. */
  starSecondsOf(candidate: number): number {
    const { a, b } = this.problem.candidates[candidate] as Candidate
    let busiest = Math.max(this.#busy.get(PROXY_SENDS), this.#busy.get(PROXY_RECEIVES))
    for (const host of [a, b]) {
      busiest = Math.max(busiest, this.#busy.get(ofHost(host, STAR_SENDS)))
      busiest = Math.max(busiest, this.#busy.get(ofHost(host, STAR_RECEIVES)))
    }
    return busiest
  }

  /** The busiest resource, for people. */
  bottleneck(): string {
    return this.#describe(this.#busy.argmax())
  }

  /** Seconds that count as 1 in `relief` from now on: the busiest part of the star. */
  rescale(): void {
    let busiest = Math.max(this.#busy.get(PROXY_SENDS), this.#busy.get(PROXY_RECEIVES))
    for (let host = 0; host < this.problem.hosts.length; host += 1) {
      busiest = Math.max(busiest, this.#busy.get(ofHost(host, STAR_SENDS)))
      busiest = Math.max(busiest, this.#busy.get(ofHost(host, STAR_RECEIVES)))
    }
    this.#scale = busiest > 0 ? busiest : 1
  }

  /**
   * By how much the sum of (seconds / scale)^16 over all resources falls when this candidate's
   * traffic, now on the star, goes directly. The sum stands for the busiest resource, and among
   * equals for the next busiest: it has no plateaus, where the maximum alone sees no progress
   * before the last of many links. The gain of a round trip counts only where that says nothing.
   */
  relief(candidate: number): number {
    const { a, b } = this.problem.candidates[candidate] as Candidate
    const forward = this.forward[candidate] as number
    const backward = this.backward[candidate] as number
    const path = this.#ofCandidate(candidate)
    const saved = (this.#starDelay[candidate] as number) - (this.#directDelay[candidate] as number)
    return (
      this.#eased(PROXY_SENDS, forward + backward) +
      this.#eased(PROXY_RECEIVES, forward + backward) +
      this.#eased(ofHost(a, STAR_SENDS), forward) +
      this.#eased(ofHost(b, STAR_RECEIVES), forward) +
      this.#eased(ofHost(b, STAR_SENDS), backward) +
      this.#eased(ofHost(a, STAR_RECEIVES), backward) +
      this.#eased(path, -forward) +
      this.#eased(path + 1, -backward) +
      (saved / this.#scale) * DELAY_WEIGHT
    )
  }

  #eased(resource: number, bytes: number): number {
    const cost = (this.#cost[resource] as number) / this.#scale
    const load = this.#load[resource] as number
    return power(load * cost) - power(Math.max(0, load - bytes) * cost)
  }

  #ofCandidate(candidate: number): number {
    return HOSTS_FROM + OF_HOST * this.problem.hosts.length + 2 * candidate
  }

  #shift(resource: number, bytes: number): void {
    if (bytes === 0) return
    this.#load[resource] = Math.max(0, (this.#load[resource] as number) + bytes)
    this.#update(resource)
  }

  #update(resource: number): void {
    this.#busy.set(resource, (this.#load[resource] as number) * (this.#cost[resource] as number))
  }

  #setCosts(): void {
    const { problem } = this
    const unknown = assumedCapacity(problem)
    const access = (capacity: number): number => costOf(Math.min(capacity, unknown))
    this.#cost[PROXY_SENDS] = access(problem.proxy.sendBytesPerSecond)
    this.#cost[PROXY_RECEIVES] = access(problem.proxy.receiveBytesPerSecond)
    problem.hosts.forEach((host, at) => {
      this.#cost[ofHost(at, ACCESS_SENDS)] = access(host.sendBytesPerSecond)
      this.#cost[ofHost(at, ACCESS_RECEIVES)] = access(host.receiveBytesPerSecond)
      this.#cost[ofHost(at, STAR_SENDS)] = costOf(starCapacity(host.starSendBytesPerSecond, host))
      this.#cost[ofHost(at, STAR_RECEIVES)] = costOf(
        starCapacity(host.starReceiveBytesPerSecond, host),
      )
    })
    problem.candidates.forEach((candidate, at) => {
      const [one, other] = this.#endsOf(candidate)
      const rttMs = directRtt(candidate, one, other)
      const path = this.#ofCandidate(at)
      this.#cost[path] = costOf(directCapacity(candidate.aToBBytesPerSecond, candidate, rttMs))
      this.#cost[path + 1] = costOf(directCapacity(candidate.bToABytesPerSecond, candidate, rttMs))
    })
  }

  #endsOf({ a, b }: Candidate): readonly [ProblemHost, ProblemHost] {
    return [this.problem.hosts[a] as ProblemHost, this.problem.hosts[b] as ProblemHost]
  }

  #setLoads(): void {
    const { hosts, candidates } = this.problem
    const byPair = new Map(candidates.map(({ a, b }, at) => [a * hosts.length + b, at]))
    const rest = new Map<number, { a: number; b: number; forward: number; backward: number }>()
    for (const demand of this.problem.demands) {
      const { source, destination, bytesPerSecond } = demand
      const a = Math.min(source, destination)
      const b = Math.max(source, destination)
      const isForward = source === a
      const key = a * hosts.length + b
      const at = a === PROXY_INDEX || demand.staysOnStar ? undefined : byPair.get(key)
      if (at !== undefined) {
        const side = isForward ? this.forward : this.backward
        side[at] = (side[at] as number) + bytesPerSecond
        continue
      }
      const flow = rest.get(key) ?? { a, b, forward: 0, backward: 0 }
      if (isForward) flow.forward += bytesPerSecond
      else flow.backward += bytesPerSecond
      rest.set(key, flow)
    }
    candidates.forEach(({ a, b }, at) => {
      const [forward, backward] = withAcks(this.forward[at] ?? 0, this.backward[at] ?? 0)
      this.forward[at] = forward
      this.backward[at] = backward
      this.#addStarFlow(a, b, forward)
      this.#addStarFlow(b, a, backward)
    })
    for (const flow of rest.values()) {
      const [forward, backward] = withAcks(flow.forward, flow.backward)
      this.#addStarFlow(flow.a, flow.b, forward)
      this.#addStarFlow(flow.b, flow.a, backward)
    }
    this.#setDelays()
  }

  #addStarFlow(source: number, destination: number, bytes: number): void {
    const load = this.#load
    const add = (resource: number): void => {
      load[resource] = (load[resource] as number) + bytes
    }
    if (source !== PROXY_INDEX) {
      add(ofHost(source, ACCESS_SENDS))
      add(ofHost(source, STAR_SENDS))
      add(PROXY_RECEIVES)
    }
    if (destination !== PROXY_INDEX) {
      add(PROXY_SENDS)
      add(ofHost(destination, STAR_RECEIVES))
      add(ofHost(destination, ACCESS_RECEIVES))
    }
  }

  /** The mean over all traffic that a plan may move: a pair's part falls when it goes directly. */
  #setDelays(): void {
    const { candidates } = this.problem
    let total = 0
    for (let at = 0; at < candidates.length; at += 1) {
      total += (this.forward[at] as number) + (this.backward[at] as number)
    }
    if (total === 0) return
    candidates.forEach((candidate, at) => {
      const [one, other] = this.#endsOf(candidate)
      const share = ((this.forward[at] as number) + (this.backward[at] as number)) / total
      const secondsOf = (rttMs: number): number => (ROUND_TRIPS * share * rttMs) / 1000
      this.#starDelay[at] = secondsOf(starRtt(one, other))
      this.#directDelay[at] = secondsOf(directRtt(candidate, one, other))
      this.#delay += this.#starDelay[at] as number
    })
  }

  #describe(resource: number): string {
    if (this.#busy.get(resource) === 0) return 'nothing'
    if (resource === PROXY_SENDS) return 'proxy sends'
    if (resource === PROXY_RECEIVES) return 'proxy receives'
    const { hosts, candidates } = this.problem
    const paths = this.#ofCandidate(0)
    if (resource < paths) {
      const name = hosts[Math.floor((resource - HOSTS_FROM) / OF_HOST)]?.name ?? ''
      switch ((resource - HOSTS_FROM) % OF_HOST) {
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
    const [one, other] = this.#endsOf(candidates[(resource - paths) >> 1] as Candidate)
    const isForward = (resource - paths) % 2 === 0
    const [from, to] = isForward ? [one.name, other.name] : [other.name, one.name]
    return `direct path ${from} -> ${to}`
  }
}

/** Decides between candidates that the busy resources find equal. */
const DELAY_WEIGHT = 1e-13

/** x^16. */
function power(x: number): number {
  const squared = x * x
  const fourth = squared * squared
  return fourth * fourth * fourth * fourth
}

/** Seconds a byte. A resource that stands still is taken for a very slow one. */
const costOf = (bytesPerSecond: number): number => 1 / Math.max(1, bytesPerSecond)

function withAcks(forward: number, backward: number): readonly [number, number] {
  return [Math.max(forward, ACK_SHARE * backward), Math.max(backward, ACK_SHARE * forward)]
}
