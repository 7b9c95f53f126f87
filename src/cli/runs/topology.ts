// `vnet topology`: as text, for Graphviz, or drawn into a file.

import type { Context } from '../command.ts'
import { topologyDot } from '../drawings/dot.ts'
import { isDrawingWanted, saveDrawing } from '../drawings/save.ts'
import { topologySvg } from '../drawings/topology-svg.ts'
import { formatTime } from '../units.ts'
import { viewTopology } from '../views/topology.ts'
import { showOrWatch } from '../watch.ts'

export async function runTopology(context: Context): Promise<undefined> {
  const { args, out } = context
  const client = await context.client()
  if (args.flag('dot')) {
    out.stdout.write(topologyDot(await client.topology()))
    return
  }
  if (isDrawingWanted(context)) {
    const view = await client.topology()
    await saveDrawing(
      context,
      topologySvg({ ...view, title: `topology, ${formatTime(view.atMs)}` }),
    )
    return
  }
  const ask = () => client.topology()
  await showOrWatch(context, { ask, view: viewTopology, title: 'vnet topology' })
}
