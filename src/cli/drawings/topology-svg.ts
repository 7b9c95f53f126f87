// A topology as a drawing: a panel a pattern, guests where src/infer/layout.ts puts them, edges as
// arrows: hotter and wider where more flows, dashed where they are throttled.

import type { GuestNames, RecognisedRow, TopologyView } from '../../control/api.ts'
import { recognisedOf } from '../../control/inferred.ts'
import { layoutOf, type Point } from '../../infer/layout.ts'
import type { Edge, Role, Topology } from '../../infer/types.ts'
import { formatRate } from '../units.ts'
import { guestName, patternText } from '../views/guests.ts'
import { fixed, type HeatScale, heatScale, svgDocument, svgLegend, svgText } from './svg.ts'

export interface TopologyDrawing extends Pick<TopologyView, 'topology' | 'patterns' | 'names'> {
  /** The headline: what it is and when it was so. */
  readonly title: string
}

const MARGIN = 24
const TITLE_HEIGHT = 44
const LEGEND_HEIGHT = 44
const PANEL_TITLE_HEIGHT = 44
/** Between the frame of a panel and the guests at its edge: room for their names. */
const INSET = 62
const COLUMNS_MAX = 3
/** Wanted between the two nearest guests, and the bounds of what that makes of a unit. */
const SPACING = 130
const SCALE_MIN = 190
const SCALE_MAX = 1_800
/** So that the title fits. */
const PANEL_WIDTH_MIN = 300
/** Guests that are compared with all others for the nearest two: enough in any regular layout. */
const COMPARED_MAX = 64
/** With more edges, their rates would cover each other. */
const LABELLED_EDGES_MAX = 40

interface Panel extends Point {
  readonly pattern: RecognisedRow
  readonly width: number
  readonly height: number
  readonly guests: ReadonlyMap<string, Point>
}

/** The document. */
export function topologySvg(drawing: TopologyDrawing): string {
  const { topology } = drawing
  const scale = heatScale(topology.edges.map(({ bytesPerSecond }) => bytesPerSecond))
  const panels = placePanels(drawing)
  const right = Math.max(560, ...panels.map(({ x, width }) => x + width))
  const bottom = Math.max(
    TITLE_HEIGHT + 60,
    ...panels.map(({ y, height }) => y + height + PANEL_TITLE_HEIGHT),
  )
  const body = [
    ...arrowHeads(topology.edges, scale),
    svgText(MARGIN, 30, drawing.title, { size: 17, isBold: true }),
    ...(panels.length === 0 ? [svgText(MARGIN, 76, 'no topology', { size: 14 })] : []),
    ...panels.flatMap((panel) => drawPanel(panel, { drawing, scale })),
    ...svgLegend(MARGIN, bottom + 30, scale),
    ...(topology.edges.some(({ isThrottled }) => isThrottled)
      ? [svgText(MARGIN + 460, bottom + 30, 'dashed: throttled', { size: 12 })]
      : []),
  ]
  const { title } = drawing
  return svgDocument({ width: right + MARGIN, height: bottom + LEGEND_HEIGHT, title }, body)
}

/** Rows of panels, each as large as its pattern needs. */
function placePanels({ patterns, topology }: TopologyDrawing): readonly Panel[] {
  const panels: Panel[] = []
  let x = MARGIN
  let y = TITLE_HEIGHT
  let rowHeight = 0
  for (const [index, pattern] of patterns.entries()) {
    if (index > 0 && index % COLUMNS_MAX === 0) {
      x = MARGIN
      y += rowHeight
      rowHeight = 0
    }
    const { width, height, guests } = arrange(pattern, topology)
    const places = [...guests].map(([mac, point]): [string, Point] => [
      mac,
      { x: x + point.x, y: y + PANEL_TITLE_HEIGHT + point.y },
    ])
    panels.push({ pattern, x, y, width, height, guests: new Map(places) })
    x += width + MARGIN
    rowHeight = Math.max(rowHeight, height + PANEL_TITLE_HEIGHT + MARGIN)
  }
  return panels
}

/** The guests of a pattern in a panel at 0,0, the nearest two as far apart as arrows need. */
function arrange(pattern: RecognisedRow, topology: Topology) {
  const points = [...layoutOf(recognisedOf(pattern), topology)]
  const scale = Math.min(SCALE_MAX, Math.max(SCALE_MIN, SPACING / nearestDistance(points)))
  const [xs, ys] = [points.map(([, { x }]) => x), points.map(([, { y }]) => y)]
  const [left, top] = [Math.min(...xs), Math.min(...ys)]
  // A tree of many leaves is wide, and need not be as high.
  const rows = new Set(ys.map((y) => y.toFixed(3))).size
  const scaleY = Math.min(scale, Math.max(SCALE_MIN, SPACING * 1.3 * (rows - 1)))
  const guests = points.map(([mac, { x, y }]): [string, Point] => [
    mac,
    { x: INSET + (x - left) * scale, y: INSET + (y - top) * scaleY },
  ])
  const width = 2 * INSET + (Math.max(...xs) - left) * scale
  const height = 2 * INSET + (Math.max(...ys) - top) * scaleY
  return { width: Math.max(PANEL_WIDTH_MIN, width), height, guests: new Map(guests) }
}

function nearestDistance(points: readonly (readonly [string, Point])[]): number {
  let nearest = 1
  for (const [index, [, one]] of points.slice(0, COMPARED_MAX).entries()) {
    for (const [, other] of points.slice(index + 1)) {
      nearest = Math.min(nearest, Math.hypot(one.x - other.x, one.y - other.y))
    }
  }
  return Math.max(nearest, 1e-3)
}

function drawPanel(
  panel: Panel,
  { drawing, scale }: { readonly drawing: TopologyDrawing; readonly scale: HeatScale },
): readonly string[] {
  const { pattern, guests, width, height } = panel
  const { topology, names } = drawing
  const own = new Set<string>(pattern.guests)
  const edges = topology.edges.filter(({ source }) => own.has(source))
  const top = panel.y + PANEL_TITLE_HEIGHT
  const sure = pattern.name === 'unknown' ? '' : `confidence ${pattern.confidence.toFixed(2)}`
  const frame = `x="${fixed(panel.x)}" y="${fixed(top)}" width="${fixed(width)}"`
  return [
    svgText(panel.x, panel.y + 22, patternText(pattern), { size: 14, isBold: true }),
    svgText(panel.x, panel.y + 38, sure, { size: 11, fill: '#666' }),
    `<rect ${frame} height="${fixed(height)}" rx="8" fill="#fafafa" stroke="#ddd"/>`,
    ...drawEdges(edges, guests, scale),
    ...pattern.guests.flatMap((mac) =>
      drawGuest(mac, { place: guests.get(mac), role: pattern.roles[mac], names }),
    ),
  ]
}

/** Arrows, the strongest on top; two directions bend away from each other. */
function drawEdges(
  edges: readonly Edge[],
  places: ReadonlyMap<string, Point>,
  scale: HeatScale,
): readonly string[] {
  const keys = new Set(edges.map(({ source, destination }) => `${source}>${destination}`))
  const drawn = edges
    .toSorted((a, b) => a.bytesPerSecond - b.bytesPerSecond)
    .flatMap((edge) => {
      const from = places.get(edge.source)
      const to = places.get(edge.destination)
      if (from === undefined || to === undefined) return []
      const isBothWays = keys.has(`${edge.destination}>${edge.source}`)
      return [arrow(edge, curve(from, to, isBothWays ? 0.16 : 0.04), scale)]
    })
  const isLabelled = edges.length <= LABELLED_EDGES_MAX
  return [...drawn.map(({ path }) => path), ...(isLabelled ? drawn.map(({ label }) => label) : [])]
}

interface Curve {
  readonly start: Point
  readonly control: Point
  readonly end: Point
}

/** From the rim of one guest to the rim of the other, bent to the left by a share of its length. */
function curve(from: Point, to: Point, bend: number): Curve {
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const control = {
    x: (from.x + to.x) / 2 + dy * bend,
    y: (from.y + to.y) / 2 - dx * bend,
  }
  return { start: towards(from, control, 15), control, end: towards(to, control, 19) }
}

function towards(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const share = length === 0 ? 0 : Math.min(0.45, distance / length)
  return { x: from.x + (to.x - from.x) * share, y: from.y + (to.y - from.y) * share }
}

function arrow(
  { bytesPerSecond, isThrottled }: Edge,
  { start, control, end }: Curve,
  scale: HeatScale,
) {
  const width = 1.2 + 2.8 * scale.shareOf(bytesPerSecond)
  const colour = scale.colourOf(bytesPerSecond)
  const at = (point: Point) => `${fixed(point.x)} ${fixed(point.y)}`
  const dashes = isThrottled ? ' stroke-dasharray="7 4"' : ''
  const line = `stroke="${colour}" stroke-width="${fixed(width)}"${dashes}`
  const path =
    `<path d="M ${at(start)} Q ${at(control)} ${at(end)}" fill="none" ${line}` +
    ` marker-end="url(#to-${colour.slice(1)})"/>`
  // The middle of the curve (Bezier, t = 0.3: not where the other direction has its label).
  const middle = (axis: 'x' | 'y') => 0.49 * start[axis] + 0.42 * control[axis] + 0.09 * end[axis]
  const rate = formatRate(bytesPerSecond)
  const style = { size: 10, fill: '#444', anchor: 'middle', hasHalo: true } as const
  return { path, label: svgText(middle('x'), middle('y') + 3, rate, style) }
}

/** One marker a colour: a marker cannot take its line's. */
function arrowHeads(edges: readonly Edge[], scale: HeatScale): readonly string[] {
  const colours = new Set(edges.map(({ bytesPerSecond }) => scale.colourOf(bytesPerSecond)))
  const heads = [...colours]
    .sort()
    .map(
      (colour) =>
        `<marker id="to-${colour.slice(1)}" viewBox="0 0 10 10" refX="7" refY="5" ` +
        'markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">' +
        `<path d="M 0 0.5 L 10 5 L 0 9.5 z" fill="${colour}"/></marker>`,
    )
  return heads.length === 0 ? [] : ['<defs>', ...heads, '</defs>']
}

const ROLE_COLOURS: Readonly<Record<Role['kind'], string>> = {
  root: '#ffd58a',
  inner: '#e8eef7',
  leaf: '#d9f0d9',
  end: '#d9f0d9',
  member: '#e8eef7',
  set: '#e8eef7',
}
/** Of a partition, in the order in which data flows. */
const SET_COLOURS = ['#ffd58a', '#d9f0d9', '#e8eef7', '#f3d9ec'] as const

function drawGuest(
  mac: string,
  {
    place,
    role,
    names,
  }: {
    readonly place: Point | undefined
    readonly role: Role | undefined
    readonly names: GuestNames
  },
): readonly string[] {
  if (place === undefined) return []
  const bySet = role?.set === undefined ? undefined : SET_COLOURS[role.set % SET_COLOURS.length]
  const fill = bySet ?? ROLE_COLOURS[role?.kind ?? 'member']
  const style = { size: 11, anchor: 'middle', hasHalo: true } as const
  return [
    `<circle cx="${fixed(place.x)}" cy="${fixed(place.y)}" r="12" fill="${fill}" stroke="#556"/>`,
    svgText(place.x, place.y + 26, guestName(mac, names), style),
  ]
}
