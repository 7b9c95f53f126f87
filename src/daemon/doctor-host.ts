// `vnet doctor` at a running host: the machine, the plane and the way to the proxy.

import { parseEndpoint } from '../config/endpoint.ts'
import type { Check } from '../control/api.ts'
import { checkCertificate, checkMachine, failed, ok } from './doctor.ts'
import { checkFullSize, checkPlane, checkSkew } from './doctor-running.ts'
import type { HostParts } from './host.ts'

export async function runHostDoctor(parts: HostParts): Promise<readonly Check[]> {
  const { config, clock, plane } = parts
  const nowMs = clock.wallMs()
  const [machine, running, star] = await Promise.all([
    checkMachine({ stateDir: config.state, proxy: parseEndpoint(config.proxy), nowMs }),
    checkPlane(plane, clock, 'host'),
    checkStar(parts),
  ])
  const certificate = checkCertificate(parts.renewal.identity, nowMs)
  const onDisk = machine.filter((check) => check.name !== 'certificate')
  return [...onDisk, certificate, ...star, ...running]
}

async function checkStar({ star, clock, config }: HostParts): Promise<readonly Check[]> {
  const { peer, lastEnd } = star
  if (peer === null) {
    const why = lastEnd?.reason ?? 'not connected yet'
    const advice =
      lastEnd?.code === 'revoked'
        ? 'this host was taken off the network: join again with a new token'
        : 'see the checks of the proxy above, and the log of both ends'
    return [failed('star link', `down: ${why}`, advice)]
  }
  const up = ok('star link', `up to '${peer.name}' at ${peer.remoteAddress}`)
  return [up, checkSkew(peer), await checkFullSize(peer, { clock, from: config.name })]
}
