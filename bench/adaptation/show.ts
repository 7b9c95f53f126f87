// The figures of a scenario for people: table, drawing, case and checks.

import { type Check, check } from '../checks.ts'
import type { BenchOutcome, CaseResult, Drawing } from '../harness.ts'
import { type Summary, summarise } from '../stats.ts'
import { type Automatic, speedsOf } from './automatic.ts'
import type { Point } from './curve.ts'
import { drawPlot, type Series } from './plot.ts'
import type { Scenario } from './scenario.ts'

const COLOURS = {
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

function drawCurve(
  { name, title }: Scenario,
  curve: readonly Point[],
  automatic: Automatic,
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
    {
      ...{ name: 'chosen by the network', colour: COLOURS.automatic, style: 'dots' },
      points: [[automatic.links, sumUpCurve(curve).starMs / automatic.ms]],
    },
  ]
  const svg = drawPlot({
    ...{ title, xLabel: 'fast paths', yLabel: 'speed-up over the star', series },
  })
  return { file: `adaptation-${name}.svg`, title, svg }
}

function drawStart(
  { name, title }: Scenario,
  { starMs, bestSpeedup }: CurveSum,
  automatic: Automatic,
): Drawing {
  const points = speedsOf(automatic, starMs)
  const end = points.at(-1)?.[0] ?? 0
  const series: Series[] = [
    {
      ...{ name: 'best of the forced ones', colour: COLOURS.planner, style: 'dashes' },
      points: [
        [0, bestSpeedup],
        [end, bestSpeedup],
      ],
    },
    { ...{ name: 'each iteration', colour: COLOURS.automatic, style: 'dots' }, points },
  ]
  const svg = drawPlot({
    ...{ title: `${title}: from a cold start`, xLabel: 's since the start', series },
    yLabel: 'speed-up over the star',
  })
  return { file: `adaptation-${name}-start.svg`, title: `${title}: from a cold start`, svg }
}

/** All that is shown of a scenario. */
export function showScenario(
  scenario: Scenario,
  curve: readonly Point[],
  automatic: Automatic,
): BenchOutcome {
  const sum = sumUpCurve(curve)
  const seconds = (ms: number | null) => (ms === null ? 'never' : `${(ms / 1_000).toFixed(1)} s`)
  const speedup = sum.starMs / automatic.ms
  return {
    cases: [caseOf(scenario, curve, automatic)],
    checks: [...judgeCurve(scenario, curve), ...judgeAutomatic(scenario, sum, automatic)],
    sections: [
      {
        title: scenario.title,
        lines: [
          ...tableOf(curve),
          '',
          `by itself: ${automatic.links} links, ${speedup.toFixed(2)} times as fast as the star; ` +
            `last rule after ${seconds(automatic.lastLinkMs)}, ` +
            `full speed from ${seconds(automatic.fullSpeedMs)} on`,
        ],
      },
    ],
    drawings: [drawCurve(scenario, curve, automatic), drawStart(scenario, sum, automatic)],
    details: { curve, automatic },
  }
}

function caseOf(
  { name }: Scenario,
  curve: readonly Point[],
  { ms, links, lastLinkMs, fullSpeedMs }: Automatic,
): CaseResult {
  const { starMs, bestSpeedup, idealSpeedup } = sumUpCurve(curve)
  const all: Readonly<Record<string, number | null>> = {
    ...{ starMs, allLinksMs: curve.at(-1)?.plannerMs ?? null, bestSpeedup, idealSpeedup },
    ...{ ownMs: ms, ownSpeedup: starMs / ms, ownLinks: links, lastLinkMs, fullSpeedMs },
  }
  const measures: Record<string, Summary> = {}
  for (const [measure, value] of Object.entries(all)) {
    const summary = value === null ? null : summarise([value])
    if (summary !== null) measures[measure] = summary
  }
  return { name, measures }
}

/** The paper's own figure; all-to-all on a cluster has to do far better. */
const SPEEDUP_MIN = { cluster: 5, man: 2, wan: 2 } as const

function judgeCurve({ name }: Scenario, curve: readonly Point[]): Check[] {
  const shares = curve.flatMap(({ plannerIdealMs, bestIdealMs }) =>
    bestIdealMs === null ? [] : [bestIdealMs / plannerIdealMs],
  )
  return [
    check({
      ...{ name: `${name}: best speed-up`, value: sumUpCurve(curve).bestSpeedup },
      ...{ unit: 'x the star', op: '>=', target: SPEEDUP_MIN[name] },
    }),
    check({
      name: `${name}: planner's k links to the best k`,
      value: shares.length === 0 ? null : Math.min(...shares),
      ...{ unit: 'of its speed', op: '>=', target: 0.95 },
    }),
  ]
}

function judgeAutomatic({ name }: Scenario, sum: CurveSum, automatic: Automatic): Check[] {
  const speedup = sum.starMs / automatic.ms
  const { lastLinkMs, fullSpeedMs } = automatic
  const within = (what: string, value: number | null) =>
    check({
      ...{ name: `${name}: ${what}`, value: value === null ? null : value / 1_000 },
      ...{ unit: 's', op: '<=', target: 3, why: 'it never came to that' },
    })
  return [
    check({
      ...{ name: `${name}: by itself, to the best`, value: speedup / sum.bestSpeedup },
      ...{ unit: 'of its speed-up', op: '>=', target: 0.95 },
    }),
    check({
      ...{ name: `${name}: by itself, to the ideal`, value: speedup / sum.idealSpeedup },
      ...{ unit: 'of its speed-up', op: '>=', target: 0.85 },
    }),
    within('last rule set after', lastLinkMs),
    within('full speed after', fullSpeedMs),
  ]
}
