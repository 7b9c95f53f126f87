// `vnet bench adaptation`: the three experiments of the first adaptive VNET: what fast paths bring
// to a BSP program, forced one after the other and chosen by the network itself.

import { VnetError } from '../src/base/errors.ts'
import { measureCurve, type Point, type Setting } from './adaptation/curve.ts'
import { forceLinks } from './adaptation/forced.ts'
import { idealOf } from './adaptation/ideal.ts'
import { networkOf, SCENARIO_NAMES, SCENARIOS, type Scenario } from './adaptation/scenario.ts'
import { caseOf, drawCurve, judgeCurve, tableOf } from './adaptation/show.ts'
import type { Bench, BenchContext, BenchOutcome } from './harness.ts'
import { withLab } from './labs.ts'
import { guestsOf } from './patterns/job.ts'

export interface AdaptationOptions {
  /** cluster, man, wan or all. */
  readonly scenario?: string | undefined
}

export function createAdaptationBench({ scenario }: AdaptationOptions = {}): Bench {
  const chosen = chooseScenarios(scenario)
  return {
    name: 'adaptation',
    summary: 'speed-up of BSP programs by fast paths: forced, chosen by the network, and ideal',
    method: [
      'Eight hosts with a guest each in a lab (topologies/cluster.yaml, two-clusters-man.yaml, ' +
        'wan.yaml), all lines emulated. All lines are slow, so that it is they that limit and ' +
        'not the two or four cores that run eighteen machines. The guests run `vnet bench ' +
        'patterns` without computation; a time per iteration is the median of at least four, ' +
        'one iteration after the last change.',
      'Ideal: the fluid model with the true rates and delays of the topology file: headers of ' +
        'both Ethernets, the busiest line, the longest way of a message and two of the barrier.',
    ],
    run: async (context) => {
      const parts: BenchOutcome[] = []
      for (const one of chosen) parts.push(await runScenario(one, context))
      return {
        cases: parts.flatMap(({ cases }) => cases),
        checks: parts.flatMap(({ checks }) => checks),
        sections: parts.flatMap(({ sections = [] }) => sections),
        drawings: parts.flatMap(({ drawings = [] }) => drawings),
        details: Object.fromEntries(chosen.map(({ name }, at) => [name, parts[at]?.details])),
      }
    },
  }
}

function chooseScenarios(wanted = 'all'): readonly Scenario[] {
  const chosen = SCENARIOS.filter(({ name }) => wanted === 'all' || wanted === name)
  if (chosen.length > 0) return chosen
  throw new VnetError('adaptation-scenario', `there is no scenario '${wanted}'`, {
    hint: `choose one of: ${SCENARIO_NAMES.join(', ')}, all`,
  })
}

function runScenario(scenario: Scenario, context: BenchContext): Promise<BenchOutcome> {
  const progress = (text: string) => context.progress(`${scenario.name}: ${text}`)
  return withLab({ topology: scenario.topology }, progress, async (lab) => {
    const guests = guestsOf(lab, scenario.pattern.guests).map(({ name }) => name)
    const network = networkOf(lab.topology, scenario.pattern, guests)
    const ideal = idealOf(network, scenario.messageBytes)
    const setting: Setting = {
      ...{ lab, scenario, network, ideal, progress },
      isQuick: context.isQuick,
    }
    const curve: Point[] = await measureCurve(setting, forceLinks(lab))
    return {
      cases: [caseOf(scenario, curve)],
      checks: judgeCurve(scenario, curve),
      sections: [{ title: scenario.title, lines: tableOf(curve) }],
      drawings: [drawCurve(scenario, curve)],
      details: { curve },
    }
  })
}

export const adaptationBench = createAdaptationBench()
