// What the fluid model says of one pair of hosts: how long the phase would take with its traffic on
// the star and directly, all else as planned. For people who ask why a pair is where it is.

import { FluidModel } from './fluid.ts'
import { obstacleOf } from './obstacles.ts'
import { termsOf } from './terms.ts'
import { type HostPair, type Plan, type Problem, pairKey } from './types.ts'

export interface Forecast {
  /** What the pair would put on a link of its own. */
  readonly aToBBytesPerSecond: number
  readonly bToABytesPerSecond: number
  /** The phase with this pair on the star and with a link of its own, all else as planned. */
  readonly starSeconds: number
  readonly directSeconds: number
  /** The busiest resource in the two cases. */
  readonly starBottleneck: string
  readonly directBottleneck: string
  readonly isPlanned: boolean
  /** Why it has a link in the plan, or why it stays on the star. */
  readonly reason: string
  /** What forbids a direct path whatever it would gain; null: nothing. */
  readonly obstacle: string | null
}

/** Null: the planner knew of no traffic between these hosts. */
export function forecast(problem: Problem, plan: Plan, pair: HostPair): Forecast | null {
  const names = problem.hosts.map(({ name }) => name)
  const keyOf = ({ a, b }: { readonly a: number; readonly b: number }): string =>
    pairKey({ a: names[a] ?? '', b: names[b] ?? '' })
  const keys = new Map(problem.candidates.map((candidate, at) => [keyOf(candidate), at]))
  const at = keys.get(pairKey(pair))
  const candidate = problem.candidates[at ?? -1]
  if (at === undefined || candidate === undefined) return null
  const fluid = new FluidModel(termsOf(problem))
  for (const link of plan.links) {
    const planned = keys.get(pairKey(link))
    if (planned !== undefined) fluid.move(planned, 'direct')
  }
  fluid.move(at, 'star')
  const star = { starSeconds: fluid.seconds(), starBottleneck: fluid.bottleneck() }
  fluid.move(at, 'direct')
  const same = (one: HostPair): boolean => pairKey(one) === pairKey(pair)
  const link = plan.links.find(same)
  return {
    ...star,
    aToBBytesPerSecond: fluid.forward[at] ?? 0,
    bToABytesPerSecond: fluid.backward[at] ?? 0,
    directSeconds: fluid.seconds(),
    directBottleneck: fluid.bottleneck(),
    isPlanned: link !== undefined,
    reason: (link ?? plan.onStar.find(same))?.reason ?? 'a direct path would gain nothing',
    obstacle: obstacleOf(problem, candidate),
  }
}
