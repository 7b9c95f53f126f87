// `vnet host`: the host daemon as a process.

import { VnetError } from '../base/errors.ts'
import { loadConfig } from '../config/load.ts'
import type { HostConfig } from '../config/schema.ts'
import { type LoadedIdentity, loadIdentity } from '../trust/identity.ts'
import { createHostDaemon } from './host.ts'
import { runService } from './service.ts'

/**
 * Runs a host daemon until it is told to stop. Resolves to the exit status.
 * @throws VnetError if it cannot start.
 */
export function runHost(configPath: string): Promise<number> {
  return runService<HostConfig>({
    readConfig: () => loadConfig(configPath, 'host'),
    build: (ground) => createHostDaemon({ ...ground, identity: ownIdentity(ground.config) }),
  })
}

function ownIdentity(config: HostConfig): LoadedIdentity {
  const identity = loadIdentity(config.state)
  const { role, name } = identity.who
  if (role === 'host' && name === config.name) return identity
  throw new VnetError(
    'name-mismatch',
    `the certificate in ${config.state} is of ${role} '${name}', not of host '${config.name}'`,
    { hint: `set name: ${name}, or join again under the new name` },
  )
}
