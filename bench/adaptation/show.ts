// The figures of a scenario for people: table, drawing, case and checks.

import { type Check, check } from '../checks.ts'
import type { CaseResult, Drawing } from '../harness.ts'
import { type Summary, summarise } from '../stats.ts'
import type { Point } from './curve.ts'
import { drawPlot, type Series } from './plot.ts'
import type { Scenario } from './scenario.ts'

export const COLOURS = {
  planner: '#0b6e4f',
  intensity: '#d1495b',
  ideal: '#888888',
  automatic: '#1f6feb',
} as const

/** Time on the star over the time with links, each as measured or each as predicted. */
const speedup = (starMs: number, ms: number | null): number | null =>
  ms === null ? null : starMs / ms

interface Row {
  readonly links: number
  readonly planner: number | null
  readonly intensity: number | null
  readonly ideal: number
}

function rowsOf(curve: readonly Point[]): Row[] {
  const [star] = curve
  const starMs = star?.plannerMs ?? Number.NaN
  const idealStarMs = star?.plannerIdealMs ?? Number.NaN
  return curve.map((point) => ({
    links: point.links,
    planner: speedup(starMs, point.plannerMs),
    intensity: speedup(starMs, point.intensityMs),
    ideal: idealStarMs / (point.bestIdealMs ?? point.plannerIdealMs),
  }))
}

/** What the forced links of a scenario come to. */
export interface CurveSum {
  readonly starMs: number
  readonly bestSpeedup: number
  readonly idealSpeedup: number
}

export function sumUpCurve(curve: readonly Point[]): CurveSum {
  const rows = rowsOf(curve)
  const speedups = rows.flatMap(({ planner, intensity }) => [planner ?? 0, intensity ?? 0])
  return {
    starMs: curve[0]?.plannerMs ?? Number.NaN,
    bestSpeedup: Math.max(...speedups),
    idealSpeedup: Math.max(...rows.map(({ ideal }) => ideal)),
  }
}

/** As columns. */
export function tableOf(curve: readonly Point[]): string[] {
  const rows = rowsOf(curve)
  const text = (value: number | null, digits: number) =>
    value === null ? '-' : value.toFixed(digits)
  const head = ['links', "planner's ms", 'speed-up', 'by intensity ms', 'speed-up', 'ideal']
  const lines = curve.map((point, at) => {
    const row = rows[at]
    return [
      ...[String(point.links), text(point.plannerMs, 0), text(row?.planner ?? null, 2)],
      ...[text(point.intensityMs, 0), text(row?.intensity ?? null, 2), text(row?.ideal ?? null, 2)],
    ]
  })
  const widths = head.map((_, column) =>
    Math.max(...[head, ...lines].map((line) => line[column]?.length ?? 0)),
  )
  return [head, ...lines].map((line) =>
    line.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '),
  )
}

/** @param automatic how many links the network chose by itself, and what they brought */
export function drawCurve(
  { name, title }: Scenario,
  curve: readonly Point[],
  automatic: { readonly links: number; readonly speedup: number } | null = null,
): Drawing {
  const rows = rowsOf(curve)
  const pointsOf = (pick: (row: Row) => number | null) =>
    rows.flatMap((row): [number, number][] => {
      const y = pick(row)
      return y === null ? [] : [[row.links, y]]
    })
  const series: Series[] = [
    {
      ...{ name: 'ideal (fluid model)', colour: COLOURS.ideal, style: 'dashes' },
      points: pointsOf((row) => row.ideal),
    },
    {
      ...{ name: 'in the order of intensity', colour: COLOURS.intensity, style: 'line' },
      points: pointsOf((row) => row.intensity),
    },
    {
      ...{ name: "in the planner's order", colour: COLOURS.planner, style: 'line' },
      points: pointsOf((row) => row.planner),
    },
  ]
  if (automatic !== null) {
    series.push({
      ...{ name: 'chosen by the network', colour: COLOURS.automatic, style: 'dots' },
      points: [[automatic.links, automatic.speedup]],
    })
  }
  const svg = drawPlot({
    ...{ title, xLabel: 'fast paths', yLabel: 'speed-up over the star', series },
  })
  return { file: `adaptation-${name}.svg`, title, svg }
}

export function caseOf(
  { name }: Scenario,
  curve: readonly Point[],
  more: Readonly<Record<string, number | null>> = {},
): CaseResult {
  const { starMs, bestSpeedup, idealSpeedup } = sumUpCurve(curve)
  const measures: Record<string, Summary> = {}
  const all = { starMs, allLinksMs: curve.at(-1)?.plannerMs ?? null, bestSpeedup, idealSpeedup }
  for (const [measure, value] of Object.entries({ ...all, ...more })) {
    const summary = value === null ? null : summarise([value])
    if (summary !== null) measures[measure] = summary
  }
  return { name, measures }
}

/** The paper's own figure; all-to-all on a cluster has to do far better. */
const SPEEDUP_MIN = { cluster: 5, man: 2, wan: 2 } as const

export function judgeCurve({ name }: Scenario, curve: readonly Point[]): Check[] {
  const worst = curve.flatMap(({ plannerIdealMs, bestIdealMs }) =>
    bestIdealMs === null ? [] : [bestIdealMs / plannerIdealMs],
  )
  return [
    check({
      ...{ name: `${name}: best speed-up`, value: sumUpCurve(curve).bestSpeedup },
      ...{ unit: 'x the star', op: '>=', target: SPEEDUP_MIN[name] },
    }),
    check({
      name: `${name}: planner's k links to the best k`,
      value: worst.length === 0 ? null : Math.min(...worst),
      ...{ unit: 'of its speed', op: '>=', target: 0.95 },
    }),
  ]
}
