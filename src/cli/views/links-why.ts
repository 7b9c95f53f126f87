// `vnet links --why`: all fast paths of the network, who wants each, what it gains and why.

import type { LinkView } from '../../adapt/types.ts'
import { type Cell, type Column, renderTable } from '../columns.ts'
import { formatGain } from './plan.ts'
import { sinceCell, type View } from './view.ts'

export type ExplainedLink = LinkView & {
  /** Of the last plan; null: it has no such link. */
  readonly gain: number | null
}

export const viewLinksWhy: View<readonly ExplainedLink[]> = (rows, { paint, nowMs }) => {
  const columns: readonly Column<ExplainedLink>[] = [
    { title: 'LINK', cell: ({ a, b }) => ({ text: `${a} - ${b}`, tone: 'strong' }) },
    { title: 'BY', cell: ({ isManual }) => (isManual ? 'hand' : 'adaptation') },
    { title: 'STATE', cell: stateOf },
    { title: 'FOR', isRight: true, cell: ({ sinceMs }) => sinceCell(sinceMs, nowMs) },
    { title: 'PAIRS', isRight: true, cell: ({ edges }) => String(edges) },
    { title: 'GAIN', isRight: true, cell: ({ gain }) => (gain === null ? null : formatGain(gain)) },
    { title: 'WHY', cell: ({ reason }) => reason },
  ]
  const empty = "no fast paths: all traffic takes the star ('vnet plan' tells why)"
  return renderTable({ columns, rows, empty, paint })
}

function stateOf({ phase, isConnected }: LinkView): Cell {
  if (phase !== 'standing') return phase
  return isConnected ? { text: 'up', tone: 'good' } : { text: 'down', tone: 'bad' }
}
