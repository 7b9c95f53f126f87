// Commands about the application: who talks to whom, as what pattern, and how that is inferred.

import type { Command, CommandGroup, Option } from '../command.ts'

const DRAWING_OPTIONS = {
  svg: { kind: 'text', value: 'FILE', about: 'draw into an SVG file', complete: 'file' },
  png: { kind: 'text', value: 'FILE', about: 'draw into a PNG file', complete: 'file' },
} as const satisfies Record<string, Option>

const DOT_OPTION: Option = { kind: 'flag', about: 'print it for Graphviz' }

const matrix: Command = {
  words: ['matrix'],
  summary: 'show who sends how much to whom, as a heat map (at the proxy)',
  details: [
    'A row is a sender, a column a receiver; guests are ordered by the pattern that they form. ' +
      'Blocks are edges of the topology, on a logarithmic scale; a dot is traffic that is none: ' +
      'too little, only acknowledgements, broadcast, or not for long enough yet. --pairs tells ' +
      'which, pair by pair, and from which rate on a pair would be an edge.',
  ],
  options: {
    pairs: { kind: 'flag', about: 'a table of pairs instead of the map' },
    top: {
      kind: 'number',
      short: 'n',
      about: 'busiest guests (with --pairs: pairs) to show',
      fallback: 'what fits; 50 pairs',
    },
    ...DRAWING_OPTIONS,
  },
  isRemote: true,
  isWatchable: true,
  jsonType: 'MatrixView',
  examples: [
    { line: 'vnet matrix', about: 'the traffic of the last seconds' },
    { line: 'vnet matrix --watch 1', about: 'see it change' },
    { line: 'vnet matrix --pairs -n 20', about: 'why is this pair no edge?' },
    { line: 'vnet matrix --png matrix.png', about: 'a picture for the report' },
  ],
  run: async (context) => (await import('../runs/matrix.ts')).runMatrix(context),
}

const topology: Command = {
  words: ['topology'],
  summary: "show the application's topology: its pattern, roles, edges and rates (at the proxy)",
  details: [
    'Names a pattern where the traffic is one: all-to-all, bus, ring, mesh, torus, hypercube, ' +
      'tree, reduction, broadcast, one-to-all, all-to-one, partition, tiers. An edge that is ' +
      'throttled had frames dropped before they left the host: it would send more if it could.',
  ],
  options: { dot: DOT_OPTION, ...DRAWING_OPTIONS },
  isRemote: true,
  isWatchable: true,
  jsonType: 'TopologyView',
  examples: [
    { line: 'vnet topology', about: 'what the guests do now' },
    { line: 'vnet topology --watch 1', about: 'see phases of a program come and go' },
    { line: 'vnet topology --svg now.svg', about: 'draw it' },
    { line: 'vnet topology --dot | dot -Tpdf -o now.pdf', about: 'let Graphviz draw it' },
    { line: `vnet topology --json | jq -r '.patterns[].name'`, about: 'for a script' },
  ],
  run: async (context) => (await import('../runs/topology.ts')).runTopology(context),
}

const history: Command = {
  words: ['history'],
  summary: 'show how the topology changed, newest first (at the proxy)',
  options: {
    since: { kind: 'duration', value: 'TIME', about: 'only what is not older: 15m, 2h, 7d' },
    limit: { kind: 'number', short: 'n', about: 'changes to show', fallback: '50' },
  },
  isRemote: true,
  isWatchable: true,
  jsonType: 'HistoryRow[]',
  examples: [
    { line: 'vnet history', about: 'the last 50 changes' },
    { line: 'vnet history --since 2h --json', about: 'of the last two hours, with all edges' },
  ],
  run: async (context) => (await import('../runs/history.ts')).runHistory(context),
}

const infer: Command = {
  words: ['infer'],
  summary: 'infer the topology from captures: pcap or pcapng, of one machine or of several',
  details: [
    'Works offline, as the proxy does with what hosts report. One file may hold everything, or ' +
      'each machine has a file of its own: then clocks are aligned by frames that two files have ' +
      'in common, and a frame counts once, where it was sent. Damaged and cut-off files are used ' +
      'up to there; gzip is understood. Rates are of the guests on the wire: super-frames count ' +
      'as segments for an MTU of 1500.',
  ],
  positionals: [{ name: 'FILE', about: 'captures', isRest: true, complete: 'file' }],
  options: {
    window: {
      kind: 'text',
      short: 'w',
      value: 'FROM..TO',
      about: 'only this time: seconds after the first frame, or dates with times',
      fallback: 'all',
    },
    smoothing: { kind: 'number', value: 'MS', about: 'smoothing interval', fallback: '1000' },
    set: { kind: 'list', value: 'NAME=VALUE', about: 'another parameter (see "vnet get")' },
    name: { kind: 'list', value: 'MAC=NAME', about: 'how to call a guest' },
    phase: {
      kind: 'number',
      about: 'the phase to show in detail or to draw',
      fallback: 'the last with a topology',
    },
    dot: DOT_OPTION,
    ...DRAWING_OPTIONS,
  },
  jsonType: 'InferResult (src/cli/captures/result.ts)',
  examples: [
    { line: 'vnet infer run.pcap', about: 'phases of the program and its last topology' },
    { line: 'vnet infer -w 10..25 --png ring.png vm1.pcap vm2.pcap.gz', about: 'a part of it' },
    { line: 'vnet infer --smoothing 5000 run.pcap', about: 'phases of seconds as one' },
  ],
  run: async (context) => (await import('../runs/infer.ts')).runInfer(context),
}

const get: Command = {
  words: ['get'],
  summary: 'show the parameters of inference and adaptation (at the proxy)',
  positionals: [{ name: 'NAME', about: 'only this one', isOptional: true, complete: 'parameter' }],
  isRemote: true,
  jsonType: 'ParameterRow[]; with NAME: ParameterRow',
  examples: [
    { line: 'vnet get', about: 'values, defaults, ranges and meaning' },
    { line: 'vnet get smoothingIntervalMs', about: 'one of them' },
  ],
  run: async (context) => (await import('../runs/parameters.ts')).runGet(context),
}

const set: Command = {
  words: ['set'],
  summary: 'change a parameter of inference or adaptation (at the proxy)',
  details: ['It is kept over restarts. docs/vttif.md tells how to choose.'],
  positionals: [
    { name: 'NAME', about: 'see "vnet get"', complete: 'parameter' },
    { name: 'VALUE', about: 'a number, or default', complete: ['default'] },
  ],
  isRemote: true,
  jsonType: 'ParameterRow',
  examples: [
    { line: 'vnet set smoothingIntervalMs 5000', about: 'for a program with phases of seconds' },
    { line: 'vnet set smoothingIntervalMs default', about: 'back' },
  ],
  run: async (context) => (await import('../runs/parameters.ts')).runSet(context),
}

const guestNameCommand: Command = {
  words: ['guest', 'name'],
  summary: 'give a guest a name for matrices and topologies (at the proxy)',
  details: ['Guests with a port of their own have its name already. "" takes a name away.'],
  positionals: [
    { name: 'MAC', about: "the guest's address", complete: 'mac' },
    { name: 'NAME', about: 'how to call it' },
  ],
  isRemote: true,
  jsonType: 'GuestName',
  examples: [{ line: 'vnet guest name 52:54:00:00:00:03 database', about: 'easier to read' }],
  run: async (context) => (await import('../runs/guests.ts')).runGuestName(context),
}

const guestList: Command = {
  words: ['guest', 'list'],
  summary: 'list the names of guests (at the proxy)',
  isRemote: true,
  jsonType: 'GuestName[]',
  examples: [{ line: 'vnet guest list', about: 'given by hand, and those of ports' }],
  run: async (context) => (await import('../runs/guests.ts')).runGuestList(context),
}

export const trafficCommands: CommandGroup = {
  title: "Understand the application's traffic",
  commands: [matrix, topology, history, infer, get, set, guestNameCommand, guestList],
}
