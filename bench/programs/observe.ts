// What the proxy infers while a program runs: its topology looked at again and again, and the
// changes that it kept, with guests by their names.

import { setTimeout as sleep } from 'node:timers/promises'
import type { MacAddress } from '../../src/base/mac.ts'
import type { RecognisedRow } from '../../src/control/api.ts'
import type { AdminClient } from '../../src/control/client.ts'
import { labelOf } from '../../src/infer/recognise.ts'
import type { Edge } from '../../src/infer/types.ts'
import type { EdgeName, Stretch } from './compare.ts'

export interface Sight {
  readonly atMs: number
  /** Of the patterns: `ring 8`, several joined by `, `. */
  readonly what: string
  readonly edges: ReadonlySet<EdgeName>
}

export interface Observer {
  /** The topology as it is now. */
  look(): Promise<Sight>
  /** Looks every `intervalMs` until `hasEnded`, but not longer than `durationMs`. */
  watch(options: {
    readonly durationMs: number
    readonly intervalMs?: number
    hasEnded(): boolean
  }): Promise<Sight[]>
  /** All changes since then, in order of time. */
  changes(sinceMs: number): Promise<Sight[]>
}

/** More than the longest run changes. */
const CHANGES_MAX = 1_000

export function createObserver(
  admin: AdminClient,
  nameOf: ReadonlyMap<MacAddress, string>,
): Observer {
  const sight = (atMs: number, patterns: readonly RecognisedRow[], edges: readonly Edge[]) => ({
    atMs,
    what: describePatterns(patterns),
    edges: nameEdges(edges, nameOf),
  })
  const look = async () => {
    const { atMs, patterns, topology } = await admin.topology()
    return sight(atMs, patterns, topology.edges)
  }
  return {
    look,
    async watch({ durationMs, intervalMs = 100, hasEnded }) {
      const sights: Sight[] = []
      const endMs = performance.now() + durationMs
      while (performance.now() < endMs && !hasEnded()) {
        sights.push(await look())
        await sleep(intervalMs)
      }
      return sights
    },
    async changes(sinceMs) {
      const rows = await admin.history({ sinceMs, limit: CHANGES_MAX })
      return rows
        .map(({ change, topology }) => sight(change.atMs, change.after, topology.edges))
        .sort((a, b) => a.atMs - b.atMs)
    },
  }
}

/** `ring 8, pair 2`: with the dimensions, or else the number of guests; `nothing` for none. */
export function describePatterns(
  patterns: readonly Pick<RecognisedRow, 'name' | 'dimensions' | 'guests' | 'direction'>[],
): string {
  const texts = patterns.map(({ name, dimensions, guests, direction }) => {
    const label = dimensions.length > 0 ? labelOf(name, dimensions) : `${name} ${guests.length}`
    return `${label}${direction === 'one-way' && name !== 'unknown' ? ' one-way' : ''}`
  })
  return texts.length === 0 ? 'nothing' : texts.join(', ')
}

/** What was seen from `fromMs` to `toMs`, and for how long: `sights` are changes in order. */
export function stretchesOf(sights: readonly Sight[], fromMs: number, toMs: number): Stretch[] {
  return sights.flatMap(({ atMs, what }, index) => {
    const endMs = Math.min(sights[index + 1]?.atMs ?? toMs, toMs)
    const ms = endMs - Math.max(atMs, fromMs)
    return ms > 0 ? [{ what, ms }] : []
  })
}

function nameEdges(edges: readonly Edge[], nameOf: ReadonlyMap<MacAddress, string>): Set<EdgeName> {
  const name = (mac: MacAddress) => nameOf.get(mac) ?? mac
  return new Set(edges.map(({ source, destination }) => `${name(source)}>${name(destination)}`))
}
