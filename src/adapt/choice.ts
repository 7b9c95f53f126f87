// A set of links while it is being chosen: the links in the order in which they came, what they do
// to the fluid model, and what they leave of the budgets.

import { Budget } from './budget.ts'
import { FluidModel } from './fluid.ts'
import type { Problem } from './types.ts'

export class Choice {
  readonly fluid: FluidModel
  readonly budget: Budget
  readonly #links = new Set<number>()

  constructor(problem: Problem) {
    this.fluid = new FluidModel(problem)
    this.budget = new Budget(problem)
  }

  /** Candidates by number, in the order in which they were added. */
  links(): readonly number[] {
    return [...this.#links]
  }

  size(): number {
    return this.#links.size
  }

  has(candidate: number): boolean {
    return this.#links.has(candidate)
  }

  add(candidate: number): void {
    if (this.#links.has(candidate)) return
    this.#links.add(candidate)
    this.fluid.move(candidate, 'direct')
    this.budget.take(candidate)
  }

  remove(candidate: number): void {
    if (!this.#links.delete(candidate)) return
    this.fluid.move(candidate, 'star')
    this.budget.giveBack(candidate)
  }
}
