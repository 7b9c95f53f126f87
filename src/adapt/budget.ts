// What is left of the budgets while links are chosen.

import type { Candidate, Problem } from './types.ts'

export class Budget {
  readonly #problem: Problem
  readonly #ofHost: Uint32Array
  #links = 0

  constructor(problem: Problem) {
    this.#problem = problem
    this.#ofHost = new Uint32Array(problem.hosts.length)
  }

  take(candidate: number): void {
    this.#count(candidate, 1)
  }

  giveBack(candidate: number): void {
    this.#count(candidate, -1)
  }

  allows(candidate: number): boolean {
    return this.exhaustedBy(candidate) === null
  }

  /** What forbids one more link at these hosts: the name of a host, or `all`. */
  exhaustedBy(candidate: number): string | 'all' | null {
    const { hosts, candidates, budgets } = this.#problem
    if (this.#links >= budgets.links) return 'all'
    const { a, b } = candidates[candidate] as Candidate
    for (const host of [a, b]) {
      if ((this.#ofHost[host] as number) >= budgets.linksPerHost) return hosts[host]?.name ?? ''
    }
    return null
  }

  #count(candidate: number, links: number): void {
    const { a, b } = this.#problem.candidates[candidate] as Candidate
    this.#links += links
    this.#ofHost[a] = (this.#ofHost[a] as number) + links
    this.#ofHost[b] = (this.#ofHost[b] as number) + links
  }
}
