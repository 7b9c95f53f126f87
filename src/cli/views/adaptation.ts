// `vnet adapt`: how far it may go, the last plan, its links, and pairs that are left alone.

import type { BackOffView, LinkView } from '../../adapt/types.ts'
import type { AdaptView } from '../../control/adaptation.ts'
import { type Column, renderTable } from '../columns.ts'
import { formatDuration, formatWhen } from '../units.ts'
import { sinceCell, type View } from './view.ts'

export const viewAdaptation: View<AdaptView> = (view, { paint, nowMs }) => {
  const { level, budgets, margin, dwellMs, isSettling, links, backOffs, pins } = view
  const head = [
    `level        ${paint(level === 'auto' ? 'good' : 'warn', level)}`,
    `budgets      ${budgets.linksPerHost} links a host, ${budgets.links} in total`,
    `margin       ${Math.round(margin * 100)} %, dwell time ${formatDuration(dwellMs)}`,
    `plan         ${planText(view, nowMs)}`,
    `pins         ${pins.length === 0 ? 'none' : `${pins.length} ('vnet pin' lists them)`}`,
    ...(isSettling ? ['             the proxy has just started: nothing is decided yet'] : []),
  ]
  const columns = linkColumns(nowMs)
  const empty = 'no fast paths: all traffic takes the star'
  const left = renderTable({ columns: backOffColumns(nowMs), rows: backOffs, empty: '', paint })
  return [
    ...head,
    '',
    renderTable({ columns, rows: links, empty, paint }),
    ...(backOffs.length === 0 ? [] : ['', 'left alone for a while:', left]),
  ].join('\n')
}

/** `3, 5 s ago: 4 links, 0.25 s of traffic in 0.06 s (star: 0.3 s), limited by: alpha sends` */
function planText({ plan }: AdaptView, nowMs: number): string {
  if (plan === null) return 'none yet'
  const { number, atMs, links, starSeconds, presentSeconds, plannedSeconds, bottleneck } = plan
  const [planned, present, star] = [plannedSeconds, presentSeconds, starSeconds].map(seconds)
  const times = `phase ${planned} s planned, ${present} s as it is, ${star} s on the star`
  const what = `${links.length} links; ${times}; limit: ${bottleneck}`
  return `${number}, ${formatWhen(atMs, nowMs)}: ${what}`
}

const seconds = (value: number) => value.toPrecision(3)

function linkColumns(nowMs: number): readonly Column<LinkView>[] {
  return [
    { title: 'LINK', cell: ({ a, b }) => ({ text: `${a} - ${b}`, tone: 'strong' }) },
    { title: 'BY', cell: ({ isManual }) => (isManual ? 'manual' : 'adapt') },
    { title: 'PHASE', cell: (link) => phaseOf(link) },
    { title: 'SINCE', isRight: true, cell: ({ sinceMs }) => sinceCell(sinceMs, nowMs) },
    { title: 'PAIRS', isRight: true, cell: ({ edges }) => String(edges) },
    { title: 'WHY', cell: ({ reason }) => reason },
  ]
}

function phaseOf({ phase, isConnected }: LinkView) {
  if (phase !== 'standing') return phase
  return isConnected
    ? ({ text: 'up', tone: 'good' } as const)
    : ({ text: 'down', tone: 'bad' } as const)
}

function backOffColumns(nowMs: number): readonly Column<BackOffView>[] {
  return [
    { title: 'PAIR', cell: ({ a, b }) => `${a} - ${b}` },
    { title: 'FAILURES', isRight: true, cell: ({ failures }) => String(failures) },
    {
      title: 'FOR',
      isRight: true,
      cell: ({ untilMs }) => formatDuration(Math.max(0, untilMs - nowMs)),
    },
    { title: 'WHY', cell: ({ reason }) => reason },
  ]
}
