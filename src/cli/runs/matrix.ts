// `vnet matrix`: the heat map or the table of pairs, on the terminal or drawn into a file.

import type { Context } from '../command.ts'
import { matrixSvg } from '../drawings/matrix-svg.ts'
import { isDrawingWanted, saveDrawing } from '../drawings/save.ts'
import { formatTime } from '../units.ts'
import { busiest, orderedGuests, viewMatrix, viewPairs } from '../views/matrix.ts'
import { showOrWatch } from '../watch.ts'

/** More rows than this are a grey square. */
const DRAWN_GUESTS_MAX = 256

export async function runMatrix(context: Context): Promise<undefined> {
  const { args } = context
  const client = await context.client()
  if (isDrawingWanted(context)) {
    const view = await client.matrix()
    const guestsInAll = orderedGuests(view)
    const guests = busiest(guestsInAll, view, args.optionalNumber('top') ?? DRAWN_GUESTS_MAX)
    const title = `traffic matrix, ${formatTime(view.atMs)}`
    const drawing = { ...view, title, guests, guestsInAll: guestsInAll.length }
    await saveDrawing(context, matrixSvg(drawing))
    return
  }
  await showOrWatch(context, {
    ask: () => client.matrix(),
    view: args.flag('pairs') ? viewPairs : viewMatrix,
    title: 'vnet matrix',
    top: args.optionalNumber('top'),
  })
}
