// What `vnet bench patterns` can be asked, with bounds and defaults.

import { VnetError } from '../../src/base/errors.ts'
import {
  type NamedPattern,
  type Pattern,
  patternsOf,
  squarest,
  usualDirection,
} from '../../src/infer/patterns.ts'
import { GUESTS_MAX, MESSAGE_BYTES_MAX } from './job.ts'

/** As on the command line; all are optional. */
export interface PatternsOptions {
  /** Names by commas, or `all`. */
  readonly pattern?: string | undefined
  readonly guests?: number | undefined
  /** Such as `4x2`. */
  readonly dimensions?: string | undefined
  readonly messageBytes?: number | undefined
  readonly iterations?: number | undefined
  readonly readsPerElement?: number | undefined
  readonly flopsPerElement?: number | undefined
  readonly writesPerElement?: number | undefined
  readonly inFlight?: number | undefined
  readonly lab?: string | undefined
  readonly topology?: string | undefined
}

export const DEFAULTS = {
  messageBytes: 65_536,
  perElement: 1,
  topology: 'cluster',
} as const

/** The names that `pattern` may have. */
export const PATTERN_NAMES: readonly NamedPattern[] = [
  ...(['bus', 'ring', 'mesh', 'torus', 'hypercube', 'tree', 'tree-reduction'] as const),
  ...(['reduction', 'broadcast', 'all-to-all', 'one-to-all', 'all-to-one', 'partition'] as const),
]

interface Wanted {
  readonly name: NamedPattern
  readonly size: number | readonly number[]
}

/** Checked, with defaults. @throws VnetError `patterns-option` */
export function readOptions(asked: PatternsOptions) {
  const { messageBytes = DEFAULTS.messageBytes, guests, iterations } = asked
  const of = (value = DEFAULTS.perElement as number) => value
  if (messageBytes < 8 || messageBytes > MESSAGE_BYTES_MAX || messageBytes % 8 !== 0) {
    throw wrong(`a message has a multiple of 8 bytes, up to ${MESSAGE_BYTES_MAX}`)
  }
  if (guests !== undefined && (guests < 2 || guests > GUESTS_MAX)) {
    throw wrong(`2 to ${GUESTS_MAX} guests can take part`)
  }
  if (iterations === 0 || asked.inFlight === 0) throw wrong('0 is too few')
  const names = readNames(asked.pattern)
  const sides = readDimensions(asked.dimensions)
  return {
    patterns: (count: number): readonly Wanted[] => choose(names, sides, count),
    guests: sides === null ? guests : undefined,
    messageBytes,
    iterations,
    inFlight: asked.inFlight ?? GUESTS_MAX,
    work: {
      reads: of(asked.readsPerElement),
      flops: of(asked.flopsPerElement),
      writes: of(asked.writesPerElement),
    },
    lab: asked.lab,
    topology: asked.topology ?? DEFAULTS.topology,
  }
}

function choose(
  names: readonly NamedPattern[] | null,
  sides: readonly number[] | null,
  count: number,
): readonly Wanted[] {
  if (names !== null) return names.map((name) => ({ name, size: sides ?? count }))
  const cube = squarest(count, 3)
  const deep = cube === null ? [] : [{ name: 'mesh' as const, size: cube }]
  const all = patternsOf(count)
    .filter(({ dimensions }) => dimensions.length <= 2)
    .map(({ name, dimensions }) => ({ name, size: dimensions.length === 2 ? dimensions : count }))
  return [...all, ...deep]
}

function readNames(text: string | undefined): readonly NamedPattern[] | null {
  if (text === undefined || text === 'all') return null
  return text.split(',').map((word) => {
    const name = PATTERN_NAMES.find((one) => one === word)
    if (name !== undefined) return name
    throw new VnetError('patterns-option', `there is no pattern '${word}'`, {
      hint: `choose of: ${PATTERN_NAMES.join(', ')}, all`,
    })
  })
}

function readDimensions(text: string | undefined): readonly number[] | null {
  if (text === undefined) return null
  if (!/^\d{1,3}(x\d{1,3})*$/.test(text)) throw wrong(`dimensions are such as 4x2, not '${text}'`)
  return text.split('x').map(Number)
}

const wrong = (message: string) => new VnetError('patterns-option', message)

/** Such as `mesh-4x2`; the number of guests goes without saying. */
export function nameOfPattern({ name, dimensions, direction }: Pattern): string {
  const sides = name === 'hypercube' || dimensions.length === 0 ? '' : `-${dimensions.join('x')}`
  return `${name}${sides}${direction === usualDirection(name) ? '' : `-${direction}`}`
}
