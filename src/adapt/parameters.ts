// The parameters of the adaptation that people may set: default, range and meaning of each, in one
// table that the command line, the store and the documentation read.

import type { AdaptLevel, AdaptSettings } from './types.ts'

export interface AdaptParameters {
  readonly linksPerHost: number
  readonly linksTotal: number
  readonly margin: number
  readonly dwellMs: number
}

export interface AdaptParameterSpec {
  readonly name: keyof AdaptParameters
  readonly default: number
  readonly min: number
  readonly max: number
  readonly unit: string
  /** One sentence or two, for a person who is to choose. */
  readonly meaning: string
}

export const ADAPT_LEVELS: readonly AdaptLevel[] = ['off', 'recommend', 'auto']

export const ADAPT_PARAMETERS: readonly AdaptParameterSpec[] = [
  {
    name: 'linksPerHost',
    default: 16,
    min: 0,
    max: 4_096,
    unit: 'links',
    meaning:
      'So many fast paths may lead to one host, those made by hand included. Most patterns need ' +
      'few: a ring two, a hypercube of 64 guests six.',
  },
  {
    name: 'linksTotal',
    default: 10_000,
    min: 0,
    max: 1_000_000,
    unit: 'links',
    meaning: 'So many fast paths may stand in the whole network.',
  },
  {
    name: 'margin',
    default: 0.1,
    min: 0,
    max: 10,
    unit: '',
    meaning:
      'While the traffic stays the same, a plan must promise to be faster by this share to take ' +
      'the place of what stands.',
  },
  {
    name: 'dwellMs',
    default: 10_000,
    min: 0,
    max: 3_600_000,
    unit: 'ms',
    meaning: 'A link that came stays for at least so long, and so long without use.',
  },
]

/** As the controller takes them. */
export function adaptSettings(level: AdaptLevel, parameters: AdaptParameters): AdaptSettings {
  const { linksPerHost, linksTotal: links, margin, dwellMs } = parameters
  return { level, budgets: { linksPerHost, links }, margin, dwellMs }
}
