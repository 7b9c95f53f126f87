// What is left of the budgets while links are chosen.

import type { Candidate, Problem } from './types.ts'

export class Budget {
  readonly #problem: Problem
  readonly #ofHost: Uint32Array
  #links = 0
  /** Links over the budgets, over all of them. */
  #excess = 0

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
    const { candidates, budgets } = this.#problem
    const { a, b } = candidates[candidate] as Candidate
    return (
      this.#links < budgets.links &&
      (this.#ofHost[a] as number) < budgets.linksPerHost &&
      (this.#ofHost[b] as number) < budgets.linksPerHost
    )
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

  /** False once more links were taken than the budgets have. */
  isKept(): boolean {
    return this.#excess === 0
  }

  #count(candidate: number, links: 1 | -1): void {
    const { a, b } = this.#problem.candidates[candidate] as Candidate
    this.#excess -= this.#excessOf(a, b)
    this.#links += links
    this.#ofHost[a] = (this.#ofHost[a] as number) + links
    this.#ofHost[b] = (this.#ofHost[b] as number) + links
    this.#excess += this.#excessOf(a, b)
  }

  #excessOf(a: number, b: number): number {
    const { links, linksPerHost } = this.#problem.budgets
    return (
      Math.max(0, this.#links - links) +
      Math.max(0, (this.#ofHost[a] as number) - linksPerHost) +
      Math.max(0, (this.#ofHost[b] as number) - linksPerHost)
    )
  }
}
