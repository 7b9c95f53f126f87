// Small drawings of patterns in plain text: enough to see who is where. Patterns that no few lines
// of text can show (a hypercube, three dimensions, an unknown graph) have none; --svg draws them.

import type { GuestNames, RecognisedRow } from '../../control/api.ts'
import { groupBy, guestName, guestsInOrder } from './guests.ts'

const LINE_COLUMNS = 96
/** More guests than this are a picture's affair. */
const GUESTS_MAX = 64

/** Lines of text; none where text cannot show it. */
export function sketch(pattern: RecognisedRow, names: GuestNames): readonly string[] {
  const { name, guests, dimensions } = pattern
  if (guests.length > GUESTS_MAX) return []
  const ordered = guestsInOrder(pattern).map((mac) => guestName(mac, names))
  const arrow = pattern.direction === 'both' ? ' -- ' : ' -> '
  switch (name) {
    case 'pair':
    case 'bus':
      return wrapped(ordered.join(arrow), arrow)
    case 'ring':
      return wrapped([...ordered, `(${ordered[0] ?? ''})`].join(arrow), arrow)
    case 'mesh':
    case 'torus':
      return dimensions.length === 2 ? grid(pattern, names) : []
    case 'tree':
    case 'tree-reduction':
    case 'reduction':
    case 'broadcast':
      return tree(pattern, names)
    case 'one-to-all':
      return star(ordered, '->')
    case 'all-to-one':
      return star(ordered, '<-')
    case 'partition':
    case 'tiers':
      return sets(pattern, names)
    case 'all-to-all':
      return wrapped(ordered.join(', '), ', ')
    case 'hypercube':
    case 'unknown':
      return []
  }
}

/** One guest to the left, the others to the right. */
function star([root = '', ...others]: readonly string[], arrow: string): readonly string[] {
  const lines = wrapped(others.join(', '), ', ', LINE_COLUMNS - root.length - 4)
  return lines.map((line, index) => {
    const start = index === 0 ? `${root} ${arrow}` : ' '.repeat(root.length + 3)
    return `${start} ${line}`
  })
}

function sets(pattern: RecognisedRow, names: GuestNames): readonly string[] {
  const bySet = groupBy(guestsInOrder(pattern), (mac) => pattern.roles[mac]?.set ?? 0)
  const sets = [...bySet.values()].map(
    (guests) => `{ ${guests.map((mac) => guestName(mac, names)).join(', ')} }`,
  )
  const arrow = pattern.direction === 'both' ? ' == ' : ' => '
  return wrapped(sets.join(arrow), ', ')
}

function grid(pattern: RecognisedRow, names: GuestNames): readonly string[] {
  const rows = groupBy(guestsInOrder(pattern), (mac) => pattern.roles[mac]?.coordinates?.[0])
  const cells = [...rows.values()].map((row) => row.map((mac) => guestName(mac, names)))
  const width = Math.max(...cells.flat().map((text) => text.length))
  const lines = cells.map((row) =>
    row
      .map((text) => text.padEnd(width))
      .join(' -- ')
      .trimEnd(),
  )
  const fits = lines.every((line) => line.length <= LINE_COLUMNS)
  return fits ? lines : []
}

function tree({ guests, roles }: RecognisedRow, names: GuestNames): readonly string[] {
  const root = guests.find((mac) => roles[mac]?.kind === 'root')
  if (root === undefined) return []
  const lines: string[] = []
  const draw = (mac: string, before: string, indent: string): void => {
    if (lines.length > GUESTS_MAX) return
    lines.push(`${before}${guestName(mac, names)}`)
    const children = roles[mac]?.children ?? []
    for (const [index, child] of children.entries()) {
      const isLast = index === children.length - 1
      draw(child, `${indent}${isLast ? '`- ' : '|- '}`, `${indent}${isLast ? '   ' : '|  '}`)
    }
  }
  draw(root, '', '')
  return lines
}

/** Broken behind the separator. */
function wrapped(text: string, separator: string, columns = LINE_COLUMNS): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const part of text.split(separator)) {
    const longer = line === '' ? part : `${line}${separator}${part}`
    if (longer.length > columns && line !== '') {
      lines.push(`${line}${separator}`.trimEnd())
      line = part
    } else {
      line = longer
    }
  }
  return [...lines, line]
}
