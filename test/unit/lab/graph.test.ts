// A topology as a drawing: a tree for people, and texts that Graphviz and Mermaid take.

import { expect, it } from 'vitest'
import { describeLink, drawDot, drawMermaid, drawTree } from '../../../src/lab/graph.ts'
import { parseTopology } from '../../../src/lab/topology.ts'
import { SMALL } from './small.ts'

const small = parseTopology(SMALL, 'small.yaml')

it('as a tree', () => {
  expect(drawTree(small)).toBe(`small: the internet
├─ bare  (not shaped)
│  └─ beta
│     └─ vm2  address by DHCP
├─ home  (1 Gbit/s, 2 ms)
│  └─ proxy
│     └─ the user's LAN 10.77.0.0/24
│        └─ desk  10.77.0.2
└─ far  (10 ms, ±5 ms, 0.5 % loss, only outgoing TCP, NAT)
   └─ alpha
      └─ vm1  10.77.0.11`)
})

it('for Graphviz', () => {
  expect(drawDot(small)).toBe(`graph "small" {
  "internet" -- "site bare" [label="not shaped"];
  "internet" -- "site home" [label="1 Gbit/s, 2 ms"];
  "internet" -- "site far" [label="10 ms, ±5 ms, 0.5 % loss, only outgoing TCP, NAT"];
  "site home" -- "proxy";
  "proxy" -- "desk" [label="LAN"];
  "site far" -- "alpha";
  "site bare" -- "beta";
  "alpha" -- "vm1" [label="10.77.0.11"];
  "beta" -- "vm2" [label="DHCP"];
}`)
})

it('for Mermaid, whatever the names are', () => {
  const text = SMALL.replaceAll('vm1', 'end').replaceAll('alpha', 'site-far')
  const drawing = drawMermaid(parseTopology(text, 'small.yaml'))
  expect(drawing).toContain('  n_site__far["site far"] --- n_site_far["site-far"]\n')
  expect(drawing).toContain('  n_site_far["site-far"] ---|"10.77.0.11"| n_end["end"]\n')
  expect(drawing.split('\n')).toHaveLength(10)
})

it.each([
  [0.07, '0 ms, 7 % loss'],
  [0.001, '0 ms, 0.1 % loss'],
])('a loss of %d is shown as %j', (loss, text) => {
  expect(describeLink({ delay: 0, jitter: 0, loss, burst: 1, queue: 50 })).toBe(text)
})
