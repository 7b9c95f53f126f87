// `vnet bench reaction`: how soon the proxy knows that the guests talk in another pattern, and what
// it makes of two patterns that take turns.

import { startGuestNetwork } from './guests.ts'
import type { Bench } from './harness.ts'
import { createSandbox } from './netns.ts'
import { ALTERNATION_METHOD, judgeAlternation, listAlternations } from './reaction/alternation.ts'
import { createStage } from './reaction/stage.ts'
import { judgeSwitches, measureSwitches, SWITCHES_METHOD } from './reaction/switches.ts'

export const reactionBench: Bench = {
  name: 'reaction',
  summary: "time from a pattern's first frame to the change of the topology; alternating patterns",
  method: [
    'Eight guests (namespaces with a TAP device each) on four hosts, a proxy, real daemons, all ' +
      'parameters at their defaults. In each guest a small program sends UDP datagrams of 1400 ' +
      'bytes at 300 kB/s to each of its peers, from an instant on that is named in advance; all ' +
      'processes share one clock.',
    ...SWITCHES_METHOD,
    ...ALTERNATION_METHOD,
  ],
  run: async (context) => {
    const sandbox = createSandbox('r')
    try {
      const network = await startGuestNetwork(sandbox)
      context.progress('the overlay is up')
      const stage = createStage(network)
      const switches = { name: 'switches', measure: () => measureSwitches(stage, context) }
      const cases = await context.interleave(
        [switches, ...listAlternations(stage, context.isQuick)],
        1,
      )
      await network.close()
      return { cases, checks: [...judgeSwitches(cases), ...judgeAlternation(cases)] }
    } finally {
      await sandbox.close()
    }
  },
}
