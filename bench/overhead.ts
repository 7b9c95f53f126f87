// `vnet bench overhead`: what watching the traffic costs: throughput and round trips with it on and
// off, taken in turn, and the bytes of the reports.

import type { AdminClient } from '../src/control/client.ts'
import { type Check, check } from './checks.ts'
import { startGuestNetwork } from './guests.ts'
import { type Bench, type BenchContext, type CaseResult, medianOf } from './harness.ts'
import { createSandbox } from './netns.ts'
import { measureRoundTrips, measureThroughput, PAIRED_METHOD } from './overhead/paired.ts'
import { measureReports, REPORTS_METHOD } from './overhead/reports.ts'

export const overheadBench: Bench = {
  name: 'overhead',
  summary: 'what the inference costs: throughput, round trips, traffic of the reports',
  method: [
    'Real daemons: a proxy and hosts whose guests are namespaces with a TAP device each; frames ' +
      'take the star. On and off are `vnet set inference 1` and `0` while everything runs.',
    ...PAIRED_METHOD,
    ...REPORTS_METHOD,
  ],
  run: async (context) => {
    const cases = [...(await comparePaths(context)), ...(await countReports(context))]
    return { cases, checks: judge(cases) }
  },
}

async function comparePaths(context: BenchContext): Promise<CaseResult[]> {
  const sandbox = createSandbox('o')
  try {
    const { network, guests, close } = await startGuestNetwork(sandbox)
    const [client, server] = [guests[0], guests[7]]
    if (client === undefined || server === undefined) throw new Error('there are eight guests')
    const { namespace, address } = server
    const path = { client: client.namespace, server: namespace, address }
    const receivedBytes = () => server.receivedBytes()
    const stage = { path, receivedBytes, turn: switchOf(network.proxy.admin) }
    const { isQuick } = context
    const results = await context.interleave(
      [
        { name: 'throughput', measure: () => measureThroughput(stage, isQuick ? 8 : 16) },
        { name: 'round-trips', measure: () => measureRoundTrips(stage, isQuick ? 8 : 24) },
      ],
      isQuick ? 1 : 3,
    )
    await stage.turn(true)
    await close()
    return results
  } finally {
    await sandbox.close()
  }
}

async function countReports(context: BenchContext): Promise<CaseResult[]> {
  const sandbox = createSandbox('o')
  try {
    const net = await startGuestNetwork(sandbox, 1)
    const turn = switchOf(net.network.proxy.admin)
    const seconds = context.isQuick ? 3 : 6
    const measure = () => measureReports(net, { turn, seconds })
    const results = await context.interleave([{ name: 'reports', measure }], 1)
    await net.close()
    return results
  } finally {
    await sandbox.close()
  }
}

function switchOf(admin: AdminClient) {
  return async (isOn: boolean): Promise<void> => {
    await admin.setParameter('inference', isOn ? 1 : 0)
  }
}

function judge(cases: readonly CaseResult[]): Check[] {
  const of = (name: string, measure: string) => medianOf(cases, name, measure)
  return [
    check({
      ...{ name: 'throughputLost', value: of('throughput', 'lostPercent') },
      ...{ unit: '%', op: '<=', target: 1 },
    }),
    check({
      ...{ name: 'rttP50OnToOff', value: of('round-trips', 'onToOff') },
      ...{ unit: 'x', op: '<=', target: 1.02 },
    }),
    check({
      ...{ name: 'reportsOf8GuestsAllToAll', value: of('reports', 'talkingBytesPerSecond') },
      ...{ unit: 'bytes/s', op: '<=', target: 20_000 },
    }),
    // A heartbeat every 2 s, the question for the time every five, and their acknowledgements.
    check({
      ...{ name: 'reportsWhenIdle', value: of('reports', 'idleBytesPerSecond') },
      ...{ unit: 'bytes/s', op: '<=', target: 500 },
    }),
  ]
}
