// Tables without borders: columns two blanks apart, numbers to the right, titles in capitals. Easy
// to read, and to take apart with awk.

import { harmless, type Paint, type Tone } from './output.ts'

/** A text, with a tone if it should stand out; null and undefined are shown as `-`. */
export type Cell = string | null | undefined | { readonly text: string; readonly tone: Tone }

export interface Column<Row> {
  readonly title: string
  readonly isRight?: boolean
  readonly cell: (row: Row) => Cell
}

/** The table, or `empty` where there are no rows. No line end at its end. */
export function renderTable<Row>(options: {
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  /** What to say instead of an empty table. */
  readonly empty: string
  readonly paint: Paint
}): string {
  const { columns, rows, paint } = options
  if (rows.length === 0) return options.empty
  const titles = columns.map(({ title }) => ({ text: title, tone: 'dim' as const }))
  const cells = rows.map((row) => columns.map((column) => normalise(column.cell(row))))
  const widths = columns.map((_, index) =>
    Math.max(...[titles, ...cells].map((line) => widthOf(line[index]?.text ?? ''))),
  )
  const lines = [titles, ...cells].map((line) =>
    line.map((cell, index) => {
      const blanks = ' '.repeat((widths[index] ?? 0) - widthOf(cell.text))
      if (columns[index]?.isRight) return blanks + paint(cell.tone, cell.text)
      // No blanks at the end of a line.
      return paint(cell.tone, cell.text) + (index === line.length - 1 ? '' : blanks)
    }),
  )
  return lines.map((line) => line.join('  ')).join('\n')
}

/** `name  value` lines; null values are left out. */
export function renderFacts(
  facts: readonly (readonly [name: string, value: Cell])[],
  paint: Paint,
): string {
  const shown = facts.filter(([, value]) => value !== null && value !== undefined)
  const width = Math.max(...shown.map(([name]) => name.length))
  return shown
    .map(([name, value]) => {
      const { text, tone } = normalise(value)
      return `${paint('dim', name.padEnd(width))}  ${paint(tone, text)}`
    })
    .join('\n')
}

function normalise(cell: Cell): { readonly text: string; readonly tone: Tone } {
  if (cell === null || cell === undefined || cell === '') return { text: '-', tone: 'dim' }
  if (typeof cell === 'string') return { text: harmless(cell), tone: 'plain' }
  return { text: harmless(cell.text), tone: cell.tone }
}

function widthOf(text: string): number {
  return [...text].length
}
