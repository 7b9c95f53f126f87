// A host's regular word on itself, for `vnet hosts` at the proxy.

import type { Question } from '../link/requests.ts'
import type { PortInfo } from '../plane/plane.ts'
import type { HostParts } from './host.ts'
import { dropsTotal } from './views.ts'

export const REPORT_INTERVAL_MS = 10_000

export function hostReport(parts: HostParts): Question {
  const ports = parts.plane.ports()
  const sum = (pick: (port: PortInfo) => number) =>
    ports.reduce((total, port) => total + pick(port), 0)
  return {
    kind: 'hostReport',
    ports: ports.length,
    macs: parts.plane.macs().filter((entry) => entry.where.kind === 'port').length,
    links: parts.peers.all().length,
    rxFrames: sum((port) => port.rxFrames),
    rxBytes: sum((port) => port.rxBytes),
    txFrames: sum((port) => port.txFrames),
    txBytes: sum((port) => port.txBytes),
    drops: dropsTotal(parts.plane),
    rssBytes: process.memoryUsage.rss(),
    certificateNotAfterMs: parts.renewal.identity.certificate.notAfterMs,
  }
}
