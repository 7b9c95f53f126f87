// What the page shows of a program: what it is known to do beside what was inferred.

import type { Section } from '../harness.ts'
import { compareEdges, type EdgeName, type Stretch, sumStretches } from './compare.ts'
import { HPCC_PARTS, type HpccResult } from './hpcc.ts'
import type { Sight } from './observe.ts'

/** Of a part of a program, the things seen for the longest time. */
const SEEN_MAX = 4
const EDGES_A_LINE = 8

/** A program of one pattern: its edges and those of the last sight. */
export function describeSights(
  name: string,
  about: string,
  result: { readonly known: ReadonlySet<EdgeName>; readonly sights: readonly Sight[] },
): Section {
  const { known, sights } = result
  const edges = sights.at(-1)?.edges ?? new Set<EdgeName>()
  const isDirected = [...known].some((edge) => edge.includes('>'))
  const { missing, extra } = compareEdges(isDirected ? edges : new Set(), known)
  const stretches = sights.map(({ what }) => ({ what, ms: 1 }))
  return {
    title: name,
    lines: [
      `known:    ${about}`,
      ...wrap('          ', [...known].sort()),
      `inferred: ${describeSeen(stretches, sights.length)}`,
      ...wrap('          ', [...edges].sort()),
      ...(isDirected && missing.length > 0 ? wrap('missing:  ', missing) : []),
      ...(isDirected && extra.length > 0 ? wrap('extra:    ', extra) : []),
    ],
  }
}

/** HPC Challenge: a few lines a part. */
export function describeHpcc(name: string, { parts, hasEnded }: HpccResult): Section {
  const startMs = parts[0]?.fromMs ?? 0
  const seconds = (ms: number) => `${((ms - startMs) / 1000).toFixed(1)} s`
  const lines = parts.flatMap((part) => [
    `${part.name}, ${seconds(part.fromMs)} to ${seconds(part.toMs)}`,
    `  known:    ${HPCC_PARTS[part.name]}`,
    `  inferred: ${describeSeen(part.seen, part.toMs - part.fromMs)}`,
  ])
  return { title: name, lines: hasEnded ? lines : [...lines, '(ended here by the benchmark)'] }
}

/** `ring 8 (93 %), unknown 8 (7 %)`. */
function describeSeen(stretches: readonly Stretch[], total: number): string {
  const seen = sumStretches(stretches)
  const texts = seen
    .slice(0, SEEN_MAX)
    .map(({ what, ms }) => `${what} (${Math.round((ms / Math.max(total, 1)) * 100)} %)`)
  if (seen.length > SEEN_MAX) texts.push(`${seen.length - SEEN_MAX} others`)
  return texts.length === 0 ? 'nothing' : texts.join(', ')
}

function wrap(lead: string, words: readonly string[]): string[] {
  const lines: string[] = []
  for (let from = 0; from < words.length; from += EDGES_A_LINE) {
    const start = from === 0 ? lead : ' '.repeat(lead.length)
    lines.push(start + words.slice(from, from + EDGES_A_LINE).join(' '))
  }
  return lines
}
