// `vnet link add|remove`: orders the proxy carries out.

import { VnetError } from '../../base/errors.ts'
import type { LinkRequest } from '../../control/api.ts'
import type { AdminClient } from '../../control/client.ts'
import type { TransportPolicy } from '../../plane/plane.ts'
import { UsageError } from '../arguments.ts'
import type { Context } from '../command.ts'

export async function runLink(context: Context, act: 'add' | 'remove'): Promise<undefined> {
  const { args, out } = context
  const client = await context.client()
  const ends = await endsOf(client, args.text('HOST'), args.optionalText('OTHER'))
  const transport = act === 'add' ? transportOf(args.optionalText('transport')) : undefined
  const link = transport === undefined ? ends : { ...ends, transport }
  const result = await (act === 'add' ? client.addLink(link) : client.removeLink(link))
  if (result.state === 'failed') {
    throw new VnetError('link-failed', `no link ${link.a} - ${link.b}: ${result.reason}`, {
      hint: `'vnet doctor' on ${link.a} and ${link.b}; traffic goes over the proxy meanwhile`,
    })
  }
  if (out.isJson) out.json(result)
  else {
    const why = result.reason === '' ? '' : ` (${result.reason})`
    out.print(`link ${link.a} - ${link.b} is ${result.state}${why}`)
  }
}

function transportOf(text: string | undefined): TransportPolicy | undefined {
  if (text === undefined || text === 'auto' || text === 'tcp' || text === 'udp') return text
  throw new UsageError('usage-value', `--transport must be auto, tcp or udp, not '${text}'`)
}

/** At a host the other end is that host itself. */
async function endsOf(
  client: AdminClient,
  host: string,
  other: string | undefined,
): Promise<LinkRequest> {
  if (other !== undefined) return { a: host, b: other }
  const status = await client.status()
  if (status.role === 'host') return { a: status.name, b: host }
  throw new UsageError('usage-missing', 'at the proxy a link needs two hosts', {
    hint: `write both ends: vnet link add ${host} OTHER; every host has its link to the proxy`,
  })
}
