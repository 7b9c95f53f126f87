// The phases that an application went through: from one change of its topology to the next, each
// with the mean rates while its edges were in use.

import type { ChangeEvent, Edge, Recognised, TickRecord, Topology } from '../types.ts'
import type { CountedInterval } from './counter.ts'

/** The time between two changes of the topology. */
export interface Phase {
  /** When its first frame was seen. */
  readonly fromMs: number
  readonly toMs: number
  /** With the mean rates while any of its edges was in use. */
  readonly topology: Topology
  readonly patterns: readonly Recognised[]
  /** What began it; null for the first. */
  readonly change: ChangeEvent | null
}

export class PhaseLog {
  readonly #done: Phase[] = []
  readonly #intervalMs: number
  #current: Omit<Phase, 'toMs'>
  #edges: ReadonlySet<string> = new Set()
  #bytes = new Map<string, number>()
  #activeIntervals = 0

  constructor(fromMs: number, intervalMs: number) {
    this.#intervalMs = intervalMs
    this.#current = { fromMs, topology: { guests: [], edges: [] }, patterns: [], change: null }
  }

  /** What was counted in the next interval, by all points of capture. */
  add(counted: readonly CountedInterval[]): void {
    let isActive = false
    for (const { guests, source, destination, bytes } of counted) {
      for (const [index, from] of source.entries()) {
        const key = keyOf({ source: guests[from], destination: guests[destination[index] ?? 0] })
        if (!this.#edges.has(key)) continue
        isActive = true
        this.#bytes.set(key, (this.#bytes.get(key) ?? 0) + (bytes[index] ?? 0))
      }
    }
    if (isActive) this.#activeIntervals += 1
  }

  /** The topology has changed to that of the record. */
  change(change: ChangeEvent, { topology, patterns }: TickRecord): void {
    const startMs = Math.max(this.#current.fromMs, change.firstFrameMs)
    this.#close(startMs)
    this.#current = { fromMs: startMs, topology, patterns, change }
    this.#edges = new Set(topology.edges.map(keyOf))
    this.#bytes = new Map()
    this.#activeIntervals = 0
  }

  /** All phases; the running one ends here. */
  end(endMs: number): readonly Phase[] {
    this.#close(endMs)
    return this.#done
  }

  #close(endMs: number): void {
    const { fromMs, topology } = this.#current
    if (endMs <= fromMs) return
    const seconds = (this.#activeIntervals * this.#intervalMs) / 1_000
    const edges = topology.edges.map((edge): Edge => {
      if (seconds === 0) return edge
      return { ...edge, bytesPerSecond: (this.#bytes.get(keyOf(edge)) ?? 0) / seconds }
    })
    this.#done.push({ ...this.#current, toMs: endMs, topology: { ...topology, edges } })
  }
}

function keyOf({
  source,
  destination,
}: {
  readonly source: string | undefined
  readonly destination: string | undefined
}): string {
  return `${source}>${destination}`
}
