// `vnet hosts`: the hosts of the network, those that are missing included.

import type { HostRow } from '../../control/api.ts'
import { type Column, renderTable } from '../columns.ts'
import { formatCount, formatWhen } from '../units.ts'
import { bytesCell, lossCell, rttCell, sinceCell, stateCell, type View } from './view.ts'

const DAY_MS = 86_400_000

export const viewHosts: View<readonly HostRow[]> = (rows, { paint, nowMs }) => {
  const columns: readonly Column<HostRow>[] = [
    { title: 'HOST', cell: ({ name }) => ({ text: name, tone: 'strong' }) },
    { title: 'STATE', cell: ({ state }) => stateCell(state) },
    { title: 'FOR', isRight: true, cell: ({ sinceMs }) => sinceCell(sinceMs, nowMs) },
    { title: 'ADDRESS', cell: ({ address }) => address },
    { title: 'RTT', isRight: true, cell: ({ rttUs }) => rttCell(rttUs) },
    { title: 'PORTS', isRight: true, cell: ({ ports }) => countCell(ports) },
    { title: 'MACS', isRight: true, cell: ({ macs }) => countCell(macs) },
    { title: 'RX', isRight: true, cell: ({ rxBytes }) => bytesCell(rxBytes) },
    { title: 'TX', isRight: true, cell: ({ txBytes }) => bytesCell(txBytes) },
    { title: 'DROPS', isRight: true, cell: ({ drops }) => lossCell(drops) },
    { title: 'FAST PATHS', cell: ({ fastPaths }) => fastPaths.join(', ') },
    { title: 'CERTIFICATE', cell: (row) => certificateCell(row, nowMs) },
    { title: 'VERSION', cell: ({ version }) => version },
  ]
  const empty = "no hosts yet: 'vnet token create' prints what to run on one"
  return renderTable({ columns, rows, empty, paint })
}

function countCell(count: number | null) {
  return count === null ? null : formatCount(count)
}

function certificateCell({ certificateNotAfterMs: endMs }: HostRow, nowMs: number) {
  if (endMs === null) return null
  const text = formatWhen(endMs, nowMs)
  if (endMs < nowMs) return { text, tone: 'bad' } as const
  return { text, tone: endMs - nowMs < 7 * DAY_MS ? 'warn' : 'plain' } as const
}
