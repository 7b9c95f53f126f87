// From loads to thresholds: for each component of guests the load from which a pair is an edge, and
// the lower one below which an edge is none any more.

import { type Components, createComponents, joinGuests } from './components.ts'
import type { GuestTable, PairTable } from './pairs.ts'
import type { InferParameters } from './parameters.ts'
import { splitLoads } from './split.ts'

/** An edge that is no more than this many times the mean of the background may be part of it. */
const BACKGROUND_MARGIN = 1.5

export interface Thresholds {
  readonly components: Components
  /** By component (see `components.of`): enter and leave, bytes a second. */
  enter: Float64Array
  leave: Float64Array
  /** By component: the mean of what is below, bytes a second. */
  background: Float64Array
}

export function createThresholds(): Thresholds {
  const column = () => new Float64Array(0)
  return {
    components: createComponents(),
    enter: column(),
    leave: column(),
    background: column(),
  }
}

/** The threshold of a pair: that of its component, or no edge at all between two components. */
export function thresholdOf(
  thresholds: Thresholds,
  values: Float64Array,
  source: number,
  destination: number,
): number {
  const component = thresholds.components.of[source] ?? 0
  if (thresholds.components.of[destination] === component) return values[component] ?? 0
  return Number.POSITIVE_INFINITY
}

/**
 * Finds the thresholds.
 * @param levels by pair: the load, or what an edge is known to carry if that is more
 * @param gross by pair: the load with acknowledgements
 */
export function findThresholds(
  guests: GuestTable,
  pairs: PairTable,
  levels: Float64Array,
  gross: Float64Array,
  parameters: InferParameters,
  into: Thresholds,
): void {
  const floor = Math.max(parameters.floorBytesPerSecond, 1)
  joinGuests(pairs, levels, floor, guests.end, into.components)
  const { of, strongest } = into.components
  if (into.enter.length < guests.end) {
    into.enter = new Float64Array(guests.end * 2)
    into.leave = new Float64Array(guests.end * 2)
    into.background = new Float64Array(guests.end * 2)
  }
  into.enter.fill(floor)
  into.leave.fill(floor * parameters.hysteresis)
  into.background.fill(0)
  const members = new Uint32Array(guests.end)
  for (let guest = 0; guest < guests.end; guest += 1) {
    const component = of[guest] ?? 0
    if ((strongest[guest] ?? 0) > 0) members[component] = (members[component] ?? 0) + 1
  }
  const { begin, loads, unknown } = gather(pairs, of, levels, gross, guests.end)
  for (let component = 0; component < guests.end; component += 1) {
    const mine = loads.subarray(begin[component] ?? 0, begin[component + 1] ?? 0)
    if (mine.length === 0) continue
    mine.sort()
    if ((mine.at(-1) ?? 0) < floor) continue
    const count = members[component] ?? 0
    const possible = count * (count - 1) - (unknown[component] ?? 0)
    const { enter, background } = splitLoads(mine, possible, parameters)
    into.enter[component] = enter
    into.background[component] = background
    const leave = Math.max(enter * parameters.hysteresis, background * BACKGROUND_MARGIN)
    into.leave[component] = Math.min(leave, enter)
  }
}

/**
 * The loads of each component side by side: those of c from begin[c] to begin[c + 1]. Pairs that
 * mostly acknowledge tell nothing about the background; `unknown` is how many a component has.
 */
function gather(
  pairs: PairTable,
  of: Uint32Array,
  levels: Float64Array,
  gross: Float64Array,
  guests: number,
) {
  const begin = new Uint32Array(guests + 2)
  const unknown = new Uint32Array(guests)
  const { source, destination, end } = pairs
  const componentOf = (pair: number) => {
    const component = of[source[pair] ?? 0] ?? 0
    const isSeen = (gross[pair] ?? 0) > 0 || (levels[pair] ?? 0) > 0
    return isSeen && of[destination[pair] ?? 0] === component ? component : -1
  }
  const isUnknown = (pair: number) => (levels[pair] ?? 0) < (gross[pair] ?? 0) / 2
  let count = 0
  for (let pair = 0; pair < end; pair += 1) {
    const component = componentOf(pair)
    if (component < 0) continue
    if (isUnknown(pair)) {
      unknown[component] = (unknown[component] ?? 0) + 1
      continue
    }
    begin[component + 2] = (begin[component + 2] ?? 0) + 1
    count += 1
  }
  for (let i = 2; i < begin.length; i += 1) begin[i] = (begin[i] ?? 0) + (begin[i - 1] ?? 0)
  const loads = new Float64Array(count)
  for (let pair = 0; pair < end; pair += 1) {
    const component = componentOf(pair)
    if (component < 0 || isUnknown(pair)) continue
    const at = begin[component + 1] ?? 0
    loads[at] = levels[pair] ?? 0
    begin[component + 1] = at + 1
  }
  return { begin, loads, unknown }
}
