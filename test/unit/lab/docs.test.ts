// docs/lab.md says what the schema says now, and its examples are topologies.

import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parseTopology } from '../../../src/lab/topology.ts'
import { topologyTables } from '../../../src/lab/topology-docs.ts'
import { PARTS } from '../../../src/lab/topology-schema.ts'

const page = readFileSync(new URL('../../../docs/lab.md', import.meta.url), 'utf8')

it('the tables of keys are fresh (else: scripts/generate-docs)', () => {
  const between = page.split('<!-- keys -->\n')[1]?.split('<!-- end of keys -->')[0]
  expect(between).toBe(`\n${topologyTables()}\n`)
})

it('every key is told with its value, default and meaning', () => {
  const rows = topologyTables()
    .split('\n')
    .filter((line) => line.startsWith('| `'))
  const keys = Object.values(PARTS).flatMap(({ shape }) => Object.keys(shape))
  expect(rows.map((row) => /^\| `(\w+)`/.exec(row)?.[1])).toEqual(keys)
  for (const row of rows) expect(row).toMatch(/^\| `\w+` \| .+ \| .+ \| .{8,} \|$/)
  expect(topologyTables()).toContain('| `queue` | time | `50ms` | How long packets wait')
})

it('the examples can be used', () => {
  const examples = [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text)
  expect(examples).toHaveLength(1)
  for (const text of examples) parseTopology(text, 'example.yaml')
})
