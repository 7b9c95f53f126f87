// `vnet version`.

import { VERSION } from '../../base/version.ts'
import { renderFacts } from '../columns.ts'
import type { Context } from '../command.ts'

export async function runVersion({ out }: Context): Promise<undefined> {
  const { node, openssl } = process.versions
  const platform = `${process.platform} ${process.arch}`
  const facts = { vnet: VERSION, node, openssl, platform }
  if (out.isJson) out.json(facts)
  else out.print(renderFacts(Object.entries(facts), out.paint))
}
