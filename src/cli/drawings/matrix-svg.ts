// A traffic matrix as a drawing: the heat map of the terminal with room for names and colours.

import type { MatrixView } from '../../control/api.ts'
import { formatCount } from '../units.ts'
import { guestName } from '../views/guests.ts'
import { fixed, heatScale, svgDocument, svgLegend, svgText } from './svg.ts'

const MARGIN = 24
const TITLE_HEIGHT = 60
const LEGEND_HEIGHT = 44
/** Of a letter in the size of the names. */
const LETTER_WIDTH = 6.6
const CELL_SIDE_MAX = 26
const CELL_SIDE_MIN = 6
const MAP_SIDE = 1_000
/** Below this a name does not fit beside its row. */
const NAMED_SIDE_MIN = 10

export interface MatrixDrawing extends Pick<MatrixView, 'pairs' | 'names'> {
  readonly title: string
  /** The rows and columns, in this order. */
  readonly guests: readonly string[]
  /** Of the network, those not shown included. */
  readonly guestsInAll: number
}

/** The document. */
export function matrixSvg(drawing: MatrixDrawing): string {
  const { guests, pairs, names, guestsInAll } = drawing
  const numbers = new Map(guests.map((mac, index) => [mac, index]))
  const shown = pairs.filter((one) => numbers.has(one.source) && numbers.has(one.destination))
  const edges = shown.filter(({ verdict }) => verdict === 'edge')
  const scale = heatScale((edges.length > 0 ? edges : shown).map((p) => p.smoothedBytesPerSecond))
  const side = Math.max(CELL_SIDE_MIN, Math.min(CELL_SIDE_MAX, MAP_SIDE / guests.length))
  const isNamed = side >= NAMED_SIDE_MIN
  const longest = Math.max(3, ...guests.map((mac) => guestName(mac, names).length))
  const nameWidth = isNamed ? longest * LETTER_WIDTH + 10 : 10
  const left = MARGIN + nameWidth
  const top = TITLE_HEIGHT + nameWidth
  const mapSide = side * guests.length
  const cells = shown.map(({ source, destination, smoothedBytesPerSecond, verdict }) => {
    const x = left + side * (numbers.get(destination) ?? 0)
    const y = top + side * (numbers.get(source) ?? 0)
    if (verdict !== 'edge') {
      const centre = `cx="${fixed(x + side / 2)}" cy="${fixed(y + side / 2)}"`
      return `<circle ${centre} r="${fixed(side / 9)}" fill="#999"/>`
    }
    const place = `x="${fixed(x + 0.5)}" y="${fixed(y + 0.5)}"`
    const size = `width="${fixed(side - 1)}" height="${fixed(side - 1)}"`
    return `<rect ${place} ${size} fill="${scale.colourOf(smoothedBytesPerSecond)}"/>`
  })
  const hidden = guestsInAll - guests.length
  const more = hidden > 0 ? `, ${formatCount(hidden)} quieter guests not shown` : ''
  const frame = `x="${fixed(left)}" y="${fixed(top)}" width="${fixed(mapSide)}"`
  const body = [
    svgText(MARGIN, 30, drawing.title, { size: 17, isBold: true }),
    svgText(MARGIN, 48, `rows send, columns receive; dots are no edges${more}`, {
      ...{ size: 11, fill: '#666' },
    }),
    `<rect ${frame} height="${fixed(mapSide)}" fill="#fafafa" stroke="#ddd"/>`,
    ...(isNamed ? guests.flatMap((mac, index) => nameOf(guestName(mac, names), index)) : []),
    ...cells,
    ...svgLegend(MARGIN, top + mapSide + 30, scale),
  ]
  const width = Math.max(560, left + mapSide + MARGIN)
  const { title } = drawing
  return svgDocument({ width, height: top + mapSide + LEGEND_HEIGHT, title }, body)

  function nameOf(name: string, index: number): readonly string[] {
    const size = Math.min(11, side * 0.8)
    const middle = side * (index + 0.5)
    return [
      svgText(left - 6, top + middle + size / 3, name, { size, anchor: 'end' }),
      svgText(left + middle + size / 3, top - 6, name, { size, rotate: -90 }),
    ]
  }
}
