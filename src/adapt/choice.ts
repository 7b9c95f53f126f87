// A set of links while it is being chosen: the links in the order in which they came, what they do
// to the fluid model, and what they leave of the budgets.

import { Budget } from './budget.ts'
import { FluidModel } from './fluid.ts'
import { obstacleOf } from './obstacles.ts'
import { type Terms, termsOf } from './terms.ts'
import type { Problem } from './types.ts'

/** What all choices for a problem have in common. */
export interface Choices {
  readonly problem: Problem
  readonly terms: Terms
  /** Candidates with traffic and without an obstacle, by number. */
  readonly allowed: readonly number[]
  /** Those that people want, and that can be connected. */
  readonly pinned: readonly number[]
}

export function choicesFor(problem: Problem): Choices {
  const terms = termsOf(problem)
  const numbers = [...problem.candidates.keys()]
  return {
    problem,
    terms,
    allowed: problem.candidates.flatMap((candidate, at) => {
      const bytes = (terms.forward[at] as number) + (terms.backward[at] as number)
      return bytes > 0 && obstacleOf(problem, candidate) === null ? [at] : []
    }),
    pinned: numbers.filter((at) => {
      const candidate = problem.candidates[at]
      return candidate?.pinned === 'direct' && candidate.blockedBy === null
    }),
  }
}

export class Choice {
  readonly fluid: FluidModel
  readonly budget: Budget
  readonly #links = new Set<number>()

  constructor({ problem, terms }: Pick<Choices, 'problem' | 'terms'>) {
    this.fluid = new FluidModel(terms)
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
