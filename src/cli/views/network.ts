// `vnet network`: what the links are like, as matrices of latency and bandwidth from each daemon to
// each other, and with age and confidence as a list.

import type { PathMeasure } from '../../adapt/types.ts'
import type { NetworkView } from '../../control/network.ts'
import { type Cell, type Column, renderTable } from '../columns.ts'
import { formatDuration, formatMicroseconds, formatRate, formatShare } from '../units.ts'
import type { View } from './view.ts'

/** More of each are told by --json only. */
const HOSTS_MAX = 32
const PATHS_MAX = 64
/** A rate that is less sure than this is marked. */
const SURE = 0.25

export const viewNetwork: View<NetworkView> = (network, { paint, nowMs }) => {
  const { hosts, paths, proxy } = network
  if (hosts.length === 0) return 'no hosts are connected'
  const shown = hosts.slice(0, HOSTS_MAX)
  const names = [proxy, ...shown]
  const known = new Map(paths.map((path) => [`${path.from} ${path.to}`, path]))
  const refused = refusedPairs(network)
  const matrix = (title: string, cell: (path: PathMeasure) => Cell) => {
    const columns: readonly Column<string>[] = [
      { title, cell: (from) => ({ text: from, tone: 'strong' }) },
      ...names.map(
        (to): Column<string> => ({
          title: to,
          isRight: true,
          cell(from) {
            const path = known.get(`${from} ${to}`)
            if (refused.has(`${from} ${to}`)) return { text: 'x', tone: 'bad' }
            return path === undefined ? { text: '.', tone: 'dim' } : cell(path)
          },
        }),
      ),
    ]
    return renderTable({ columns, rows: names, empty: '', paint })
  }
  const parts = [
    matrix('LATENCY', latencyCell),
    matrix('BANDWIDTH', bandwidthCell),
    pathTable(paths.slice(0, PATHS_MAX), paint, nowMs),
    accessLine(network),
    ...hintsOf(network),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

function latencyCell({ rttMs }: PathMeasure): Cell {
  return rttMs === null ? { text: '.', tone: 'dim' } : formatMicroseconds(rttMs * 1_000)
}

/** `>` before a rate that the path was only asked for, `~` before one that is old or unsure. */
function bandwidthCell({ bytesPerSecond, isSaturated, confidence }: PathMeasure): Cell {
  if (bytesPerSecond === null) return { text: '.', tone: 'dim' }
  const rate = formatRate(bytesPerSecond)
  if (!isSaturated) return { text: `>${rate}`, tone: 'dim' }
  return confidence < SURE ? `~${rate}` : rate
}

function refusedPairs({ reachability }: NetworkView): ReadonlySet<string> {
  const refused = reachability.filter(({ isReachable }) => !isReachable)
  return new Set(refused.flatMap(({ a, b }) => [`${a} ${b}`, `${b} ${a}`]))
}

function pathTable(
  rows: readonly PathMeasure[],
  paint: Parameters<typeof renderTable>[0]['paint'],
  nowMs: number,
): string {
  const ms = (value: number | null) => (value === null ? null : formatMicroseconds(value * 1_000))
  const ago = (atMs: number | null) =>
    atMs === null ? null : formatDuration(Math.max(0, nowMs - atMs))
  const columns: readonly Column<PathMeasure>[] = [
    { title: 'FROM', cell: ({ from }) => from },
    { title: 'TO', cell: ({ to }) => to },
    { title: 'RTT', isRight: true, cell: ({ rttMs }) => ms(rttMs) },
    { title: 'JITTER', isRight: true, cell: ({ jitterMs }) => ms(jitterMs) },
    {
      title: 'LOSS',
      isRight: true,
      cell: ({ lossRatio: loss }) => (loss === null ? null : formatShare(loss, 1)),
    },
    { title: 'QUEUE', isRight: true, cell: ({ queueMs }) => ms(queueMs) },
    { title: 'LOAD', isRight: true, cell: ({ loadBytesPerSecond: load }) => formatRate(load) },
    { title: 'CARRIES', isRight: true, cell: bandwidthCell },
    { title: 'AGE', isRight: true, cell: ({ rateAtMs }) => ago(rateAtMs ?? null) },
    { title: 'SURE', isRight: true, cell: ({ confidence }) => formatShare(confidence, 1) },
  ]
  return renderTable({ columns, rows, empty: '', paint })
}

function accessLine({ access }: NetworkView): string {
  const told = access.flatMap(({ name, sendBytesPerSecond, receiveBytesPerSecond }) => [
    ...(sendBytesPerSecond === null ? [] : [`${name} sends ${formatRate(sendBytesPerSecond)}`]),
    ...(receiveBytesPerSecond === null
      ? []
      : [`${name} receives ${formatRate(receiveBytesPerSecond)}`]),
  ])
  return told.length === 0 ? '' : `limits of all links together: ${told.join(', ')}`
}

function hintsOf({ hosts, paths, reachability }: NetworkView): string[] {
  const refused = reachability.filter(({ isReachable }) => !isReachable)
  const isCut = hosts.length > HOSTS_MAX || paths.length > PATHS_MAX
  return [
    ...refused.map(({ a, b, reason }) => `${a} and ${b} cannot connect: ${reason}`),
    ...(isCut ? [`of ${hosts.length} hosts, ${paths.length} paths; all of them: --json`] : []),
  ]
}
