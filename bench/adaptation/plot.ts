// Curves over a number of links or over time, as an SVG.

import { fixed, svgDocument, svgText } from '../../src/cli/drawings/svg.ts'

export interface Series {
  readonly name: string
  readonly colour: string
  /** Points without a line; dashes; otherwise a line through its points. */
  readonly style: 'line' | 'dashes' | 'dots'
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface Plot {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly series: readonly Series[]
}

const WIDTH = 720
const HEIGHT = 420
const LEFT = 70
const RIGHT = 24
const TOP = 44
const BOTTOM = 56
/** About so many lines of the grid each way. */
const TICKS = 8

/** Both axes begin at 0. */
export function drawPlot({ title, xLabel, yLabel, series }: Plot): string {
  const points = series.flatMap((one) => one.points)
  const right = Math.max(1, ...points.map(([x]) => x))
  const top = Math.max(1, ...points.map(([, y]) => y)) * 1.05
  const xOf = (x: number) => LEFT + (x / right) * (WIDTH - LEFT - RIGHT)
  const yOf = (y: number) => HEIGHT - BOTTOM - (y / top) * (HEIGHT - TOP - BOTTOM)
  const middle = (TOP + HEIGHT - BOTTOM) / 2
  return svgDocument({ width: WIDTH, height: HEIGHT, title }, [
    svgText(LEFT, 24, title, { size: 15, isBold: true }),
    ...ticksTo(right).flatMap((x) => [
      line([xOf(x), yOf(0)], [xOf(x), yOf(top)], '#eee'),
      svgText(xOf(x), HEIGHT - BOTTOM + 18, String(x), { size: 12, anchor: 'middle' }),
    ]),
    ...ticksTo(top).flatMap((y) => [
      line([xOf(0), yOf(y)], [xOf(right), yOf(y)], '#eee'),
      svgText(LEFT - 8, yOf(y) + 4, String(y), { size: 12, anchor: 'end' }),
    ]),
    svgText((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16, xLabel, { size: 13, anchor: 'middle' }),
    svgText(20, middle, yLabel, { size: 13, anchor: 'middle', rotate: -90 }),
    ...series.flatMap((one) => drawSeries(one, xOf, yOf)),
    ...series.flatMap((one, index) => drawName(one, TOP + 14 + index * 18)),
  ])
}

type Scale = (value: number) => number

function drawSeries(series: Series, xOf: Scale, yOf: Scale): string[] {
  const { points, colour, style } = series
  const places = points.map(([x, y]) => [fixed(xOf(x)), fixed(yOf(y))] as const)
  const isDots = style === 'dots'
  const dots = places.map(
    ([x, y]) => `<circle cx="${x}" cy="${y}" r="${isDots ? 2.5 : 3.5}" fill="${colour}"/>`,
  )
  if (isDots) return dots
  const path = places.map(([x, y]) => `${x},${y}`).join(' ')
  const dashes = style === 'dashes' ? ' stroke-dasharray="6 5"' : ''
  const stroke = `fill="none" stroke="${colour}" stroke-width="2"${dashes}`
  return [`<polyline points="${path}" ${stroke}/>`, ...(style === 'dashes' ? [] : dots)]
}

function drawName({ name, colour, style }: Series, y: number): string[] {
  const from = LEFT + 14
  const mark =
    style === 'dots'
      ? `<circle cx="${from + 14}" cy="${y - 4}" r="3" fill="${colour}"/>`
      : line([from, y - 4], [from + 28, y - 4], colour, style === 'dashes')
  return [mark, svgText(from + 36, y, name, { size: 12, hasHalo: true })]
}

function line(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  colour: string,
  isDashed = false,
): string {
  const dashes = isDashed ? ' stroke-dasharray="6 5"' : ''
  const ends = `x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}"`
  return `<line ${ends} stroke="${colour}" stroke-width="${colour === '#eee' ? 1 : 2}"${dashes}/>`
}

/** Round numbers from 0 on, at most at `end`. */
function ticksTo(end: number): number[] {
  const rough = end / TICKS
  const magnitude = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((one) => one * magnitude >= rough) ?? 10) * magnitude
  const count = Math.floor(end / step + 1e-9) + 1
  return Array.from({ length: count }, (_, index) => Number((index * step).toPrecision(6)))
}
