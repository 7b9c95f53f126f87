// `vnet doctor` at the proxy: the machine, the plane, the hosts and what was ordered of them.

import type { Check } from '../control/api.ts'
import { checkCertificate, checkMachine, ok, warning } from '../daemon/doctor.ts'
import { checkPlane, checkSkew } from '../daemon/doctor-running.ts'
import type { ProxyParts } from './proxy.ts'

export async function runProxyDoctor(parts: ProxyParts): Promise<readonly Check[]> {
  const { config, clock, plane } = parts
  const nowMs = clock.wallMs()
  const [machine, running] = await Promise.all([
    checkMachine({ stateDir: config.state, proxy: null, nowMs }),
    checkPlane(plane, clock, 'proxy'),
  ])
  const certificate = checkCertificate(parts.renewal.identity, nowMs)
  const onDisk = machine.filter((check) => check.name !== 'certificate')
  return [...onDisk, certificate, ...checkHosts(parts), ...checkOrders(parts), ...running]
}

function checkHosts({ trust, hosts }: ProxyParts): readonly Check[] {
  const known = trust.store.hosts().filter((host) => !host.isRevoked)
  const away = known.filter((host) => !hosts.has(host.name)).map((host) => host.name)
  const found = `${hosts.size} of ${known.length} connected`
  const summary =
    away.length === 0
      ? ok('hosts', found)
      : warning('hosts', `${found}; missing: ${away.join(', ')}`, 'run `vnet doctor` on these')
  const skews = [...hosts.values()]
    .map(({ peer }) => checkSkew(peer))
    .filter((check) => check.state !== 'ok')
  return [summary, ...skews]
}

function checkOrders({ orders }: ProxyParts): readonly Check[] {
  return orders.broken().map(({ dialler, acceptor }) => {
    const found = `${dialler} - ${acceptor} is ordered and down: its traffic takes the star`
    const advice = 'see the log of both hosts; `vnet link remove` forgets it'
    return warning('fast path', found, advice)
  })
}
