// What all drawings share: text that is safe in XML, colours from cold to hot as in the terminal's
// heat map, and the scale between them.

import { harmless } from '../output.ts'
import { formatRate } from '../units.ts'

/** The colours of Tone heat0 to heat7 in src/cli/output.ts. */
const HEAT = [
  ...['#5f5faf', '#5f87af', '#00afaf', '#00af5f'],
  ...['#5faf00', '#d7af00', '#ff8700', '#ff0000'],
] as const
/** png.ts brings the first one; the others are for browsers. */
const FONTS = 'DejaVu Sans, Verdana, sans-serif'

/** Of rates, logarithmic. */
export interface HeatScale {
  readonly lowest: number
  readonly highest: number
  /** 0..1. */
  shareOf(bytesPerSecond: number): number
  colourOf(bytesPerSecond: number): string
}

export function heatScale(rates: readonly number[]): HeatScale {
  const positive = rates.filter((rate) => rate > 0)
  const lowest = positive.reduce((least, rate) => Math.min(least, rate), Number.POSITIVE_INFINITY)
  const highest = positive.reduce((most, rate) => Math.max(most, rate), 0)
  const span = Math.log(highest / lowest)
  const shareOf = (rate: number) => {
    if (!(span > 0)) return 1
    return Math.min(1, Math.max(0, Math.log(Math.max(rate, lowest) / lowest) / span))
  }
  const colourOf = (rate: number) => HEAT[Math.round(shareOf(rate) * (HEAT.length - 1))] ?? HEAT[0]
  return { lowest, highest, shareOf, colourOf }
}

/** A whole document on white; the title is for those who do not see it. */
export function svgDocument(
  size: { readonly width: number; readonly height: number; readonly title: string },
  body: readonly string[],
): string {
  const [width, height] = [Math.ceil(size.width), Math.ceil(size.height)]
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}"` +
      ` width="${width}" height="${height}" font-family="${FONTS}">`,
    `<title>${escaped(size.title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...body,
    '</svg>',
    '',
  ].join('\n')
}

export interface TextStyle {
  readonly size: number
  readonly fill?: string
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly isBold?: boolean
  /** White around it, so that it can be read on lines. */
  readonly hasHalo?: boolean
  /** Degrees around its point. */
  readonly rotate?: number
}

export function svgText(x: number, y: number, text: string, style: TextStyle): string {
  const { size, fill = '#222', anchor = 'start' } = style
  const halo = style.hasHalo ? ' stroke="#fff" stroke-width="3" paint-order="stroke"' : ''
  const bold = style.isBold ? ' font-weight="bold"' : ''
  const turned = style.rotate ? ` transform="rotate(${style.rotate} ${fixed(x)} ${fixed(y)})"` : ''
  const place = `x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}"${turned}`
  return `<text ${place} font-size="${size}" fill="${fill}"${bold}${halo}>${escaped(text)}</text>`
}

/** The scale as a bar of colours with its ends in words. */
export function svgLegend(x: number, y: number, scale: HeatScale): readonly string[] {
  if (scale.highest === 0) return []
  const left = x + 90
  const boxes = HEAT.map(
    (colour, level) =>
      `<rect x="${left + level * 22}" y="${y - 11}" width="22" height="14" fill="${colour}"/>`,
  )
  return [
    svgText(left - 8, y, formatRate(scale.lowest), { size: 12, anchor: 'end' }),
    ...boxes,
    svgText(left + HEAT.length * 22 + 8, y, `${formatRate(scale.highest)}, logarithmic`, {
      size: 12,
    }),
  ]
}

/** Two decimals at most: the same picture gives the same text on every machine. */
export function fixed(value: number): string {
  return String(Math.round(value * 100) / 100)
}

function escaped(text: string): string {
  return harmless(text)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
