// `vnet explain A B`: the path of a pair now, what decided it, both candidates with what was
// measured, what stands in the way of a better one, and what happened last.

import type { AdaptRecord, PathMeasure } from '../../adapt/types.ts'
import type { ExplainedEnd, Explanation } from '../../control/planned.ts'
import { type Cell, type Column, renderFacts, renderTable } from '../columns.ts'
import { formatRate, formatShare, formatWhen } from '../units.ts'
import { formatPhase } from './plan.ts'
import type { View } from './view.ts'

export const viewExplanation: View<Explanation> = (explanation, { paint, nowMs }) => {
  const { a, b, obstacles, changes, star, direct } = explanation
  const facts = renderFacts(
    [
      ['between', `${endText(a)}  and  ${endText(b)}`],
      ['path now', pathCell(explanation)],
      ['because', explanation.why],
      ['traffic', trafficText(explanation)],
      ['link', linkText(explanation)],
      ...forecastFacts(explanation),
    ],
    paint,
  )
  const parts = [facts]
  if (obstacles.length > 1) {
    parts.push(['in the way of a direct path:', ...obstacles.map((one) => `  - ${one}`)].join('\n'))
  }
  const rows = [...star, ...direct]
  const columns = measureColumns(nowMs)
  parts.push(renderTable({ columns, rows, empty: 'nothing was measured between them yet', paint }))
  if (changes.length > 0) {
    const last = { columns: changeColumns(nowMs), rows: changes, empty: '', paint }
    parts.push(renderTable(last))
  }
  return parts.join('\n\n')
}

function endText({ mac, name, host, asked }: ExplainedEnd): string {
  if (mac === null) return `host ${asked}`
  return `${name === '' ? mac : `${name} (${mac})`} on ${host ?? 'no known host'}`
}

function pathCell({ path }: Explanation): Cell {
  const tone = path === 'direct' || path === 'local' ? 'good' : 'warn'
  return { text: PATHS[path], tone }
}

const PATHS = {
  local: 'local, within the host',
  star: 'star, over the proxy',
  direct: 'direct, by a fast path',
  mixed: 'changing: one direction directly, the other over the proxy',
  unknown: 'unknown',
} as const satisfies Record<Explanation['path'], string>

function trafficText({ traffic, forecast }: Explanation): string | null {
  if (traffic !== null) {
    return `${formatRate(traffic.aToB)} there, ${formatRate(traffic.bToA)} back`
  }
  if (forecast === null) return null
  const all = forecast.aToBBytesPerSecond + forecast.bToABytesPerSecond
  return `${formatRate(all)} between the hosts`
}

function linkText({ link }: Explanation): string | null {
  if (link === null) return null
  const state = link.phase === 'standing' ? (link.isConnected ? 'up' : 'down') : link.phase
  return `${link.a} - ${link.b} is ${state}${link.isManual ? ', made by hand' : ''}: ${link.reason}`
}

function forecastFacts({ forecast }: Explanation): readonly (readonly [string, Cell])[] {
  if (forecast === null) return []
  const { starSeconds, directSeconds, starBottleneck, directBottleneck } = forecast
  return [
    ['by the star', `phase of ${formatPhase(starSeconds)}, limited by: ${starBottleneck}`],
    ['directly', `phase of ${formatPhase(directSeconds)}, limited by: ${directBottleneck}`],
  ]
}

const measureColumns = (nowMs: number): readonly Column<PathMeasure>[] => [
  { title: 'PATH', cell: ({ role }) => (role === 'star' ? 'star' : 'direct') },
  { title: 'FROM', cell: ({ from }) => from },
  { title: 'TO', cell: ({ to }) => to },
  { title: 'RTT', isRight: true, cell: ({ rttMs }) => milliseconds(rttMs) },
  { title: 'JITTER', isRight: true, cell: ({ jitterMs }) => milliseconds(jitterMs) },
  {
    title: 'LOSS',
    isRight: true,
    cell: ({ lossRatio }) => (lossRatio === null ? null : formatShare(lossRatio, 1)),
  },
  { title: 'WAIT', isRight: true, cell: ({ queueMs }) => milliseconds(queueMs) },
  { title: 'CAN DO', isRight: true, cell: rateText },
  { title: 'NOW', isRight: true, cell: (path) => formatRate(path.loadBytesPerSecond) },
  { title: 'AGE', isRight: true, cell: ({ atMs }) => formatWhen(atMs, nowMs) },
  {
    title: 'SURE',
    isRight: true,
    cell: ({ confidence }) => `${Math.round(confidence * 100)} %`,
  },
]

/** `> 12 Mbit/s`: so much was asked of it, and it may carry more. */
function rateText({ bytesPerSecond, isSaturated }: PathMeasure): string | null {
  if (bytesPerSecond === null) return null
  return `${isSaturated ? '' : '> '}${formatRate(bytesPerSecond)}`
}

const milliseconds = (ms: number | null): string | null =>
  ms === null ? null : `${Number(ms.toPrecision(2))} ms`

const changeColumns = (nowMs: number): readonly Column<AdaptRecord>[] => [
  { title: 'WHEN', isRight: true, cell: ({ atMs }) => formatWhen(atMs, nowMs) },
  { title: 'WHAT', cell: ({ action }) => action },
  { title: 'WHY', cell: ({ reason }) => reason },
]
