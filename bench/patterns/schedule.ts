// Who sends to whom in a communication phase, and in which order: made once at the start, used in
// every iteration. Pure.
//
// A step has at most one message from each guest and at most one to it, so each step is a set of
// transfers that disturb each other nowhere but inside the network. Where messages depend on
// nothing (neighbours, all-to-all, partition) the bipartite graph senders x receivers is coloured
// by its edges with as many colours as its largest degree, which always suffices (Koenig 1916). In
// a reduction or broadcast a guest sends only after it has received: leaves, or the root, first.

import { type NamedPattern, type Pattern, visitEdges } from '../../src/infer/patterns.ts'

export interface Message {
  readonly source: number
  readonly destination: number
  /** From 0. */
  readonly step: number
}

export interface Schedule {
  readonly pattern: Pattern
  readonly steps: number
  /** By step, then source. */
  readonly messages: readonly Message[]
  /** A guest sends only after it has received all that is meant for it. */
  readonly isFlow: boolean
}

/** What one guest does in a phase. */
export interface GuestPart {
  /** In order of the steps. */
  readonly sendTo: readonly number[]
  /** In order of the number, which is the order in which contents are folded into the hash. */
  readonly receiveFrom: readonly number[]
}

/** Data flow up or down a tree; in all others every message is ready when the phase begins. */
const FLOWS: ReadonlySet<NamedPattern> = new Set(['tree-reduction', 'reduction', 'broadcast'])

export function makeSchedule(pattern: Pattern): Schedule {
  const pairs: [number, number][] = []
  visitEdges(pattern, (source, destination) => pairs.push([source, destination]))
  const isFlow = FLOWS.has(pattern.name) && pattern.direction === 'one-way'
  const stepOf = isFlow ? stepsOfFlow(pairs) : colourEdges(pairs, pattern.guests)
  const messages = pairs
    .map(([source, destination], index) => ({ source, destination, step: stepOf[index] ?? 0 }))
    .sort((a, b) => a.step - b.step || a.source - b.source)
  return { pattern, steps: (messages.at(-1)?.step ?? -1) + 1, messages, isFlow }
}

/** The part of a guest, by its number in the pattern. */
export function partOf({ messages }: Schedule, guest: number): GuestPart {
  return {
    sendTo: messages.filter(({ source }) => source === guest).map((one) => one.destination),
    receiveFrom: messages
      .filter(({ destination }) => destination === guest)
      .map(({ source }) => source)
      .sort((a, b) => a - b),
  }
}

const NONE = -1

/**
 * A colour for each pair such that no guest sends twice or receives twice in one colour. An edge
 * whose ends share no free colour gets one by swapping two colours along the path that starts
 * there.
 */
function colourEdges(pairs: readonly (readonly [number, number])[], guests: number): number[] {
  const colours = largestDegree(pairs, guests)
  // Ends: senders first, then receivers. at[end * colours + colour]: the edge there.
  const at = new Int32Array(2 * guests * colours).fill(NONE)
  const ends = pairs.map(([source, destination]) => [source, guests + destination] as const)
  const colourOf = new Array<number>(pairs.length).fill(NONE)
  const freeAt = (end: number) => at.indexOf(NONE, end * colours) - end * colours
  for (const [edge, [sender, receiver]] of ends.entries()) {
    const mine = freeAt(sender)
    const theirs = freeAt(receiver)
    if (at[receiver * colours + mine] !== NONE) {
      swapAlong({ at, colours, ends, colourOf }, receiver, [mine, theirs])
    }
    colourOf[edge] = mine
    at[sender * colours + mine] = edge
    at[receiver * colours + mine] = edge
  }
  return colourOf
}

interface Colouring {
  readonly at: Int32Array
  readonly colours: number
  readonly ends: readonly (readonly [number, number])[]
  readonly colourOf: number[]
}

/** Swaps two colours on the path that leaves `start` by the first of them. */
function swapAlong(colouring: Colouring, start: number, swap: readonly [number, number]): void {
  const { at, colours, ends, colourOf } = colouring
  const path: number[] = []
  let [colour, other] = swap
  for (let end = start; ; ) {
    const edge = at[end * colours + colour] ?? NONE
    if (edge === NONE) break
    path.push(edge)
    const [sender, receiver] = ends[edge] ?? [end, end]
    end = end === sender ? receiver : sender
    ;[colour, other] = [other, colour]
  }
  for (const edge of path) {
    for (const end of ends[edge] ?? []) at[end * colours + (colourOf[edge] ?? 0)] = NONE
  }
  for (const edge of path) {
    const swapped = colourOf[edge] === swap[0] ? swap[1] : swap[0]
    colourOf[edge] = swapped
    for (const end of ends[edge] ?? []) at[end * colours + swapped] = edge
  }
}

function largestDegree(pairs: readonly (readonly [number, number])[], guests: number): number {
  const sent = new Int32Array(guests)
  const received = new Int32Array(guests)
  for (const [source, destination] of pairs) {
    sent[source] = (sent[source] ?? 0) + 1
    received[destination] = (received[destination] ?? 0) + 1
  }
  return Math.max(0, ...sent, ...received)
}

/** The earliest step at which the source has all and both ends are free. */
function stepsOfFlow(pairs: readonly (readonly [number, number])[]): number[] {
  const stepOf = new Array<number>(pairs.length).fill(NONE)
  const taken = new Set<string>()
  for (let left = pairs.length; left > 0; ) {
    const ready = pairs.flatMap(([source], index) => {
      const needs = pairs.flatMap(([, to], edge) => (to === source ? [stepOf[edge] ?? NONE] : []))
      const isReady = stepOf[index] === NONE && !needs.includes(NONE)
      return isReady ? [{ index, from: Math.max(NONE, ...needs) + 1 }] : []
    })
    if (ready.length === 0) throw new Error('a flow is along a tree, which has no circle')
    for (const { index, from } of ready) {
      const [source, destination] = pairs[index] ?? [0, 0]
      let step = from
      while (taken.has(`s${source} ${step}`) || taken.has(`r${destination} ${step}`)) step += 1
      taken.add(`s${source} ${step}`).add(`r${destination} ${step}`)
      stepOf[index] = step
    }
    left -= ready.length
  }
  return stepOf
}
