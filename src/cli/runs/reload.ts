// `vnet reload`.

import type { Context } from '../command.ts'

export async function runReload(context: Context): Promise<number> {
  const { out } = context
  const result = await (await context.client()).reload()
  const { changed, restartNeeded, failed } = result
  if (out.isJson) out.json(result)
  else {
    if (changed.length > 0) out.print(`in force now: ${changed.join(', ')}`)
    if (restartNeeded.length > 0) {
      out.print(out.paint('warn', `after a restart of the daemon: ${restartNeeded.join(', ')}`))
    }
    if (failed.length > 0) {
      out.print(out.paint('bad', `ports not opened: ${failed.join(', ')}; see 'vnet logs'`))
    }
    if (changed.length + restartNeeded.length + failed.length === 0) out.print('nothing changed')
  }
  return failed.length === 0 ? 0 : 1
}
