// `vnet plan`: the links that the adaptation wants and what each gains, pairs that stay on the star
// and why, and the communication phase with and without.

import type { StarPair } from '../../adapt/types.ts'
import type { PlanView } from '../../control/planned.ts'
import { type Column, renderFacts, renderTable } from '../columns.ts'
import { formatCount, formatWhen } from '../units.ts'
import type { View } from './view.ts'

type PlannedPlan = NonNullable<PlanView['plan']>
type Link = PlannedPlan['links'][number]

/** Rows of each table; the others are counted. */
const TOP = 50

export const viewPlan: View<PlanView> = ({ level, plan }, { paint, nowMs, top = TOP }) => {
  if (plan === null) {
    return level === 'off'
      ? "no plan: the adaptation is off ('vnet adapt recommend' or 'auto' starts it)"
      : 'no plan was made yet: nobody talked since the proxy started'
  }
  const { number, atMs, links, onStar, bottleneck } = plan
  const facts = renderFacts(
    [
      ['plan', `${number}, ${formatWhen(atMs, nowMs)}; level ${level}`],
      ['phase', phaseText(plan)],
      ['limited by', bottleneck],
      ['links', `${formatCount(links.length)}, ${formatCount(onStar.length)} pairs on the star`],
    ],
    paint,
  )
  const rest = { paint, empty: '' }
  const parts = [facts, 'The phase: how long the traffic that is seen in a second would take.']
  if (links.length > 0) {
    parts.push(renderTable({ columns: LINK_COLUMNS, rows: links.slice(0, top), ...rest }))
    parts.push(...moreText(links.length - top, 'links'))
  }
  if (onStar.length > 0) {
    parts.push(renderTable({ columns: STAR_COLUMNS, rows: onStar.slice(0, top), ...rest }))
    parts.push(...moreText(onStar.length - top, 'pairs on the star'))
  }
  return parts.join('\n\n')
}

function phaseText({ starSeconds, presentSeconds, plannedSeconds }: PlannedPlan): string {
  const [star, present, planned] = [starSeconds, presentSeconds, plannedSeconds].map(formatPhase)
  const gain = plannedSeconds > 0 ? ` (${formatGain(starSeconds / plannedSeconds)})` : ''
  return `${star} on the star, ${present} as it was, ${planned} as planned${gain}`
}

const LINK_COLUMNS: readonly Column<Link>[] = [
  { title: 'LINK', cell: ({ a, b }) => ({ text: `${a} - ${b}`, tone: 'strong' }) },
  { title: 'UP', cell: ({ isUp }) => (isUp ? { text: 'yes', tone: 'good' } : 'no') },
  { title: 'GAIN', isRight: true, cell: ({ gain }) => formatGain(gain) },
  { title: 'WHY', cell: ({ reason }) => reason },
]

const STAR_COLUMNS: readonly Column<StarPair>[] = [
  { title: 'ON THE STAR', cell: ({ a, b }) => `${a} - ${b}` },
  { title: 'WHY', cell: ({ reason }) => reason },
]

const moreText = (more: number, what: string): string[] =>
  more > 0 ? [`... and ${formatCount(more)} more ${what} (-n for more, --json for all)`] : []

/** `0.56 s`, `12 ms`. */
export function formatPhase(seconds: number): string {
  const [value, unit] = seconds < 0.1 ? [seconds * 1000, 'ms'] : [seconds, 's']
  return `${Number(value.toPrecision(3))} ${unit}`
}

/** `8.0x`, `1.04x`. */
export const formatGain = (gain: number): string => `${gain.toFixed(gain < 2 ? 2 : 1)}x`
