// `vnet proxy` and `vnet host`.

import { runHost } from '../../daemon/main.ts'
import { runProxy } from '../../proxy/main.ts'
import type { Context } from '../command.ts'

export function runProxyDaemon({ args }: Context): Promise<number> {
  return runProxy(args.optionalText('config') ?? '/etc/vnet/proxy.yaml')
}

export function runHostDaemon({ args }: Context): Promise<number> {
  return runHost(args.optionalText('config') ?? '/etc/vnet/host.yaml')
}
