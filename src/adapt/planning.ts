// Joins the controller to the builder of problems and the measured network: what the controller
// knows (who is up, which pairs are left alone, what people made by hand) in the builder's terms.

import { buildProblem, type NetworkFigures } from './problem.ts'
import { edgesByPair } from './traffic.ts'
import { type BuildProblem, type Problem, type ProblemInput, pairKey } from './types.ts'

const CANNOT_CONNECT = 'neither of the two hosts can be dialled'

/** A builder for the controller; `network` is asked once for each problem. */
export function problemBuilder(network: () => NetworkFigures): BuildProblem {
  return (input) => {
    const { topology, places, hosts, pins, settings, proxy } = input
    const problem = buildProblem({
      topology,
      places,
      proxyName: proxy,
      hosts: [...hosts.keys()],
      network: network(),
      budgets: settings.budgets,
      margin: settings.margin,
      pins,
      blocked: withUnreachable(input),
      up: new Set(input.up.keys()),
    })
    return input.manual.size === 0 ? problem : withManual(problem, input)
  }
}

/** Pairs that are left alone, and those that nobody needs to try. */
function withUnreachable(input: ProblemInput): ReadonlyMap<string, string> {
  const { hosts, blocked } = input
  const closed = new Set([...hosts].filter(([, host]) => !host.canBeDialled).map(([name]) => name))
  if (closed.size < 2) return blocked
  const all = new Map(blocked)
  for (const key of edgesByPair(input).keys()) {
    const [a = '', b = ''] = key.split(' ')
    if (closed.has(a) && closed.has(b) && !input.up.has(key)) all.set(key, CANNOT_CONNECT)
  }
  return all
}

/** Links made by hand stand anyway, so the plan begins with them. */
function withManual(problem: Problem, { manual, blocked }: ProblemInput): Problem {
  const { hosts, candidates } = problem
  const nameOf = (index: number) => hosts[index]?.name ?? ''
  return {
    ...problem,
    candidates: candidates.map((candidate) => {
      const key = pairKey({ a: nameOf(candidate.a), b: nameOf(candidate.b) })
      return manual.has(key) && !blocked.has(key) ? { ...candidate, pinned: 'direct' } : candidate
    }),
  }
}
