// Several captures as one: how far their clocks differ, and which of them counts whose frames.
//
// Clocks: of each frame that two captures have in common, the difference of its two times. It is
// the difference of the clocks plus the way (frames one way) or less the way (the other way), so
// the median a source is taken, and the middle between the greatest and the smallest of these: the
// same reasoning as NTP's (RFC 5905 section 8). Captures without a frame in common keep their
// clocks.
//
// Counting: a frame counts once, where it was sent. The sender's own capture is the one that
// belongs to it alone, or else the one that saw its frames first.

import type { Sighting, Survey } from './survey.ts'

/** Differences below this are chance: two captures on the way within one machine. */
const EARLIER_MS = 0.002
/** A median of fewer is not trusted where there are better. */
const SIGHTINGS_MIN = 3

export interface Alignment {
  /** A point's index -> ms to add to its times. */
  readonly offsetsMs: readonly number[]
  /** Points whose file has no frame in common with the first file's group. */
  readonly isAlone: readonly boolean[]
  /** A point's index -> frames by which its clock was compared; 0 for the first file. */
  readonly comparedFrames: readonly number[]
  /** A guest's number -> points that saw its frames, the one that counts first. */
  readonly homes: ReadonlyMap<number, readonly number[]>
}

interface Comparison {
  readonly a: number
  readonly b: number
  readonly frames: number
  /** Time at b less time at a, by source. */
  readonly medians: ReadonlyMap<number, number>
  /** What b's clock shows more than a's. */
  readonly aheadMs: number
}

/** Aligns the points; the first one's clock is the clock of all. */
export function align(points: readonly Survey[]): Alignment {
  const comparisons = compareAll(points)
  const files = alignFiles(points, comparisons)
  const offsetsMs = points.map(({ file }) => files.get(file)?.offsetMs ?? 0)
  return {
    offsetsMs,
    isAlone: points.map(({ file }) => !files.has(file)),
    comparedFrames: points.map(({ file }) => files.get(file)?.frames ?? 0),
    homes: findHomes(points, comparisons, offsetsMs),
  }
}

function compareAll(points: readonly Survey[]): readonly Comparison[] {
  return points.flatMap((one, a) =>
    points.slice(a + 1).flatMap((other, index) => {
      const medians = mediansOf(one.sample, other.sample)
      const frames = [...medians.values()].reduce((sum, { count }) => sum + count, 0)
      if (frames === 0) return []
      const trusted = [...medians.values()].filter(({ count }) => count >= SIGHTINGS_MIN)
      const values = (trusted.length > 0 ? trusted : [...medians.values()]).map(({ ms }) => ms)
      const aheadMs = (Math.min(...values) + Math.max(...values)) / 2
      const plain = new Map([...medians].map(([source, { ms }]) => [source, ms]))
      return [{ a, b: a + 1 + index, frames, medians: plain, aheadMs }]
    }),
  )
}

function mediansOf(
  one: ReadonlyMap<number, Sighting | null>,
  other: ReadonlyMap<number, Sighting | null>,
): ReadonlyMap<number, { readonly ms: number; readonly count: number }> {
  const differences = new Map<number, number[]>()
  const [small, large] = one.size <= other.size ? [one, other] : [other, one]
  const sign = small === one ? 1 : -1
  for (const [print, seen] of small) {
    const again = large.get(print)
    if (seen === null || again === null || again === undefined) continue
    const list = differences.get(seen.source) ?? []
    list.push(sign * (again.atMs - seen.atMs))
    differences.set(seen.source, list)
  }
  return new Map(
    [...differences].map(([source, list]) => [source, { ms: median(list), count: list.length }]),
  )
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2
}

/** A spanning tree over the files from the first one, by the comparisons with most frames. */
function alignFiles(
  points: readonly Survey[],
  comparisons: readonly Comparison[],
): ReadonlyMap<number, { readonly offsetMs: number; readonly frames: number }> {
  const fileOf = (point: number) => points[point]?.file ?? 0
  const known = new Map([[fileOf(0), { offsetMs: 0, frames: 0 }]])
  const best = comparisons
    .filter(({ a, b }) => fileOf(a) !== fileOf(b))
    .sort((one, other) => other.frames - one.frames)
  for (;;) {
    const next = best.find(({ a, b }) => known.has(fileOf(a)) !== known.has(fileOf(b)))
    if (next === undefined) return known
    const { a, b, aheadMs, frames } = next
    const from = known.get(fileOf(a))
    if (from !== undefined) known.set(fileOf(b), { offsetMs: from.offsetMs - aheadMs, frames })
    const to = known.get(fileOf(b))
    if (from === undefined && to !== undefined) {
      known.set(fileOf(a), { offsetMs: to.offsetMs + aheadMs, frames })
    }
  }
}

function findHomes(
  points: readonly Survey[],
  comparisons: readonly Comparison[],
  offsetsMs: readonly number[],
): ReadonlyMap<number, readonly number[]> {
  const guests = new Set(points.flatMap(({ sources }) => [...sources.keys()]))
  const wins = firstSightings(comparisons, offsetsMs)
  const rank = (guest: number, point: number): readonly number[] => [
    points[point]?.owner === guest ? 1 : 0,
    wins.get(point)?.get(guest) ?? 0,
    points[point]?.sources.get(guest) ?? 0,
    -point,
  ]
  const homes = new Map<number, readonly number[]>()
  for (const guest of guests) {
    const seen = points.flatMap(({ sources }, index) => (sources.has(guest) ? [index] : []))
    homes.set(
      guest,
      seen.sort((a, b) => compareRanks(rank(guest, b), rank(guest, a))),
    )
  }
  return homes
}

/** A point -> a guest -> how many other points saw its frames later. */
function firstSightings(
  comparisons: readonly Comparison[],
  offsetsMs: readonly number[],
): ReadonlyMap<number, ReadonlyMap<number, number>> {
  const wins = new Map<number, Map<number, number>>()
  for (const { a, b, medians } of comparisons) {
    for (const [guest, ms] of medians) {
      const laterMs = ms + (offsetsMs[b] ?? 0) - (offsetsMs[a] ?? 0)
      if (Math.abs(laterMs) < EARLIER_MS) continue
      const first = laterMs > 0 ? a : b
      const own = wins.get(first) ?? new Map<number, number>()
      own.set(guest, (own.get(guest) ?? 0) + 1)
      wins.set(first, own)
    }
  }
  return wins
}

function compareRanks(one: readonly number[], other: readonly number[]): number {
  const at = one.findIndex((value, index) => value !== other[index])
  return at === -1 ? 0 : (one[at] ?? 0) - (other[at] ?? 0)
}
