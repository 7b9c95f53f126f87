// A choice of links as the plan that people read: what each link gains, and why each pair without
// one stays on the star.

import type { Choice } from './choice.ts'
import { FluidModel } from './fluid.ts'
import { obstacleOf } from './obstacles.ts'
import type { Candidate, Plan, PlannedLink, Problem, StarPair } from './types.ts'

export function describePlan(problem: Problem, choice: Choice): Plan {
  const fluid = new FluidModel(problem)
  const starSeconds = fluid.seconds()
  problem.candidates.forEach(({ isUp }, at) => {
    if (isUp) fluid.move(at, 'direct')
  })
  const presentSeconds = fluid.seconds()
  problem.candidates.forEach((_, at) => {
    fluid.move(at, 'star')
  })
  const links = choice.links().map((candidate) => describeLink(fluid, candidate))
  return {
    links,
    onStar: describeStar(problem, choice),
    starSeconds,
    presentSeconds,
    plannedSeconds: fluid.seconds(),
    bottleneck: fluid.bottleneck(),
  }
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
  if (gain < 1.001) return `${off}, which is not what limits the phase (${limit})`
  return `${off}: the phase takes ${percent(1 - 1 / gain)} % less, limited by: ${limit}`
}

function describeStar(problem: Problem, choice: Choice): readonly StarPair[] {
  return problem.candidates.flatMap(({ pinned }, at) =>
    choice.has(at) || (!choice.fluid.hasTraffic(at) && pinned === null)
      ? []
      : [{ ...namesOf(problem, at), reason: starReason(problem, choice, at) }],
  )
}

function starReason(problem: Problem, choice: Choice, at: number): string {
  const obstacle = obstacleOf(problem, problem.candidates[at] as Candidate)
  if (obstacle !== null) return obstacle
  const exhausted = choice.budget.exhaustedBy(at)
  if (exhausted === 'all') return `the budget of ${problem.budgets.links} links is used up`
  if (exhausted !== null) {
    return `the budget of ${problem.budgets.linksPerHost} links at ${exhausted} is used up`
  }
  const own = choice.fluid.ownSeconds(at)
  const star = choice.fluid.starSecondsOf(at)
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
