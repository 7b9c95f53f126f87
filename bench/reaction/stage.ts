// Eight guests as actors: they take up patterns at given moments, under a numbering of their own,
// and what the proxy made of it is read from its history.

import type { HistoryRow, TopologyView } from '../../src/control/api.ts'
import { type NamedPattern, patternEdges } from '../../src/infer/patterns.ts'
import type { GuestNetwork, TalkingGuest } from '../guests.ts'

/** Payload to each peer, bytes a second: far above the idle floor, far below what passes. */
const RATE = 300_000

/** A pattern and who is who in it. */
export interface Play {
  readonly name: NamedPattern
  /** `source destination` as MACs, each edge once. */
  readonly edges: ReadonlySet<string>
  readonly to: ReadonlyMap<TalkingGuest, readonly TalkingGuest[]>
}

export interface Stage {
  /** `order[i]` is the guest that the pattern's guest i is. */
  play(name: NamedPattern, order: readonly number[]): Play
  /** All guests change to it at this moment (wall clock, ms); null: silence. */
  schedule(atMs: number, play: Play | null): void
  firstSentMs(): number | null
  /** Changes since then, oldest first. */
  history(sinceMs: number): Promise<readonly HistoryRow[]>
  topology(): Promise<TopologyView>
  /** A numbering of the guests by chance. */
  order(random: () => number): number[]
}

export function createStage(network: GuestNetwork): Stage {
  const { guests } = network
  const { admin } = network.network.proxy
  const guestAt = (order: readonly number[], index: number): TalkingGuest => {
    const guest = guests[order[index] ?? -1]
    if (guest === undefined) throw new Error(`a pattern of more than ${guests.length} guests`)
    return guest
  }
  return {
    play(name, order) {
      const pairs = patternEdges(name, guests.length).map(
        ([from, to]) => [guestAt(order, from), guestAt(order, to)] as const,
      )
      const edges = new Set(pairs.map(([from, to]) => `${from.mac} ${to.mac}`))
      const targetsOf = (guest: TalkingGuest) =>
        pairs.filter(([from]) => from === guest).map(([, target]) => target)
      const to = new Map(guests.map((guest) => [guest, targetsOf(guest)]))
      return { name, edges, to }
    },
    schedule(atMs, play) {
      for (const guest of guests) guest.schedule(atMs, RATE, play?.to.get(guest) ?? [])
    },
    firstSentMs: () => network.firstSentMs(),
    history: async (sinceMs) => (await admin.history({ sinceMs, limit: 1_000 })).toReversed(),
    topology: () => admin.topology(),
    order: (random) =>
      guests
        .map((_, index) => ({ index, key: random() }))
        .sort((a, b) => a.key - b.key)
        .map(({ index }) => index),
  }
}

/** The edges of a topology in the form of `Play`. */
export function edgesOf({ topology }: Pick<TopologyView, 'topology'>): ReadonlySet<string> {
  return new Set(topology.edges.map(({ source, destination }) => `${source} ${destination}`))
}

export function hasAll(edges: ReadonlySet<string>, wanted: ReadonlySet<string>): boolean {
  return [...wanted].every((edge) => edges.has(edge))
}
