// Where a component's loads part into edges and background: the widest gap between neighbouring
// loads, in the neighbourhood of the detection threshold. Pure: sorted numbers in, a threshold
// out.
//
// A fixed share of the strongest pair (the published form: Gupta and Dinda, JSSPP 2004) fails
// where edges differ much: background of 20 % on few guests is stronger than the weakest edge of a
// program whose edges differ twentyfold in a bigger one. But background spreads over all pairs and
// leaves a gap below the edges. Gaps are measured in the logarithm of the load.

export interface SplitOptions {
  /** Share of the strongest load around which the gap is looked for, 0..1. */
  readonly detectionThreshold: number
  /** Loads below this are never edges. */
  readonly floorBytesPerSecond: number
}

export interface Split {
  /** Loads of at least this are edges, bytes a second. */
  readonly enter: number
  /** The mean of the loads below, 0 if there are none. */
  readonly background: number
}

/**
 * "No background at all" counts as a gap below the weakest load (natural log): this over the root
 * of the number of loads, for among many the gaps are narrower.
 */
const OPEN_GAP = 4.5
const OPEN_GAP_MAX = 0.89
/** Wider gaps count as this: a tenfold step leaves no doubt. */
const GAP_MAX = 2.3
/** Doubt a unit of log, where a gap's middle lies above half the detection threshold. */
const HIGH_DOUBT = 0.82
/** Doubt a unit of log, where all of a gap lies below the detection threshold. */
const LOW_DOUBT = 2.2
/** Doubt when more than a share of the traffic would be background. */
const SHARE_DOUBT = 2
/** Background of up to this many detection thresholds is expected. */
const SHARE_PER_THRESHOLD = 2.2
/** Of the loads below and above a gap: as many as both allow may stray into it. */
const STRAYS_BELOW = 0.02
const STRAYS_ABOVE = 0.003
/** Hidden edges stand threefold above the rest, and are twice as many as those that hide them. */
const HIDDEN_GAP = Math.log(3)
const HIDDEN_RATIO = 2
/** Loads so far apart are looked for in so many rounds. */
const ROUNDS_MAX = 4

/**
 * Finds the threshold between background and edges.
 * @param loads ascending, all above 0, bytes a second
 * @param possible how many pairs there could be; those without load are background of 0
 */
export function splitLoads(loads: Float64Array, possible: number, options: SplitOptions): Split {
  const pairs = Math.max(possible, loads.length)
  let top = loads.length
  let edges = firstEdge(loads, top, pairs, options)
  for (let round = 1; round < ROUNDS_MAX && edges > 0 && edges < top; round += 1) {
    // One heavy pair must not hide the others: is there structure in what is left?
    top = edges
    const next = firstEdge(loads, top, pairs - (loads.length - top), options)
    if (!isStructure(loads, next, top, pairs)) break
    edges = next
  }
  const floor = floorOf(options)
  if (edges === 0) return { enter: Math.max(at(loads, 0) * 0.5, floor), background: 0 }
  let below = 0
  for (let i = 0; i < edges; i += 1) below += at(loads, i)
  const strongest = at(loads, edges - 1)
  const enter = edges < loads.length ? Math.sqrt(strongest * at(loads, edges)) : strongest * 2
  return { enter: Math.max(enter, floor), background: below / edges }
}

const floorOf = (options: SplitOptions) => Math.max(options.floorBytesPerSecond, 1)

/** The index of the weakest edge among the first `top` loads; `top` if there is none. */
function firstEdge(loads: Float64Array, top: number, pairs: number, options: SplitOptions): number {
  const floor = floorOf(options)
  const strongest = Math.log(at(loads, top - 1))
  const open = Math.min(OPEN_GAP_MAX, OPEN_GAP / Math.sqrt(top))
  const high = Math.log(options.detectionThreshold * 0.53)
  const low = Math.log(options.detectionThreshold * 0.95)
  const share = options.detectionThreshold * SHARE_PER_THRESHOLD
  let total = 0
  for (let i = 0; i < top; i += 1) total += at(loads, i)
  let [below, best, bestScore] = [0, top, Number.NEGATIVE_INFINITY]
  // A gap narrower than this ratio cannot be better than the best so far, whatever its doubts.
  let ratioMin = 1
  for (let i = 0; i < top; below += at(loads, i), i += 1) {
    const load = at(loads, i)
    if (load < floor || (i > 0 && gapRatio(loads, i, top) < ratioMin)) continue
    const height = Math.log(load) - strongest
    let score = -LOW_DOUBT * Math.max(0, low - height)
    if (i === 0) score += Math.log(open)
    else {
      const gap = Math.log(gapRatio(loads, i, top)) / 3
      score += Math.log(Math.max(1e-9, Math.min(gap, GAP_MAX)))
      const middle = height - Math.log(load / at(loads, i - 1)) / 2
      score -= HIGH_DOUBT * Math.max(0, middle - high)
      const background = backgroundShare(below, total - below, pairs, top - i)
      score -= SHARE_DOUBT * Math.max(0, background / share - 1)
    }
    if (score <= bestScore) continue
    ;[best, bestScore] = [i, score]
    ratioMin = Math.exp(3 * Math.exp(bestScore))
  }
  return best
}

/** The ratio across the gap below a load, cubed; among very many loads a few may lie in the gap. */
function gapRatio(loads: Float64Array, index: number, top: number): number {
  const bare = at(loads, index) / at(loads, index - 1)
  const strays = Math.floor(Math.min(index * STRAYS_BELOW, (top - index) * STRAYS_ABOVE))
  if (strays === 0) return bare * bare * bare
  const wide = at(loads, index + strays) / at(loads, index - 1 - strays)
  return wide * wide * bare
}

/** Background on all pairs, edges included, as a share of what the edges carry besides. */
function backgroundShare(below: number, above: number, pairs: number, edges: number): number {
  const perPair = below / Math.max(1, pairs - edges)
  return (perPair * pairs) / Math.max(1, above - perPair * edges)
}

/**
 * True if the loads from `first` to `top` are edges that stronger ones hide. Those are fewer by
 * far; what is hidden is few among the pairs and stands clear of the rest, unlike background.
 */
function isStructure(loads: Float64Array, first: number, top: number, pairs: number): boolean {
  const [visible, hidden] = [loads.length - top, top - first]
  if (hidden < HIDDEN_RATIO * visible || hidden > (pairs - visible) / 2) return false
  return first === 0 || Math.log(at(loads, first) / at(loads, first - 1)) >= HIDDEN_GAP
}

const at = (values: Float64Array, index: number): number => values[index] ?? 0
