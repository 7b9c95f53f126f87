// `vnet doctor` at the proxy: the machine, the plane, the hosts and what was ordered of them.

import type { Check } from '../control/api.ts'
import { checkCertificate, checkMachine, ok, skipped, warning } from '../daemon/doctor.ts'
import { checkPlane, checkSkew } from '../daemon/doctor-running.ts'
import type { ProxyParts } from './proxy.ts'

/** More than this, and reports of two hosts are of different intervals. */
const REPORT_SKEW_MS = 50
const FOREIGN_LATELY_MS = 60_000

export async function runProxyDoctor(parts: ProxyParts): Promise<readonly Check[]> {
  const { config, clock, plane } = parts
  const nowMs = clock.wallMs()
  const [machine, running] = await Promise.all([
    checkMachine({ stateDir: config.state, proxy: null, nowMs }),
    checkPlane(plane, clock, 'proxy'),
  ])
  const certificate = checkCertificate(parts.renewal.identity, nowMs)
  const onDisk = machine.filter((check) => check.name !== 'certificate')
  return [
    ...onDisk,
    certificate,
    ...checkHosts(parts),
    ...checkOrders(parts),
    checkReports(parts),
    ...running,
  ]
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

/** Do the hosts that are connected report their traffic, by clocks that can be compared? */
function checkReports(parts: ProxyParts): Check {
  const { hosts, inference } = parts
  const name = 'traffic reports'
  if (!inference.settings.isOn()) return skipped(name, 'the inference is switched off')
  const states = inference.controller.inference.record().hosts
  const heard = new Map(states.map((state) => [state.name, state]))
  const silent = [...hosts.keys()].filter((host) => heard.get(host)?.state !== 'fresh')
  if (silent.length > 0) {
    const found = `nothing for over a second from ${silent.join(', ')}`
    return warning(name, found, 'are these of an older version, or is their star link congested?')
  }
  const foreign = foreignOf(parts)
  if (foreign.length > 0) {
    const found = `not counted, of guests of others: ${foreign.join(', ')}`
    return warning(name, found, 'is a MAC in use twice, or a host not to be trusted?')
  }
  const skewed = states.filter(({ skewMs }) => Math.abs(skewMs) > REPORT_SKEW_MS)
  if (skewed.length > 0) {
    const found = skewed.map((state) => `${state.name} by ${Math.round(state.skewMs)} ms`)
    const advice = 'their traffic is counted at the wrong time: are these machines overloaded?'
    return warning(name, `clocks are off: ${found.join(', ')}`, advice)
  }
  const { updateIntervalMs } = inference.controller
  if (updateIntervalMs > inference.settings.infer().updateIntervalMs) {
    const found = `every ${updateIntervalMs} ms only: the proxy is too busy for more`
    return warning(name, found, 'a faster machine, or a longer updateIntervalMs: see `vnet get`')
  }
  const lost = states.reduce((sum, { lostReports }) => sum + lostReports, 0)
  return ok(name, `from ${hosts.size} hosts, ${lost} lost since the start`)
}

/** Hosts that have lately reported the traffic of guests that live elsewhere. */
function foreignOf({ inference, clock }: ProxyParts): readonly string[] {
  const sinceMs = clock.monotonicMs() - FOREIGN_LATELY_MS
  return [...inference.check.foreign].flatMap(([host, { atMs, pairs, mac, home }]) => {
    if (atMs < sinceMs) return []
    const place = home === null ? 'announced by nobody' : `at ${home}`
    return [`${host} (${mac}, ${place}; ${pairs} pairs since the start)`]
  })
}

function checkOrders({ orders }: ProxyParts): readonly Check[] {
  return orders.broken().map(({ dialler, acceptor }) => {
    const found = `${dialler} - ${acceptor} is ordered and down: its traffic takes the star`
    const advice = 'see the log of both hosts; `vnet link remove` forgets it'
    return warning('fast path', found, advice)
  })
}
