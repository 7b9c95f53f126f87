// SVG -> PNG, by resvg (Rust, no browser). Letters come from a font that is installed with VNET: a
// server often has none, and the same drawing should be the same everywhere.

import { createRequire } from 'node:module'
import { messageOf, VnetError } from '../../base/errors.ts'

/** Pixels a unit of the drawing: sharp on good screens and in print. */
const ZOOM = 2
const FONT_FILES = ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'] as const

/** @throws VnetError `png-unavailable` where resvg was not built for this kind of machine. */
export async function pngOf(svg: string): Promise<Uint8Array> {
  try {
    const { Resvg } = await import('@resvg/resvg-js')
    const { resolve } = createRequire(import.meta.url)
    const fontFiles = FONT_FILES.map((name) => resolve(`dejavu-fonts-ttf/ttf/${name}`))
    const font = { fontFiles, loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans' }
    return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: ZOOM } }).render().asPng()
  } catch (cause) {
    throw new VnetError('png-unavailable', `cannot make a PNG here: ${messageOf(cause)}`, {
      hint: 'use --svg, and convert it elsewhere',
      cause,
    })
  }
}
