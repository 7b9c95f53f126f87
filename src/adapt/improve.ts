// Makes a choice of links better by small steps: one link more, one less, one for another; where
// that is at its end and the problem is small, two for two, and three for three. A step counts if
// the phase gets shorter, or stays as long and the other resources are relieved.

import type { Choice } from './choice.ts'

/** Choices looked at; some 0.1 s. What is found by then is taken. */
const LOOKS_MAX = 100_000
/** With at most so many candidates, so many links may change places with others in a step. */
const DEPTHS = [
  { candidates: 16, depths: [1, 2, 3] },
  { candidates: 32, depths: [1, 2] },
] as const
/** Seconds closer to each other than this share are equal. */
const TOLERANCE = 1e-9

interface Step {
  readonly remove: readonly number[]
  readonly add: readonly number[]
}

interface Search extends ImproveOptions {
  looks: number
  seconds: number
  pressure: number
  best: Step | null
}

export interface ImproveOptions {
  readonly choice: Choice
  readonly allowed: readonly number[]
  /** These stay. */
  readonly fixed: ReadonlySet<number>
  /** The number of links stays as it is. */
  readonly keepsSize: boolean
}

export function improve(options: ImproveOptions): void {
  const search: Search = { ...options, looks: 0, seconds: 0, pressure: 0, best: null }
  const { length } = options.allowed
  const depths = DEPTHS.find(({ candidates }) => length <= candidates)?.depths ?? [1]
  for (let at = 0; at < depths.length && search.looks < LOOKS_MAX; ) {
    const depth = depths[at] as number
    // A step made a shorter phase: the small steps have their turn again.
    at = makeBestStep(search, depth) ? 0 : at + 1
  }
}

function makeBestStep(search: Search, depth: number): boolean {
  const { choice } = search
  choice.fluid.rescale()
  search.seconds = choice.fluid.seconds()
  search.pressure = choice.fluid.pressure()
  search.best = null
  withLess({ search, removed: [], depth, from: 0 })
  if (search.best === null) return false
  const { remove, add } = search.best as Step
  for (const candidate of remove) choice.remove(candidate)
  for (const candidate of add) choice.add(candidate)
  return true
}

/** Looks at the choice with `removed` away, and with up to `depth` more away. */
function withLess(options: {
  readonly search: Search
  readonly removed: readonly number[]
  readonly depth: number
  readonly from: number
}): void {
  const { search, removed, depth, from } = options
  const { choice, allowed, fixed } = search
  withMore({ ...options, added: [], from: 0 })
  if (removed.length === depth) return
  for (let at = from; at < allowed.length; at += 1) {
    const candidate = allowed[at] as number
    if (!choice.has(candidate) || fixed.has(candidate) || removed.includes(candidate)) continue
    if (search.looks >= LOOKS_MAX) return
    choice.remove(candidate)
    withLess({ search, removed: [...removed, candidate], depth, from: at + 1 })
    choice.add(candidate)
  }
}

function withMore(options: {
  readonly search: Search
  readonly removed: readonly number[]
  readonly added: readonly number[]
  readonly depth: number
  readonly from: number
}): void {
  const { search, removed, added, depth, from } = options
  const { choice, allowed } = search
  if (removed.length + added.length > 0) look(search, { remove: removed, add: added })
  if (added.length === depth) return
  for (let at = from; at < allowed.length; at += 1) {
    const candidate = allowed[at] as number
    if (choice.has(candidate) || removed.includes(candidate)) continue
    if (search.looks >= LOOKS_MAX || !choice.budget.allows(candidate)) continue
    choice.add(candidate)
    withMore({ search, removed, added: [...added, candidate], depth, from: at + 1 })
    choice.remove(candidate)
  }
}

/** Remembers the choice as it stands if it is the best so far. */
function look(search: Search, step: Step): void {
  search.looks += 1
  if (search.keepsSize && step.add.length !== step.remove.length) return
  const seconds = search.choice.fluid.seconds()
  if (seconds > search.seconds * (1 + TOLERANCE)) return
  const pressure = search.choice.fluid.pressure()
  const isShorter = seconds < search.seconds * (1 - TOLERANCE)
  if (!isShorter && pressure >= search.pressure * (1 - TOLERANCE)) return
  search.seconds = seconds
  search.pressure = pressure
  search.best = step
}
