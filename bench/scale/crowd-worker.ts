// Many host daemons in one process, each with a name, an identity, a data plane and a guest of its
// own: a daemon a process would take 100 MB each. Steered over the process channel (crowd.ts).

import { systemClock } from '../../src/base/clock.ts'
import { createLog } from '../../src/base/log.ts'
import { systemRandom } from '../../src/base/random.ts'
import { checkConfig, describeProblem } from '../../src/config/load.ts'
import type { HostConfig } from '../../src/config/schema.ts'
import { createHostDaemon, type HostDaemon } from '../../src/daemon/host.ts'
import { makePlane, resolve } from '../../src/daemon/service.ts'
import { join } from '../../src/trust/join-client.ts'
import { serveRequests } from '../channel.ts'

export type CrowdRequest =
  | {
      /** Joins with a token, and starts; does not wait for the star link. */
      readonly kind: 'start'
      readonly address: string
      readonly port: number
      readonly token: string
      /** Keys of a host's configuration file. */
      readonly settings: { readonly name: string; readonly state: string }
    }
  | { readonly kind: 'count-up' }
  | { readonly kind: 'stop' }

const { log } = createLog({ level: 'warn', format: 'auto' })
const clock = systemClock()
const daemons: HostDaemon[] = []

serveRequests(handle)

async function handle(request: CrowdRequest): Promise<unknown> {
  if (request.kind === 'start') return start(request)
  if (request.kind === 'count-up') {
    return daemons.filter(({ parts }) => parts.star.peer !== null).length
  }
  await Promise.all(daemons.splice(0).map((daemon) => daemon.stop()))
  return null
}

async function start(request: Extract<CrowdRequest, { kind: 'start' }>): Promise<null> {
  const { address, port, token, settings } = request
  const proxy = `${address}:${port}`
  const check = checkConfig(JSON.stringify({ ...settings, proxy }), 'host') // JSON is YAML
  if (!check.ok) throw new Error(check.problems.map(describeProblem).join('\n'))
  const config = check.config as HostConfig
  const { name, state: stateDir } = config
  const { identity } = await join({ address, port, token, name, stateDir, clock })
  const ground = { clock, random: systemRandom(), log: log.child({ host: name }), resolve }
  daemons.push(await createHostDaemon({ ...ground, config, identity, plane: makePlane(config) }))
  return null
}
