// `vnet history`: how the topology changed, newest first.

import type { HistoryRow } from '../../control/api.ts'
import { type Column, renderTable } from '../columns.ts'
import { formatCount, formatTime, formatWhen } from '../units.ts'
import { patternsText } from './guests.ts'
import { formatReaction } from './topology.ts'
import type { View } from './view.ts'

export const viewHistory: View<readonly HistoryRow[]> = (rows, { paint, nowMs }) => {
  const columns: readonly Column<HistoryRow>[] = [
    { title: 'AT', cell: ({ change }) => formatTime(change.atMs) },
    { title: 'AGO', isRight: true, cell: ({ change }) => formatWhen(change.atMs, nowMs) },
    {
      title: 'TOPOLOGY',
      cell: ({ change }) => ({ text: patternsText(change.after), tone: 'strong' }),
    },
    { title: 'EDGES', isRight: true, cell: ({ topology }) => formatCount(topology.edges.length) },
    { title: 'NEW', isRight: true, cell: ({ change }) => countCell('+', change.added.length) },
    { title: 'GONE', isRight: true, cell: ({ change }) => countCell('-', change.removed.length) },
    { title: 'SEEN AFTER', isRight: true, cell: ({ change }) => formatReaction(change) },
  ]
  return renderTable({ columns, rows, empty: 'no change of the topology was kept', paint })
}

function countCell(sign: string, count: number) {
  return count === 0 ? null : `${sign}${formatCount(count)}`
}
