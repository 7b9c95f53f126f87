// Writes a drawing into the files that --svg and --png name.

import { writeFile } from 'node:fs/promises'
import { messageOf, VnetError } from '../../base/errors.ts'
import { UsageError } from '../arguments.ts'
import type { Context } from '../command.ts'
import { pngOf } from './png.ts'

/**
 * True if one of the two was given.
 * @throws UsageError together with --watch
 */
export function isDrawingWanted({ args }: Context): boolean {
  const isWanted = args.optionalText('svg') !== undefined || args.optionalText('png') !== undefined
  if (isWanted && args.optionalNumber('watch') !== undefined) {
    throw new UsageError('usage-value', '--svg and --png draw once: leave --watch out')
  }
  return isWanted
}

/** @throws VnetError `drawing-file` or `png-unavailable`. */
export async function saveDrawing({ args, out }: Context, svg: string): Promise<void> {
  const asSvg = args.optionalText('svg')
  const asPng = args.optionalText('png')
  if (asSvg !== undefined) await save(asSvg, svg)
  if (asPng !== undefined) await save(asPng, await pngOf(svg))
  for (const file of [asSvg, asPng]) if (file !== undefined) out.note(`drawn into ${file}`)
}

async function save(file: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeFile(file, content)
  } catch (cause) {
    throw new VnetError('drawing-file', `cannot write the drawing: ${messageOf(cause)}`, { cause })
  }
}
