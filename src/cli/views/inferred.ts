// `vnet infer`: the captures, the phases of the application in them, and one phase in detail.

import type { CaptureRow, InferResult, PhaseRow } from '../captures/result.ts'
import { type Column, renderTable } from '../columns.ts'
import { formatCount, formatDuration, formatTime } from '../units.ts'
import { patternsText } from './guests.ts'
import { patternParts } from './topology.ts'
import type { ViewOptions } from './view.ts'

/** `chosen`: the phase to show in detail; null: none. */
export function viewInferred(
  result: InferResult,
  chosen: number | null,
  options: ViewOptions,
): string {
  const { paint } = options
  const { firstMs, lastMs, phases, names } = result
  const length = formatDuration(lastMs - firstMs)
  const span = `${formatTime(firstMs)} to ${formatTime(lastMs)} (${length})`
  const phase = chosen === null ? undefined : phases[chosen]
  const detail =
    phase === undefined || phase.patterns.length === 0
      ? []
      : [
          paint('strong', `Phase ${(chosen ?? 0) + 1}, ${between(phase, firstMs)}`),
          ...patternParts({ ...phase, names }, { ...options, nowMs: phase.toMs }),
        ]
  return [
    paint('dim', span),
    captureTable(result, options),
    phaseTable(result, options),
    ...detail,
  ].join('\n\n')
}

function captureTable({ captures }: InferResult, { paint }: ViewOptions): string {
  const columns: readonly Column<CaptureRow>[] = [
    { title: 'CAPTURE', cell: ({ name }) => ({ text: name, tone: 'strong' }) },
    { title: 'FRAMES', isRight: true, cell: ({ frames }) => formatCount(frames) },
    { title: 'FROM', cell: ({ firstMs }) => formatTime(firstMs) },
    { title: 'FOR', isRight: true, cell: (row) => formatDuration(row.lastMs - row.firstMs) },
    { title: 'CLOCK', cell: clockText },
  ]
  return renderTable({ columns, rows: captures, empty: 'nothing captured', paint })
}

/** Against the first file's. */
function clockText({ clockOffsetMs, comparedFrames }: CaptureRow): string {
  if (comparedFrames === 0) return ''
  const away = formatDuration(Math.abs(clockOffsetMs))
  const how = clockOffsetMs > 0 ? 'behind' : 'ahead'
  return `${away} ${how}, by ${formatCount(comparedFrames)} frames in common`
}

function phaseTable({ phases, firstMs }: InferResult, { paint }: ViewOptions): string {
  const rows = phases.map((phase, index) => ({ phase, number: index + 1 }))
  const columns: readonly Column<(typeof rows)[number]>[] = [
    { title: 'PHASE', isRight: true, cell: ({ number }) => String(number) },
    { title: 'AT', isRight: true, cell: ({ phase }) => sinceStart(phase.fromMs, firstMs) },
    { title: 'FOR', isRight: true, cell: ({ phase }) => formatDuration(phase.toMs - phase.fromMs) },
    {
      title: 'TOPOLOGY',
      cell: ({ phase }) => ({ text: patternsText(phase.patterns), tone: 'strong' }),
    },
    {
      title: 'EDGES',
      isRight: true,
      cell: ({ phase }) => formatCount(phase.topology.edges.length),
    },
    { title: 'NEW', isRight: true, cell: ({ phase }) => count('+', phase.added.length) },
    { title: 'GONE', isRight: true, cell: ({ phase }) => count('-', phase.removed.length) },
  ]
  return renderTable({ columns, rows, empty: 'nothing was counted in this window', paint })
}

function between({ fromMs, toMs }: PhaseRow, firstMs: number): string {
  return `${sinceStart(fromMs, firstMs)} to ${sinceStart(toMs, firstMs)} after the first frame`
}

/** Seconds with one digit: phases are compared with the capture in other programs. */
function sinceStart(atMs: number, firstMs: number): string {
  return `${(Math.max(0, atMs - firstMs) / 1000).toFixed(1)} s`
}

function count(sign: string, changes: number) {
  return changes === 0 ? null : `${sign}${formatCount(changes)}`
}
