// `vnet topology`: what the guests' traffic looks like, by name, with roles and rates.

import type { GuestNames, RecognisedRow, TopologyView } from '../../control/api.ts'
import type { Edge, HostState } from '../../infer/types.ts'
import { type Column, renderTable } from '../columns.ts'
import { harmless, type Paint } from '../output.ts'
import {
  formatCount,
  formatDuration,
  formatMicroseconds,
  formatRate,
  formatTime,
  formatWhen,
} from '../units.ts'
import { guestName, patternText } from './guests.ts'
import { sketch } from './sketch.ts'
import type { View, ViewOptions } from './view.ts'

/** Longer ago than this, a decision is old: it is made once a second at least. */
const STALE_MS = 5_000
/** More edges than this are for --json. */
const EDGES_SHOWN_MAX = 200

export const viewTopology: View<TopologyView> = (view, options) => {
  const { paint } = options
  const parts = [
    headline(view, paint),
    staleNote(view, options),
    missingHosts(view.hosts, paint),
    ...patternParts(view, options),
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}

/** What is drawn and listed: of the proxy now, or of a phase in captures. */
export type Shown = Pick<TopologyView, 'topology' | 'patterns' | 'names'>

/** Each pattern with its sketch and its edges. */
export function patternParts(shown: Shown, options: ViewOptions): readonly string[] {
  return shown.patterns.map((pattern) => patternPart(shown, pattern, options))
}

function headline({ topology, atMs, parameters, change }: TopologyView, paint: Paint): string {
  const { guests, edges } = topology
  const count =
    edges.length === 0
      ? 'no guests talk to each other enough to be a topology'
      : `${formatCount(guests.length)} guests, ${formatCount(edges.length)} edges`
  const seenFor = change === null ? [] : [`for ${formatDuration(Math.max(0, atMs - change.atMs))}`]
  const reaction = change === null ? [] : [`seen after ${formatReaction(change)}`]
  const over = `averaged over ${formatDuration(parameters.smoothingIntervalMs)}`
  return paint('dim', [formatTime(atMs), count, ...seenFor, ...reaction, over].join('  '))
}

/** The proxy decides once a second at least; if not, it is switched off, or in trouble. */
export function staleNote(
  { atMs, parameters }: Pick<TopologyView, 'atMs' | 'parameters'>,
  { nowMs, paint }: ViewOptions,
): string {
  if (nowMs - atMs < STALE_MS + 2 * parameters.updateIntervalMs) return ''
  const ago = formatWhen(atMs, nowMs)
  return paint('warn', `decided ${ago}: 'vnet get inference' tells whether it is switched off`)
}

/** From the first frame of the new traffic to the decision. */
export function formatReaction(change: {
  readonly atMs: number
  readonly firstFrameMs: number
}): string {
  return formatMicroseconds((change.atMs - change.firstFrameMs) * 1_000)
}

/** Whose reports are missing, and so whose guests' traffic is not in the picture. */
export function missingHosts(hosts: readonly HostState[], paint: Paint): string {
  const named = (state: HostState['state']) =>
    hosts.filter((host) => host.state === state).map(({ name }) => harmless(name))
  const lost = named('lost')
  const late = named('late')
  const lines = [
    ...(lost.length > 0
      ? [paint('bad', `no reports of ${lost.join(', ')}: what their guests send is not seen`)]
      : []),
    ...(late.length > 0 ? [paint('warn', `reports of ${late.join(', ')} are overdue`)] : []),
  ]
  return lines.join('\n')
}

function patternPart(view: Shown, pattern: RecognisedRow, options: ViewOptions): string {
  const { paint } = options
  const { names } = view
  const also = pattern.alsoKnownAs.length > 0 ? `, also ${pattern.alsoKnownAs.join(', ')}` : ''
  const sure =
    pattern.name === 'unknown' ? '' : `  confidence ${pattern.confidence.toFixed(2)}${also}`
  const guests = new Set<string>(pattern.guests)
  const edges = view.topology.edges.filter(({ source }) => guests.has(source))
  const drawing = sketch(pattern, names).map((line) => `  ${harmless(line)}`)
  return [
    `${paint('strong', patternText(pattern))}${paint('dim', sure)}`,
    paint('dim', `  ${harmless(pattern.why)}`),
    ...drawing,
    '',
    edgeTable(edges, { names, pattern, options }),
  ].join('\n')
}

function edgeTable(
  edges: readonly Edge[],
  {
    names,
    pattern,
    options,
  }: {
    readonly names: GuestNames
    readonly pattern: RecognisedRow
    readonly options: ViewOptions
  },
): string {
  const { paint, nowMs } = options
  const columns: readonly Column<Edge>[] = [
    { title: 'FROM', cell: ({ source }) => ({ text: guestName(source, names), tone: 'strong' }) },
    { title: 'ROLE', cell: ({ source }) => roleText(pattern, source) },
    { title: 'TO', cell: ({ destination }) => guestName(destination, names) },
    { title: 'RATE', isRight: true, cell: ({ bytesPerSecond }) => formatRate(bytesPerSecond) },
    {
      title: 'FOR',
      isRight: true,
      cell: ({ sinceMs }) => formatDuration(Math.max(0, nowMs - sinceMs)),
    },
    {
      title: 'NOTE',
      cell: ({ isThrottled }) =>
        isThrottled ? { text: 'throttled: would send more', tone: 'warn' } : '',
    },
  ]
  const shown = [...edges]
    .sort((a, b) => b.bytesPerSecond - a.bytesPerSecond)
    .slice(0, EDGES_SHOWN_MAX)
  const table = renderTable({ columns, rows: shown, empty: 'no edges', paint })
  const hidden = edges.length - shown.length
  return hidden === 0 ? table : `${table}\n${paint('dim', `and ${formatCount(hidden)} more`)}`
}

/** `root`, `2,1` for a place in a mesh, `set 1`. */
function roleText({ roles }: RecognisedRow, mac: string): string {
  const role = roles[mac]
  if (role === undefined) return ''
  if (role.set !== undefined) return `set ${role.set}`
  const place = role.coordinates?.join(',')
  const kind = role.kind === 'member' ? [] : [role.kind]
  return [...kind, ...(place === undefined ? [] : [`at ${place}`])].join(' ')
}
