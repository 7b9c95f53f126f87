// `vnet join HOST:PORT TOKEN`.

import { hostname } from 'node:os'
import { systemClock } from '../../base/clock.ts'
import { VnetError } from '../../base/errors.ts'
import { parseEndpoint } from '../../config/endpoint.ts'
import { DEFAULT_PORT } from '../../config/schema.ts'
import { join } from '../../trust/join-client.ts'
import type { Context } from '../command.ts'
import { formatTime } from '../units.ts'

export async function runJoin({ args, out }: Context): Promise<undefined> {
  const where = args.text('HOST:PORT')
  const endpoint = parseEndpoint(where, DEFAULT_PORT)
  if (endpoint === null) {
    throw new VnetError('endpoint-invalid', `'${where}' is not HOST:PORT`, {
      hint: 'such as proxy.example.net:7707, 203.0.113.7:7707 or [2001:db8::7]:7707',
    })
  }
  const token = args.text('TOKEN')
  const name = args.optionalText('name') ?? hostname().split('.')[0]?.toLowerCase() ?? ''
  const state = args.optionalText('state') ?? '/var/lib/vnet'
  const { identity, proxy } = await join({
    address: endpoint.host,
    port: endpoint.port,
    token: token === '-' ? await readStdin() : token,
    name,
    stateDir: state,
    clock: systemClock(),
  })
  const { notAfterMs } = identity.certificate
  if (out.isJson) {
    const { network } = proxy
    out.json({ name, network, proxy: proxy.name, state, certificateNotAfterMs: notAfterMs })
    return
  }
  out.print(`${name} joined network ${proxy.network} at proxy ${proxy.name}`)
  out.note(`key and certificate are in ${state}, good until ${formatTime(notAfterMs)}`)
  out.note('now start the daemon: vnet host')
}

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8').trim()
}
