// `vnet status`: one daemon on one screen.

import type { Status } from '../../control/api.ts'
import { renderFacts } from '../columns.ts'
import { formatBytes, formatCount, formatDuration, formatWhen } from '../units.ts'
import { stateCell, type View } from './view.ts'

export const viewStatus: View<Status> = (status, { paint, nowMs }) => {
  const uptimeMs = Math.max(0, nowMs - status.startedAtMs)
  const { listen, certificate } = status
  const isProxy = status.role === 'proxy'
  const hosts = `${status.hostsUp} of ${status.hostsKnown} up`
  return renderFacts(
    [
      ['daemon', { text: `${status.role} ${status.name}`, tone: 'strong' }],
      ['network', status.network],
      ['version', `${status.version}, pid ${status.pid}, up ${formatDuration(uptimeMs)}`],
      ['listening', listen === null ? 'no, dials out only' : addressOf(listen)],
      ['proxy link', isProxy ? null : stateCell(status.star)],
      ['hosts', isProxy ? hosts : null],
      ['fast paths', fastPaths(status)],
      ['ports', formatCount(status.ports)],
      ['macs', formatCount(status.macs)],
      ['drops', drops(status.dropsTotal)],
      ['certificate', certificateCell(certificate, nowMs)],
      ['identity', certificate.uri],
      ['load', load(status, uptimeMs)],
    ],
    paint,
  )
}

function addressOf({ address, port }: { readonly address: string; readonly port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}

function fastPaths({ fastPaths: all, fastPathsByUdp: byUdp }: Status): string {
  return byUdp === null || all === 0 ? formatCount(all) : `${formatCount(all)}, ${byUdp} by UDP`
}

function drops(total: number) {
  if (total === 0) return 'none'
  return { text: `${formatCount(total)} frames, see 'vnet drops'`, tone: 'warn' } as const
}

function certificateCell({ notAfterMs, warning }: Status['certificate'], nowMs: number) {
  const ends = notAfterMs < nowMs ? 'ended' : 'ends'
  if (warning === null) return `${ends} ${formatWhen(notAfterMs, nowMs)}`
  return { text: warning, tone: notAfterMs < nowMs ? 'bad' : 'warn' } as const
}

function load({ rssBytes, cpuSeconds }: Status, uptimeMs: number): string {
  const cpu =
    uptimeMs === 0 ? '' : `, ${((cpuSeconds * 100_000) / uptimeMs).toFixed(1)} % of a core`
  return `${formatBytes(rssBytes)} of memory${cpu}`
}
