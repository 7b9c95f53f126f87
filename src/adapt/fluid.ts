// The fluid model of a communication phase: traffic flows like water through resources of a fixed
// rate, and the phase lasts as long as its busiest resource needs, plus the round trips. It answers
// "how long with these links?" for a set of links that is changed a link at a time; a change costs
// the few resources of one pair of hosts.
//
// On the star a byte from a to b loads: a's access and a's star link (sending), the proxy
// (receiving and sending), b's star link and b's access (receiving). On a direct path: a's access,
// the path in this direction, b's access. The accesses are loaded alike by both, and so are the
// least that any plan can reach.

import { MaxTree } from './max-tree.ts'
import {
  ACCESS_RECEIVES,
  ACCESS_SENDS,
  describeResource,
  isAccess,
  ofCandidate,
  ofHost,
  PROXY_RECEIVES,
  PROXY_SENDS,
  STAR_RECEIVES,
  STAR_SENDS,
} from './resources.ts'
import type { Terms } from './terms.ts'
import type { Candidate, Problem } from './types.ts'

export class FluidModel {
  readonly problem: Problem
  /** Bytes a second that a link of this candidate would carry from a to b, and from b to a. */
  readonly forward: Float64Array
  readonly backward: Float64Array
  readonly #terms: Terms
  /** Candidates whose traffic is on the direct path. */
  readonly #isDirect: Uint8Array
  readonly #load: Float64Array
  /** Seconds that each resource is busy. */
  readonly #busy: MaxTree
  #delay: number
  #scale = 1
  /** Kept up to date from when it was asked for until the scale changes. */
  #pressure: number | null = null

  /** With all traffic on the star. */
  constructor(terms: Terms) {
    this.problem = terms.problem
    this.forward = terms.forward
    this.backward = terms.backward
    this.#terms = terms
    this.#isDirect = new Uint8Array(this.problem.candidates.length)
    this.#load = terms.starLoad.slice()
    this.#busy = new MaxTree(this.#load.map((load, at) => load * (terms.cost[at] as number)))
    this.#delay = terms.starDelaySum
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
    this.#shift(ofCandidate(this.problem, candidate), -forward)
    this.#shift(ofCandidate(this.problem, candidate) + 1, -backward)
    const saved =
      (this.#terms.starDelay[candidate] as number) - (this.#terms.directDelay[candidate] as number)
    this.#delay += sign * saved
  }

  /** The predicted communication phase: seconds for the traffic that is seen in a second. */
  seconds(): number {
    return this.#busy.max() + this.#delay
  }

  /** Seconds that the longer direction of a candidate's own path is busy, were it used. */
  ownSeconds(candidate: number): number {
    const at = ofCandidate(this.problem, candidate)
    return Math.max(
      (this.forward[candidate] as number) * (this.#terms.cost[at] as number),
      (this.backward[candidate] as number) * (this.#terms.cost[at + 1] as number),
    )
  }

  /** Seconds that the busiest part of the star between two hosts is busy now. */
  starSecondsOf(candidate: number): number {
    const { a, b } = this.problem.candidates[candidate] as Candidate
    return Math.max(this.#proxySeconds(), this.#starSeconds(a), this.#starSeconds(b))
  }

  /** Seconds that a host's traffic takes at least: access, star link, and the proxy if used. */
  secondsOfHost(host: number): number {
    const busy = this.#busy
    const star =
      (this.#load[ofHost(host, STAR_SENDS)] as number) +
      (this.#load[ofHost(host, STAR_RECEIVES)] as number)
    return Math.max(
      busy.get(ofHost(host, ACCESS_SENDS)),
      busy.get(ofHost(host, ACCESS_RECEIVES)),
      this.#starSeconds(host),
      star > 0 ? this.#proxySeconds() : 0,
    )
  }

  /** The busiest resource, for people. */
  bottleneck(): string {
    const busiest = this.#busy.argmax()
    return this.#busy.get(busiest) === 0 ? 'nothing' : describeResource(this.problem, busiest)
  }

  /**
   * Seconds that count as 1 in `pressure` and `relief` from now on: those of the busiest part of
   * the star. Without it they would leave what a double can tell apart, as links are added.
   */
  rescale(): void {
    let busiest = this.#proxySeconds()
    for (let host = 0; host < this.problem.hosts.length; host += 1) {
      busiest = Math.max(busiest, this.#starSeconds(host))
    }
    const least = LEAST_SCALE * this.#busy.max()
    this.#scale = Math.max(busiest, least) || 1
    this.#pressure = null
  }

  /**
   * The sum of (seconds / scale)^16 over all resources that depend on the choice. It stands for the
   * busiest resource, and among equals for the next busiest: it has no plateaus, where the maximum
   * alone sees no progress before the last of many links.
   */
  pressure(): number {
    if (this.#pressure === null) {
      this.#pressure = 0
      for (let at = 0; at < this.#load.length; at += 1) {
        if (!isAccess(this.problem, at)) {
          this.#pressure += power(this.#busy.get(at) / this.#scale)
        }
      }
    }
    return this.#pressure
  }

  /**
   * By how much the pressure falls when this candidate's traffic, now on the star, goes directly.
   * The gain of a round trip counts only where that says nothing.
   */
  relief(candidate: number): number {
    const { a, b } = this.problem.candidates[candidate] as Candidate
    const forward = this.forward[candidate] as number
    const backward = this.backward[candidate] as number
    const path = ofCandidate(this.problem, candidate)
    const saved =
      (this.#terms.starDelay[candidate] as number) - (this.#terms.directDelay[candidate] as number)
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

  #proxySeconds(): number {
    return Math.max(this.#busy.get(PROXY_SENDS), this.#busy.get(PROXY_RECEIVES))
  }

  #starSeconds(host: number): number {
    return Math.max(
      this.#busy.get(ofHost(host, STAR_SENDS)),
      this.#busy.get(ofHost(host, STAR_RECEIVES)),
    )
  }

  #eased(resource: number, bytes: number): number {
    const cost = (this.#terms.cost[resource] as number) / this.#scale
    const load = this.#load[resource] as number
    return power(load * cost) - power(Math.max(0, load - bytes) * cost)
  }

  #shift(resource: number, bytes: number): void {
    if (bytes === 0) return
    const load = (this.#load[resource] as number) + bytes
    // What is left of a sum after all its parts were taken away is no load.
    this.#load[resource] = load <= NOTHING * (this.#terms.starLoad[resource] as number) ? 0 : load
    this.#update(resource)
  }

  #update(resource: number): void {
    const before = this.#busy.get(resource)
    const after = (this.#load[resource] as number) * (this.#terms.cost[resource] as number)
    this.#busy.set(resource, after)
    if (this.#pressure === null) return
    const added = power(after / this.#scale)
    const taken = power(before / this.#scale)
    // Beside so much nothing is left of the other summands: they are added up anew when asked for.
    const isTooMuch = Math.max(added, taken) > SWAMPING * this.#pressure
    this.#pressure = isTooMuch ? null : this.#pressure + added - taken
  }
}

/** Of a sum: less is the error of its parts. */
const NOTHING = 1e-12
/** Larger beside smaller summands than this leaves fewer than ten digits of them. */
const SWAMPING = 1e5
/** Of the busiest resource: a star that carries less is empty, and no measure of anything. */
const LEAST_SCALE = 1e-6

/** Decides between candidates that the busy resources find equal. */
const DELAY_WEIGHT = 1e-13

/** x^16. */
function power(x: number): number {
  const squared = x * x
  const fourth = squared * squared
  return fourth * fourth * fourth * fourth
}
