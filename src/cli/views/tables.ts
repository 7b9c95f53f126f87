// `vnet macs`, `rules`, `drops`, `counters`: the tables of the switch.

import type { DropsRow, MacRow, PairRow, RuleRow } from '../../control/api.ts'
import { type Column, renderTable } from '../columns.ts'
import { formatBytes, formatCount, formatDuration, formatPerSecond, formatRate } from '../units.ts'
import { lossCell, type View } from './view.ts'

const MAC_COLUMNS: readonly Column<MacRow>[] = [
  { title: 'MAC', cell: ({ mac }) => ({ text: mac, tone: 'strong' }) },
  { title: 'WHERE', cell: ({ where }) => where },
  { title: 'LAST SEEN', isRight: true, cell: ({ ageMs }) => `${formatDuration(ageMs)} ago` },
  { title: 'PINNED TO', cell: ({ pinnedTo }) => pinnedTo },
  {
    title: 'NOTE',
    cell: ({ isDamped, moves }) => {
      if (isDamped) return { text: `flapping, ${moves} moves in 10 s`, tone: 'bad' }
      return moves === 0 ? '' : `${moves} ${moves === 1 ? 'move' : 'moves'} in 10 s`
    },
  },
]

export const viewMacs: View<readonly MacRow[]> = (rows, { paint }) =>
  renderTable({ columns: MAC_COLUMNS, rows, empty: 'no MAC addresses seen yet', paint })

const RULE_COLUMNS: readonly Column<RuleRow>[] = [
  { title: 'DESTINATION', cell: ({ destination }) => ({ text: destination, tone: 'strong' }) },
  { title: 'SOURCE', cell: ({ source }) => source ?? 'any' },
  { title: 'TO', cell: ({ target }) => target },
  { title: 'BY', cell: ({ origin }) => origin },
  { title: 'TRANSIT', cell: ({ isTransit }) => (isTransit === true ? 'yes' : 'no') },
  { title: 'FRAMES', isRight: true, cell: ({ frames }) => formatCount(frames) },
  { title: 'BYTES', isRight: true, cell: ({ bytes }) => formatBytes(bytes) },
]

export const viewRules: View<readonly RuleRow[]> = (rows, { paint }) =>
  renderTable({
    columns: RULE_COLUMNS,
    rows,
    empty: 'no rules: frames go by learned addresses and by the star',
    paint,
  })

const DROP_COLUMNS: readonly Column<DropsRow>[] = [
  { title: 'WHERE', cell: ({ where }) => ({ text: where, tone: 'strong' }) },
  { title: 'REASON', cell: ({ reason }) => reason },
  { title: 'FRAMES', isRight: true, cell: ({ count }) => lossCell(count) },
]

export const viewDrops: View<readonly DropsRow[]> = (rows, { paint }) =>
  renderTable({
    columns: DROP_COLUMNS,
    rows: rows.filter(({ count }) => count > 0),
    empty: 'no frame was dropped',
    paint,
  })

const PAIR_COLUMNS: readonly Column<PairRow>[] = [
  { title: 'SOURCE', cell: ({ source }) => ({ text: source, tone: 'strong' }) },
  { title: 'DESTINATION', cell: ({ destination }) => destination },
  { title: 'RATE', isRight: true, cell: (row) => formatRate(row.bytesPerSecond) },
  { title: 'FRAMES/S', isRight: true, cell: (row) => formatPerSecond(row.framesPerSecond) },
  { title: 'BYTES', isRight: true, cell: ({ bytes }) => formatBytes(bytes) },
  { title: 'FRAMES', isRight: true, cell: ({ frames }) => formatCount(frames) },
  { title: 'DROPS', isRight: true, cell: ({ droppedFrames }) => lossCell(droppedFrames) },
]

/** Busiest pairs first. */
export const viewCounters: View<readonly PairRow[]> = (rows, { paint }) =>
  renderTable({
    columns: PAIR_COLUMNS,
    rows: byRate(rows),
    empty: 'no traffic entered the overlay here yet',
    paint,
  })

/** Pairs by rate now, then by bytes so far. */
export function byRate(rows: readonly PairRow[]): readonly PairRow[] {
  return [...rows].sort((a, b) => b.bytesPerSecond - a.bytesPerSecond || b.bytes - a.bytes)
}
