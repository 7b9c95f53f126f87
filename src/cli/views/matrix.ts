// `vnet matrix`: who sends how much to whom, as a heat map in the terminal: a row a sender, a
// column a receiver, ordered by pattern, on a logarithmic scale. What is no edge is a dot.

import type { GuestNames, MatrixView } from '../../control/api.ts'
import type { PairState, Verdict } from '../../infer/types.ts'
import { type Column, renderTable } from '../columns.ts'
import { harmless, type Tone } from '../output.ts'
import { formatCount, formatPerSecond, formatRate, formatTime } from '../units.ts'
import { groupBy, guestName, guestsInOrder } from './guests.ts'
import { missingHosts, staleNote } from './topology.ts'
import { lossCell, type View, type ViewOptions } from './view.ts'

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const
const DOT = '·'
/** A column: its number below 100 and a blank. */
const CELL_COLUMNS = 3
const NAME_COLUMNS_MAX = 20
/** Of the number before a row. */
const NUMBER_COLUMNS = 4
const DEFAULT_COLUMNS = 100
const GUESTS_MAX = 99

/** What the row and column of a pair are, and what is in the cell. */
interface HeatMap {
  readonly guests: readonly string[]
  readonly pairs: ReadonlyMap<string, PairState>
  readonly scale: Scale
}

interface Scale {
  readonly lowest: number
  readonly highest: number
  /** 0..7. */
  levelOf(bytesPerSecond: number): number
}

export const viewMatrix: View<MatrixView> = (view, options) => {
  const { paint, columns = DEFAULT_COLUMNS } = options
  const all = orderedGuests(view)
  const nameColumns = Math.min(
    NAME_COLUMNS_MAX,
    Math.max(0, ...all.map((mac) => guestName(mac, view.names).length)),
  )
  const room = Math.floor((columns - nameColumns - NUMBER_COLUMNS) / CELL_COLUMNS)
  const guestsMax = Math.max(2, Math.min(options.top ?? GUESTS_MAX, GUESTS_MAX, room))
  const guests = busiest(all, view, guestsMax)
  const hidden = all.length - guests.length
  const map = { guests, pairs: pairsOf(view), scale: scaleOf(view.pairs) }
  const parts = [
    paint('dim', headline(view, all.length)),
    staleNote(view, options),
    missingHosts(view.hosts, paint),
    all.length === 0 ? 'no traffic between guests' : heatMap(map, view.names, nameColumns, options),
    hidden > 0
      ? paint(
          'dim',
          `and ${formatCount(hidden)} quieter guests: --top, --pairs or --json shows more`,
        )
      : '',
    legend(map.scale, view.pairs, options),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

/** One line a pair, busiest first, with what became of it and why. */
export const viewPairs: View<MatrixView> = (view, options) => {
  const { paint, top = 50 } = options
  const rows = view.pairs.toSorted((a, b) => b.smoothedBytesPerSecond - a.smoothedBytesPerSecond)
  const { names } = view
  const columns: readonly Column<PairState>[] = [
    { title: 'FROM', cell: ({ source }) => ({ text: guestName(source, names), tone: 'strong' }) },
    { title: 'TO', cell: ({ destination }) => guestName(destination, names) },
    { title: 'NOW', isRight: true, cell: (row) => formatRate(row.bytesPerSecond) },
    { title: 'AVERAGE', isRight: true, cell: (row) => formatRate(row.smoothedBytesPerSecond) },
    { title: 'FRAMES/S', isRight: true, cell: (row) => formatPerSecond(row.framesPerSecond) },
    { title: 'DROPS/S', isRight: true, cell: (row) => lossCell(row.droppedFramesPerSecond) },
    { title: 'EDGE FROM', isRight: true, cell: thresholdCell },
    { title: 'VERDICT', cell: ({ verdict }) => ({ text: verdict, tone: toneOf(verdict) }) },
  ]
  const table = renderTable({
    ...{ columns, rows: rows.slice(0, top), paint },
    empty: 'no traffic between guests',
  })
  const hidden = Math.max(0, rows.length - top)
  return hidden === 0 ? table : `${table}\n${paint('dim', `and ${formatCount(hidden)} more pairs`)}`
}

/** Guests that belong to two groups are no edge at any rate: JSON has null for infinity. */
function thresholdCell({ threshold }: PairState): string | null {
  return Number.isFinite(threshold) ? formatRate(threshold) : null
}

function headline({ atMs, pairs, topology }: MatrixView, guests: number): string {
  const counts = [
    `${formatCount(guests)} guests`,
    `${formatCount(pairs.length)} pairs with traffic`,
    `${formatCount(topology.edges.length)} edges`,
  ]
  return [formatTime(atMs), ...counts, 'rows send, columns receive'].join('  ')
}

/** By pattern, the largest first; then those that are in none, by address. */
export function orderedGuests({ patterns, pairs }: MatrixView): readonly string[] {
  const inPatterns = patterns.flatMap(guestsInOrder)
  const known = new Set(inPatterns)
  const others = pairs
    .filter(({ verdict }) => verdict !== 'group')
    .flatMap(({ source, destination }): string[] => [source, destination])
    .filter((mac) => !known.has(mac))
  return [...inPatterns, ...[...new Set(others)].sort()]
}

/** The guests with most traffic, in their order. */
export function busiest(
  guests: readonly string[],
  { pairs }: MatrixView,
  guestsMax: number,
): readonly string[] {
  if (guests.length <= guestsMax) return guests
  const loads = new Map<string, number>()
  for (const { source, destination, smoothedBytesPerSecond: load } of pairs) {
    loads.set(source, (loads.get(source) ?? 0) + load)
    loads.set(destination, (loads.get(destination) ?? 0) + load)
  }
  const sorted = guests.toSorted((a, b) => (loads.get(b) ?? 0) - (loads.get(a) ?? 0))
  const kept = new Set(sorted.slice(0, guestsMax))
  return guests.filter((mac) => kept.has(mac))
}

function pairsOf({ pairs }: MatrixView): ReadonlyMap<string, PairState> {
  return new Map(pairs.map((pair) => [`${pair.source}>${pair.destination}`, pair]))
}

/** From the weakest edge to the strongest; without edges, over all that is there. */
function scaleOf(pairs: readonly PairState[]): Scale {
  const edges = pairs.filter(({ verdict }) => verdict === 'edge')
  const rates = (edges.length > 0 ? edges : pairs)
    .map(({ smoothedBytesPerSecond }) => smoothedBytesPerSecond)
    .filter((rate) => rate > 0)
  const lowest = rates.reduce((least, rate) => Math.min(least, rate), Number.POSITIVE_INFINITY)
  const highest = rates.reduce((most, rate) => Math.max(most, rate), 0)
  const span = Math.log(highest / lowest)
  const top = BLOCKS.length - 1
  return {
    ...{ lowest, highest },
    levelOf: (rate) => {
      if (!(span > 0)) return top
      const level = Math.round((Math.log(Math.max(rate, lowest) / lowest) / span) * top)
      return Math.min(top, Math.max(0, level))
    },
  }
}

function heatMap(
  map: HeatMap,
  names: GuestNames,
  nameColumns: number,
  { paint }: ViewOptions,
): string {
  const number = (index: number) => String(index + 1).padStart(CELL_COLUMNS - 1)
  const blank = ' '.repeat(nameColumns + NUMBER_COLUMNS)
  const head = `${blank}${map.guests.map((_, index) => number(index)).join(' ')}`
  const rows = map.guests.map((source, index) => {
    const name = shortened(harmless(guestName(source, names)), nameColumns)
    const cells = map.guests.map((destination) => cell(map, source, destination))
    const painted = cells.map(({ text, tone }) => paint(tone, text)).join(' ')
    return `${number(index)}  ${paint('strong', name)}${painted.trimEnd()}`.trimEnd()
  })
  return [paint('dim', head), ...rows].join('\n')
}

function cell(
  { pairs, scale }: HeatMap,
  source: string,
  destination: string,
): { readonly text: string; readonly tone: Tone } {
  const pair = pairs.get(`${source}>${destination}`)
  if (pair === undefined || pair.smoothedBytesPerSecond === 0) {
    return source === destination ? { text: ' \\', tone: 'dim' } : { text: '  ', tone: 'plain' }
  }
  if (pair.verdict !== 'edge') return { text: ` ${DOT}`, tone: 'dim' }
  const level = scale.levelOf(pair.smoothedBytesPerSecond)
  return { text: (BLOCKS[level] ?? DOT).repeat(2), tone: `heat${level}` as Tone }
}

function legend(scale: Scale, pairs: readonly PairState[], { paint }: ViewOptions): string {
  if (scale.highest === 0) return ''
  const blocks = BLOCKS.map((block, level) => paint(`heat${level}` as Tone, block)).join('')
  const range = `${formatRate(scale.lowest)} ${blocks} ${formatRate(scale.highest)}, logarithmic`
  const others = pairs.filter(({ verdict }) => verdict !== 'edge')
  const kinds = [...groupBy(others, ({ verdict }) => verdict)].map(
    ([verdict, list]) => `${list.length} ${verdict}`,
  )
  const dots = kinds.length === 0 ? [] : [`${DOT} no edge: ${kinds.join(', ')}`]
  return [range, ...dots].join('\n')
}

function shortened(text: string, columns: number): string {
  return text.length > columns ? `${text.slice(0, columns - 1)}…` : text.padEnd(columns)
}

function toneOf(verdict: Verdict): Tone {
  if (verdict === 'edge') return 'good'
  return verdict === 'settling' ? 'warn' : 'dim'
}
