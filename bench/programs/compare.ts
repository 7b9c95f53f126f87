// What a program is known to do against what was inferred of it: sets of edges between named
// guests, their precision and recall, and grids as the sets of edges they stand for. Pure.

/** `g1>g2`: g1 sends to g2. */
export type EdgeName = string

export interface Comparison {
  /** The share of the found edges that are known. */
  readonly precision: number
  /** The share of the known edges that were found. */
  readonly recall: number
  readonly missing: readonly EdgeName[]
  readonly extra: readonly EdgeName[]
}

/** Nothing found has precision 1: nothing of it is wrong. */
export function compareEdges(
  found: ReadonlySet<EdgeName>,
  known: ReadonlySet<EdgeName>,
): Comparison {
  const missing = [...known].filter((edge) => !found.has(edge)).sort()
  const extra = [...found].filter((edge) => !known.has(edge)).sort()
  return {
    precision: found.size === 0 ? 1 : (found.size - extra.length) / found.size,
    recall: known.size === 0 ? 1 : (known.size - missing.length) / known.size,
    missing,
    extra,
  }
}

export interface Score {
  /** Means over the sights. */
  readonly precision: number
  readonly recall: number
  /** Of the sights, the share with just the known edges. */
  readonly exactShare: number
  /** The share with the pattern's name and size, one-way or not. */
  readonly namedShare: number
}

/** How well the topologies that were seen agree with what is known; of no sight all is NaN. */
export function scoreSights(
  sights: readonly { readonly what: string; readonly edges: ReadonlySet<EdgeName> }[],
  known: ReadonlySet<EdgeName>,
  pattern: string,
): Score {
  const compared = sights.map(({ edges }) => compareEdges(edges, known))
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const share = (are: readonly boolean[]) => mean(are.map(Number))
  return {
    precision: mean(compared.map(({ precision }) => precision)),
    recall: mean(compared.map(({ recall }) => recall)),
    exactShare: share(compared.map(({ precision, recall }) => precision === 1 && recall === 1)),
    namedShare: share(sights.map(({ what }) => what === pattern || what === `${pattern} one-way`)),
  }
}

/** The same edge whoever sends: its two names in order, with `-` between them. */
export function withoutDirection(edges: Iterable<EdgeName>): Set<EdgeName> {
  return new Set([...edges].map((edge) => edge.split('>').sort().join('-')))
}

/** Both directions between the two of each pair. */
export function bothWays(pairs: readonly (readonly [string, string])[]): Set<EdgeName> {
  return new Set(pairs.flatMap(([a, b]) => [`${a}>${b}`, `${b}>${a}`]))
}

export interface GridPlace {
  readonly name: string
  /** One number a dimension, from 0. */
  readonly at: readonly number[]
}

/**
 * Neighbours in a grid talk both ways; where a dimension is periodic its ends are neighbours too.
 * `sizes` and `isPeriodic` have one entry a dimension.
 */
export function gridEdges(
  places: readonly GridPlace[],
  sizes: readonly number[],
  isPeriodic: readonly boolean[],
): Set<EdgeName> {
  const nameAt = new Map(places.map(({ name, at }) => [at.join(','), name]))
  const pairs = places.flatMap(({ name, at }) =>
    sizes.flatMap((size, dimension): [string, string][] => {
      const next = (at[dimension] ?? 0) + 1
      if (next >= size && !isPeriodic[dimension]) return []
      const to = nameAt.get(at.with(dimension, next % size).join(','))
      return to === undefined || to === name ? [] : [[name, to]]
    }),
  )
  return bothWays(pairs)
}

/** In order of time: what was seen, and for how long until the next. */
export interface Stretch {
  readonly what: string
  readonly ms: number
}

/** The total of each thing that was seen, longest first. */
export function sumStretches(stretches: readonly Stretch[]): Stretch[] {
  const totals = new Map<string, number>()
  for (const { what, ms } of stretches) totals.set(what, (totals.get(what) ?? 0) + ms)
  return [...totals].map(([what, ms]) => ({ what, ms })).sort((a, b) => b.ms - a.ms)
}
