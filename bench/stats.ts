// The few statistics that the benchmarks use: median, range and percentiles of samples.

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly samples: readonly number[]
}

/** Median and range; null without samples. */
export function summarise(samples: readonly number[]): Summary | null {
  if (samples.length === 0) return null
  const median = (percentile(samples, 50) + percentile(samples, 50, 'upper')) / 2
  return { median, min: Math.min(...samples), max: Math.max(...samples), samples }
}

/**
 * The nearest-rank percentile: the smallest sample that `percent` of all do not exceed. `upper`
 * takes the next one where the rank falls exactly between two.
 * @throws Error without samples.
 */
export function percentile(
  samples: readonly number[],
  percent: number,
  side: 'lower' | 'upper' = 'lower',
): number {
  const sorted = [...samples].sort((a, b) => a - b)
  const rank = (percent / 100) * sorted.length
  const index = side === 'lower' ? Math.ceil(rank) - 1 : Math.floor(rank)
  const value = sorted[Math.min(Math.max(index, 0), sorted.length - 1)]
  if (value === undefined) throw new Error('no samples to take a percentile of')
  return value
}
