// Commands for the test bed on one machine.

import type { Command, CommandGroup, Positional } from '../command.ts'

const TOPOLOGY: Positional = {
  name: 'TOPOLOGY',
  about: 'a file such as topologies/demo.yaml, or the name of one that is there',
  complete: 'file',
}

const up: Command = {
  words: ['lab', 'up'],
  summary: 'bring a test bed up: sites, firewalls, daemons and guests on this machine',
  details: [
    'Made of network namespaces; a user other than root gets namespaces of their own for it. ' +
      'A second call changes nothing, but starts again what died. All about it: docs/lab.md.',
  ],
  positionals: [TOPOLOGY],
  jsonType: 'LabStatus',
  examples: [{ line: 'vnet lab up topologies/demo.yaml', about: 'four sites, eight guests' }],
  run: async (context) => (await import('../runs/lab.ts')).runLabUp(context),
}

const down: Command = {
  words: ['lab', 'down'],
  summary: 'take a test bed away and leave nothing behind',
  positionals: [{ ...TOPOLOGY, isOptional: true }],
  options: { all: { kind: 'flag', about: 'all test beds of this machine, or of this user' } },
  jsonType: 'string[]',
  examples: [
    { line: 'vnet lab down demo', about: 'one' },
    { line: 'vnet lab down --all', about: 'all, also what a crash left' },
  ],
  run: async (context) => (await import('../runs/lab.ts')).runLabDown(context),
}

const status: Command = {
  words: ['lab', 'status'],
  summary: 'show the nodes of a test bed, their addresses and how they do',
  positionals: [{ ...TOPOLOGY, isOptional: true }],
  jsonType: 'LabStatus[]',
  examples: [{ line: 'vnet lab status', about: 'what is up on this machine' }],
  run: async (context) => (await import('../runs/lab.ts')).runLabStatus(context),
}

const exec: Command = {
  words: ['lab', 'exec'],
  summary: 'run a program in a node of a test bed',
  details: ['Exit status is that of the program.'],
  positionals: [
    TOPOLOGY,
    { name: 'NODE', about: 'a guest, host, proxy or machine of the LAN' },
    { name: 'PROGRAM', about: 'the program and its own arguments', isRest: true },
  ],
  examples: [
    { line: 'vnet lab exec demo vm1 ping -c 3 10.77.0.18', about: 'from one guest to another' },
    { line: 'vnet lab exec demo alpha vnet status', about: 'a host daemon of the test bed' },
  ],
  run: async (context) => (await import('../runs/lab.ts')).runLabExec(context),
}

const graph: Command = {
  words: ['lab', 'graph'],
  summary: 'draw a topology as text, or for Graphviz or Mermaid',
  positionals: [TOPOLOGY],
  options: {
    format: {
      kind: 'text',
      about: 'text, dot or mermaid',
      fallback: 'text',
      complete: ['text', 'dot', 'mermaid'],
    },
  },
  examples: [
    { line: 'vnet lab graph topologies/demo.yaml', about: 'on the terminal' },
    { line: 'vnet lab graph demo --format dot | dot -Tsvg > demo.svg', about: 'as a picture' },
  ],
  run: async (context) => (await import('../runs/lab.ts')).runLabGraph(context),
}

const demo: Command = {
  words: ['demo'],
  summary: 'show the overlay at work on this machine, step by step, in a minute and a half',
  details: [
    'Brings the test bed "demo" up, looks at it, pings across sites, leases an address, moves ' +
      'data, logs in by ssh (as root), and takes it away. Then a parallel program runs on the ' +
      'test bed "cluster", over the star and with the fast paths that the network makes for it. ' +
      'Exit status 1 at the first step that does not work.',
  ],
  options: { keep: { kind: 'flag', about: 'leave the test bed up at the end' } },
  examples: [
    { line: 'vnet demo', about: 'the whole story' },
    { line: 'vnet demo --keep && vnet lab status', about: 'and then look around in it' },
  ],
  run: async (context) => (await import('../runs/demo.ts')).runDemoCommand(context),
}

export const labCommands: CommandGroup = {
  title: 'Test bed',
  commands: [up, down, status, exec, graph, demo],
}
