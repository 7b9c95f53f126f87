// A choice of links as the plan that people read: what each link gains, and why each pair without
// one stays on the star.

import type { Budget } from './budget.ts'
import type { FluidModel } from './fluid.ts'
import { obstacleOf } from './obstacles.ts'
import type { Candidate, Plan, PlannedLink, Problem, StarPair } from './types.ts'

export interface Chosen {
  /** With exactly these links. */
  readonly fluid: FluidModel
  readonly budget: Budget
  /** In the order of their worth. */
  readonly links: readonly number[]
}

export function describePlan({ fluid, budget, links }: Chosen): Plan {
  const { problem } = fluid
  const plannedSeconds = fluid.seconds()
  const bottleneck = fluid.bottleneck()
  const chosen = new Set(links)
  const onStar = describeStar({ fluid, budget, links: chosen })
  for (const link of links) fluid.move(link, 'star')
  const starSeconds = fluid.seconds()
  const up = problem.candidates.flatMap(({ isUp }, at) => (isUp ? [at] : []))
  for (const link of up) fluid.move(link, 'direct')
  const presentSeconds = fluid.seconds()
  for (const link of up) fluid.move(link, 'star')
  const described = links.map((link) => describeLink(fluid, link))
  return { links: described, onStar, starSeconds, presentSeconds, plannedSeconds, bottleneck }
}

/** Moves the candidate to its link. */
function describeLink(fluid: FluidModel, candidate: number): PlannedLink {
  const { problem } = fluid
  const { pinned } = problem.candidates[candidate] as Candidate
  const limit = fluid.bottleneck()
  const before = fluid.seconds()
  fluid.move(candidate, 'direct')
  const after = fluid.seconds()
  const gain = after > 0 ? before / after : 1
  return {
    ...namesOf(problem, candidate),
    gain,
    reason: pinned === 'direct' ? 'it is pinned' : linkReason({ fluid, candidate, gain, limit }),
  }
}

function linkReason(options: {
  readonly fluid: FluidModel
  readonly candidate: number
  readonly gain: number
  readonly limit: string
}): string {
  const { fluid, candidate, gain, limit } = options
  const bytes = (fluid.forward[candidate] as number) + (fluid.backward[candidate] as number)
  const off = `${megabits(bytes)} Mbit/s leave the star`
  if (gain < 1.001) return `${off}, but do not limit the phase (its limit: ${limit})`
  return `${off}: the phase takes ${percent(1 - 1 / gain)} % less (its limit was: ${limit})`
}

function describeStar(chosen: {
  readonly fluid: FluidModel
  readonly budget: Budget
  readonly links: ReadonlySet<number>
}): readonly StarPair[] {
  const { fluid, links } = chosen
  const { problem } = fluid
  return problem.candidates.flatMap(({ pinned }, at) =>
    links.has(at) || (!fluid.hasTraffic(at) && pinned === null)
      ? []
      : [{ ...namesOf(problem, at), reason: starReason(chosen, at) }],
  )
}

function starReason(chosen: Pick<Chosen, 'fluid' | 'budget'>, at: number): string {
  const { fluid, budget } = chosen
  const { problem } = fluid
  const obstacle = obstacleOf(problem, problem.candidates[at] as Candidate)
  if (obstacle !== null) return obstacle
  const exhausted = budget.exhaustedBy(at)
  if (exhausted === 'all') return `the budget of ${problem.budgets.links} links is used up`
  if (exhausted !== null) {
    return `the budget of ${problem.budgets.linksPerHost} links at ${exhausted} is used up`
  }
  const own = fluid.ownSeconds(at)
  const star = fluid.starSecondsOf(at)
  if (own > star) {
    const [direct, present] = [seconds(own), seconds(star)]
    return `the direct path is slower: ${direct} s for its traffic, the star ${present} s`
  }
  return 'a direct path would gain nothing'
}

function namesOf(problem: Problem, candidate: number): { readonly a: string; readonly b: string } {
  const { a, b } = problem.candidates[candidate] as Candidate
  return { a: problem.hosts[a]?.name ?? '', b: problem.hosts[b]?.name ?? '' }
}

const megabits = (bytes: number): string => short((bytes * 8) / 1e6)
const percent = (ratio: number): string => short(ratio * 100)
const seconds = (value: number): string => short(value)
const short = (value: number): string => Number(value.toPrecision(2)).toString()
