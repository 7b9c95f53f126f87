// `vnet links`: the TLS connections to other daemons.

import type { LinkInfo } from '../../plane/plane.ts'
import { type Cell, type Column, renderTable } from '../columns.ts'
import { formatCount, formatMicroseconds, formatRate, formatShare } from '../units.ts'
import { bytesCell, dropsOf, lossCell, rttCell, sinceCell, stateCell, type View } from './view.ts'

export const viewLinks: View<readonly LinkInfo[]> = (rows, { paint, nowMs }) => {
  const columns: readonly Column<LinkInfo>[] = [
    { title: 'PEER', cell: (link) => ({ text: peerOf(link), tone: 'strong' }) },
    { title: 'ROLE', cell: ({ role, purpose }) => role ?? purpose },
    { title: 'STATE', cell: ({ state }) => stateCell(state) },
    { title: 'FOR', isRight: true, cell: ({ sinceMs }) => sinceCell(sinceMs, nowMs) },
    { title: 'REMOTE', cell: remoteOf },
    { title: 'RTT', isRight: true, cell: ({ rttUs, tcpRttUs }) => rttCell(rttUs ?? tcpRttUs) },
    { title: 'CAN DO', isRight: true, cell: rateOf },
    { title: 'RX', isRight: true, cell: ({ rxBytes }) => bytesCell(rxBytes) },
    { title: 'TX', isRight: true, cell: ({ txBytes }) => bytesCell(txBytes) },
    { title: 'QUEUED', isRight: true, cell: ({ queuedBytes }) => bytesCell(queuedBytes) },
    { title: 'RESENT', isRight: true, cell: ({ retransmits }) => countCell(retransmits) },
    { title: 'DROPS', isRight: true, cell: ({ drops }) => lossCell(dropsOf(drops)) },
    { title: 'GSO', cell: ({ isOffloaded }) => (isOffloaded ? 'yes' : 'no') },
    { title: 'BY', cell: byCell },
    { title: 'UDP', cell: datagramCell },
  ]
  return renderTable({ columns, rows, empty: 'no links', paint })
}

/** What frames go by, and why where there was a choice. */
function byCell({ transport, transportReason }: LinkInfo): string {
  if (transportReason === 'not-agreed') return transport
  return `${transport}, ${transportReason.replace('-', ' ')}`
}

/** State, path MTU, round trip, and what the path lost and got repaired of what came. */
function datagramCell({ datagram }: LinkInfo): Cell {
  if (datagram === null) return null
  const { state, datagramBytes, rttUs, lostDatagrams, repairedDatagrams } = datagram
  if (state !== 'up') return { text: state, tone: 'warn' }
  const all = datagram.receivedDatagrams + lostDatagrams
  const parts = [
    `mtu ${datagramBytes}`,
    ...(rttUs === null ? [] : [`rtt ${formatMicroseconds(rttUs)}`]),
    `lost ${formatShare(lostDatagrams, all)}`,
    `repaired ${formatShare(repairedDatagrams, all)}`,
  ]
  return parts.join(', ')
}

function peerOf({ peer, certificate }: LinkInfo): string {
  if (peer !== null) return peer
  return certificate === null || certificate.uri === '' ? '-' : certificate.uri
}

// The arrow tells who dialled: `->` this daemon, `<-` the other.
function remoteOf({ direction, remoteAddress, remotePort }: LinkInfo): string {
  const host = remoteAddress.includes(':') ? `[${remoteAddress}]` : remoteAddress
  return `${direction === 'dialled' ? '->' : '<-'} ${host}:${remotePort}`
}

function rateOf({ deliveryRateBytesPerSecond: rate }: LinkInfo) {
  return rate === null ? null : formatRate(rate)
}

function countCell(count: number | null) {
  return count === null ? null : formatCount(count)
}
