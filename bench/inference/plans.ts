// What is run: every pattern in the sizes that it exists in, random graphs, two patterns at once.

import { seededRandom } from '../../src/base/random.ts'
import { type Pattern, patternsOf, visitEdges } from '../../src/infer/patterns.ts'
import { recognise } from '../../src/infer/recognise.ts'
import type { Topology } from '../../src/infer/types.ts'
import { guestMac } from './traffic.ts'

export type EdgeList = readonly (readonly [source: number, destination: number])[]

/** Programs to run, and what their topology is called. */
export interface RunPlan {
  /** The pattern's name, `random` or `two at once`. */
  readonly pattern: string
  readonly guests: number
  /** One list a program, drawn anew for each seed. */
  edges(seed: number): readonly EdgeList[]
  /** Patterns that it is; none: unknown. */
  readonly expected: readonly Pattern[]
}

const SIZES = [4, 8, 16, 27, 32, 64]
const DENSITIES = [0.1, 0.3, 0.5, 0.7, 0.9]
/** Fewer guests give many named graphs by chance. */
const RANDOM_SIZES = SIZES.filter((size) => size >= 8)

/** All plans by the name of their case. */
export function planRuns(): Map<string, RunPlan[]> {
  const plans = new Map<string, RunPlan[]>()
  const add = (plan: RunPlan) => {
    plans.set(plan.pattern, [...(plans.get(plan.pattern) ?? []), plan])
  }
  for (const guests of SIZES) for (const pattern of patternsOf(guests)) add(planOf(pattern))
  for (const guests of RANDOM_SIZES) for (const density of DENSITIES) add(random(guests, density))
  for (const guests of [8, 16, 32]) add(twoOf(guests))
  return plans
}

function planOf(pattern: Pattern): RunPlan {
  const edges = [edgesOf(pattern)]
  return { pattern: pattern.name, guests: pattern.guests, edges: () => edges, expected: [pattern] }
}

function edgesOf(pattern: Pattern, first = 0): EdgeList {
  const edges: (readonly [number, number])[] = []
  visitEdges(pattern, (source, destination) => edges.push([first + source, first + destination]))
  return edges
}

/** A graph of random edges that is no named pattern, not even nearly. */
function random(guests: number, density: number): RunPlan {
  return {
    pattern: 'random',
    guests,
    expected: [],
    edges(seed) {
      const chance = seededRandom(seed * 1_000 + guests * 10 + density * 10)
      for (;;) {
        const edges: (readonly [number, number])[] = []
        for (let source = 0; source < guests; source += 1) {
          for (let destination = 0; destination < guests; destination += 1) {
            const isEdge = source !== destination && chance.next() < density
            if (isEdge) edges.push([source, destination])
          }
        }
        if (edges.length > 0 && isUnknown(edges)) return [edges]
      }
    },
  }
}

function isUnknown(edges: EdgeList): boolean {
  const topology: Topology = {
    guests: [...new Set(edges.flat())].map(guestMac),
    edges: edges.map(([source, destination]) => ({
      source: guestMac(source),
      destination: guestMac(destination),
      bytesPerSecond: 1,
      sinceMs: 0,
      isThrottled: false,
    })),
  }
  return recognise(topology).every((one) => one.name === 'unknown')
}

/** Two patterns on halves of the guests; each seed another two. */
function twoOf(guests: number): RunPlan {
  const choices = patternsOf(guests / 2)
  const pick = (index: number) => choices[index % choices.length] as Pattern
  return {
    pattern: 'two at once',
    guests,
    edges: () => [edgesOf(pick(guests)), edgesOf(pick(guests + 3), guests / 2)],
    expected: [pick(guests), pick(guests + 3)],
  }
}
