// `vnet ports`: where frames enter and leave the daemon locally.

import type { PortInfo } from '../../plane/plane.ts'
import { type Column, renderTable } from '../columns.ts'
import { formatCount } from '../units.ts'
import { bytesCell, dropsOf, lossCell, stateCell, type View } from './view.ts'

const columns: readonly Column<PortInfo>[] = [
  { title: 'PORT', cell: ({ name }) => ({ text: name, tone: 'strong' }) },
  { title: 'KIND', cell: ({ kind }) => kind },
  { title: 'DEVICE', cell: ({ device }) => device },
  { title: 'STATE', cell: stateOf },
  { title: 'MTU', isRight: true, cell: ({ mtu }) => String(mtu) },
  { title: 'GSO', cell: ({ isOffloaded }) => (isOffloaded ? 'yes' : 'no') },
  { title: 'MAC', cell: ({ mac }) => mac },
  { title: 'IN', isRight: true, cell: ({ rxBytes }) => bytesCell(rxBytes) },
  { title: 'FRAMES', isRight: true, cell: ({ rxFrames }) => formatCount(rxFrames) },
  { title: 'OUT', isRight: true, cell: ({ txBytes }) => bytesCell(txBytes) },
  { title: 'FRAMES', isRight: true, cell: ({ txFrames }) => formatCount(txFrames) },
  { title: 'DROPS', isRight: true, cell: ({ drops }) => lossCell(dropsOf(drops)) },
]

export const viewPorts: View<readonly PortInfo[]> = (rows, { paint }) =>
  renderTable({
    columns,
    rows,
    empty: "no ports: add some under 'ports' of the daemon's file",
    paint,
  })

function stateOf({ state, loopWith }: PortInfo) {
  if (state !== 'blocked-loop') return stateCell(state)
  return { text: loopWith === null ? 'loop' : `loop with ${loopWith}`, tone: 'bad' } as const
}
