// A topology in the language of Graphviz: `vnet topology --dot | dot -Tsvg`.

import type { TopologyView } from '../../control/api.ts'
import { formatRate } from '../units.ts'
import { guestName, patternText } from '../views/guests.ts'

/** One cluster a pattern; pen width by rate, throttled edges dashed. */
export function topologyDot({
  topology,
  patterns,
  names,
}: Pick<TopologyView, 'topology' | 'patterns' | 'names'>): string {
  const highest = Math.max(1, ...topology.edges.map(({ bytesPerSecond }) => bytesPerSecond))
  const clusters = patterns.map((pattern, index) => [
    `  subgraph cluster_${index} {`,
    `    label=${quoted(patternText(pattern))};`,
    ...pattern.guests.map((mac) => `    ${quoted(mac)} [label=${quoted(guestName(mac, names))}];`),
    '  }',
  ])
  const edges = topology.edges.map(({ source, destination, bytesPerSecond, isThrottled }) => {
    const width = (1 + 3 * Math.sqrt(bytesPerSecond / highest)).toFixed(1)
    const label = quoted(formatRate(bytesPerSecond))
    const style = isThrottled ? ', style=dashed' : ''
    const ends = `${quoted(source)} -> ${quoted(destination)}`
    return `  ${ends} [label=${label}, penwidth=${width}${style}];`
  })
  return [
    'digraph topology {',
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...clusters.flat(),
    ...edges,
    '}',
    '',
  ].join('\n')
}

function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', ' ')}"`
}
