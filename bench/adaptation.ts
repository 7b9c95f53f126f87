// `vnet bench adaptation`: the three experiments of the first adaptive VNET: what fast paths bring
// to a BSP program, forced one after the other and chosen by the network itself; and a network
// whose programs change.

import { VnetError } from '../src/base/errors.ts'
import { measureAutomatic } from './adaptation/automatic.ts'
import { measureChanges } from './adaptation/changes.ts'
import { measureCurve, type Setting } from './adaptation/curve.ts'
import { forceLinks } from './adaptation/forced.ts'
import { idealOf } from './adaptation/ideal.ts'
import { controlOf } from './adaptation/network-control.ts'
import { networkOf, SCENARIOS, type Scenario } from './adaptation/scenario.ts'
import { showScenario } from './adaptation/show.ts'
import type { Bench, BenchContext, BenchOutcome } from './harness.ts'
import { withLab } from './labs.ts'
import { guestsOf } from './patterns/job.ts'

export interface AdaptationOptions {
  /** cluster, man, wan, changes or all. */
  readonly scenario?: string | undefined
}

export function createAdaptationBench({ scenario }: AdaptationOptions = {}): Bench {
  const chosen = chooseParts(scenario)
  return {
    name: 'adaptation',
    summary: 'speed-up of BSP programs by fast paths: forced, chosen by the network, and ideal',
    method: [
      'Eight hosts with a guest each in a lab (topologies/cluster.yaml, two-clusters-man.yaml, ' +
        'wan.yaml), all lines emulated. All lines are slow, so that it is they that limit and ' +
        'not the two or four cores that run eighteen machines. The guests run `vnet bench ' +
        'patterns` without computation; a time per iteration is the median of at least four, ' +
        'one iteration after the last change.',
      'By itself: the program starts on a network that knows nothing of it and whose links were ' +
        'never measured. The time counts from the start of the first iteration; its speed is the ' +
        'median of the iterations that begin from 3 s to 9 s after it.',
      'Ideal: the fluid model with the true rates and delays of the topology file: headers of ' +
        'both Ethernets, the busiest line, the longest way of a message and two of the barrier.',
    ],
    run: async (context) => {
      const parts: BenchOutcome[] = []
      for (const { run } of chosen) parts.push(await run(context))
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

interface Part {
  readonly name: string
  run(context: BenchContext): Promise<BenchOutcome>
}

const PARTS: readonly Part[] = [
  ...SCENARIOS.map((scenario) => ({
    name: scenario.name,
    run: (context: BenchContext) => runScenario(scenario, context),
  })),
  { name: 'changes', run: runChanges },
]

function chooseParts(wanted = 'all'): readonly Part[] {
  const chosen = PARTS.filter(({ name }) => wanted === 'all' || wanted === name)
  if (chosen.length > 0) return chosen
  throw new VnetError('adaptation-scenario', `there is no scenario '${wanted}'`, {
    hint: `choose one of: ${PARTS.map(({ name }) => name).join(', ')}, all`,
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
    const control = controlOf(lab)
    // First, while the network has measured nothing.
    const automatic = await measureAutomatic(setting, control)
    await control.switchOff()
    const curve = await measureCurve(setting, forceLinks(lab))
    return showScenario(scenario, curve, automatic)
  })
}

function runChanges(context: BenchContext): Promise<BenchOutcome> {
  return withLab({ topology: 'cluster' }, context.progress, (lab) => measureChanges(lab, context))
}

export const adaptationBench = createAdaptationBench()
