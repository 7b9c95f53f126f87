// The figures that the project promises, as comparisons with a target. What could not be measured
// does not pass and says why.

import { summarise } from './stats.ts'

export interface Check {
  readonly name: string
  readonly value: number | null
  readonly unit: string
  readonly target: number
  readonly op: '>=' | '<=' | '=='
  /** Null: not measured. */
  readonly ok: boolean | null
  readonly why?: string
  /** What the value was compared with, such as the fastest peer. */
  readonly against?: string
  /** The lowest and the highest of the repeats, where each has one. */
  readonly range?: readonly [low: number, high: number]
}

/** Compares a measured value; null or NaN becomes an unmeasured check that needs `why`. */
export function check(options: {
  readonly name: string
  readonly value: number | null
  readonly unit: string
  readonly op: Check['op']
  readonly target: number
  readonly why?: string
  readonly against?: string
  readonly range?: NonNullable<Check['range']>
}): Check {
  const { value, op, target, why, ...rest } = options
  if (value === null || !Number.isFinite(value)) {
    return { ...rest, value: null, op, target, ok: null, why: why ?? 'no sample was taken' }
  }
  const ok = op === '>=' ? value >= target : op === '<=' ? value <= target : value === target
  return { ...rest, value, op, target, ok }
}

/**
 * The median of the ratios of the repeats: the two samples of a repeat were taken one after the
 * other, so that a busy minute of the machine is in both.
 */
export function checkPairs(options: {
  readonly name: string
  readonly above: readonly number[]
  readonly below: readonly number[]
  readonly op: Check['op']
  readonly target: number
  readonly against?: string
  readonly why?: string
}): Check {
  const { above, below, why = 'no pair of samples', ...rest } = options
  const isPaired = above.length === below.length
  const ratios = isPaired ? above.map((value, at) => value / (below[at] ?? Number.NaN)) : []
  const summary = summarise(ratios)
  if (summary === null) return check({ ...rest, unit: 'x', value: null, why })
  const range = [summary.min, summary.max] as const
  return check({ ...rest, unit: 'x', value: summary.median, range })
}

/** True only when every check was measured and holds. */
export function isPassed(checks: readonly Check[]): boolean {
  return checks.every((one) => one.ok === true)
}

/** `value / base`, or null where either is missing. */
export function ratio(value: number | null, base: number | null): number | null {
  return value === null || base === null || base === 0 ? null : value / base
}
