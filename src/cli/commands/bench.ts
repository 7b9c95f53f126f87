// Commands that measure.

import type { Command, CommandGroup } from '../command.ts'

const bench: Command = {
  words: ['bench'],
  summary: 'run a benchmark and check its figures against what the project promises',
  details: [
    'Without NAME it runs all, one after the other. Progress goes to stderr; exit status 0 only ' +
      'when every check holds. Results are also written to bench/results/.',
  ],
  positionals: [{ name: 'NAME', about: 'the benchmark (see --list)', isOptional: true }],
  options: {
    quick: { kind: 'flag', about: 'a smaller run of under 60 s with the same checks' },
    peers: {
      kind: 'text',
      value: 'WHICH',
      about:
        'other overlays beside ours: installed, main (of them the fastest variants), all ' +
        '(apt-get installs what is missing), none; with --quick only those that the checks ' +
        'compare with',
      fallback: 'installed',
      complete: ['installed', 'main', 'all', 'none'],
    },
    install: {
      kind: 'flag',
      about: 'apt-get installs the programs that `programs` runs and that are missing',
    },
    case: {
      kind: 'text',
      value: 'NAMES',
      about: 'only these paths and peers, by commas; writes no result',
    },
    list: { kind: 'flag', about: 'only list the benchmarks' },
  },
  jsonType: 'BenchResult, one a line and a benchmark',
  examples: [
    { line: 'vnet bench --list', about: 'what there is' },
    { line: 'vnet bench throughput --quick', about: 'in under a minute' },
    {
      line: 'vnet bench pps --quick --case direct,plain-tap',
      about: 'two cases, to try something out',
    },
    { line: 'vnet bench throughput --json | tail -n 1 | jq .pass', about: 'for a script' },
  ],
  run: async (context) => (await import('../runs/bench.ts')).runBenchCommand(context),
}

const patterns: Command = {
  words: ['bench', 'patterns'],
  summary: 'run a BSP program on the guests of a lab and measure its iterations',
  details: [
    'Each iteration computes, exchanges the messages of a communication pattern, and meets at a ' +
      'barrier. Contents are checked. Exit status 1 when a guest dies or receives what was not ' +
      'sent to it. Without options of its own it runs all patterns and writes its result to ' +
      'bench/results/.',
  ],
  options: {
    pattern: {
      kind: 'text',
      value: 'NAMES',
      about:
        'by commas: bus, ring, mesh, torus, hypercube, tree, tree-reduction, reduction, ' +
        'broadcast, all-to-all, one-to-all, all-to-one, partition; or all',
      fallback: 'all',
    },
    guests: { kind: 'number', value: 'COUNT', about: 'take part', fallback: 'all of the lab' },
    dimensions: {
      kind: 'text',
      value: 'SIDES',
      about: 'of a mesh or torus, such as 4x2; 3 for a hypercube of 8; 3x5 for a partition',
      fallback: 'the squarest in two dimensions',
    },
    'message-size': { kind: 'number', value: 'BYTES', about: 'of a message', fallback: '65536' },
    iterations: { kind: 'number', value: 'COUNT', about: 'to run', fallback: '20' },
    'flops-per-element': { kind: 'number', value: 'COUNT', about: 'work', fallback: '1' },
    'reads-per-element': { kind: 'number', value: 'COUNT', about: 'of memory', fallback: '1' },
    'writes-per-element': { kind: 'number', value: 'COUNT', about: 'to memory', fallback: '1' },
    'in-flight': {
      kind: 'number',
      value: 'COUNT',
      about: 'messages that a guest sends at once; 1: step by step',
      fallback: 'all of a phase',
    },
    lab: { kind: 'text', value: 'NAME', about: 'a lab that is up' },
    topology: {
      kind: 'text',
      value: 'FILE',
      about: 'without --lab: brought up for it, and taken away',
      fallback: 'cluster',
      complete: 'file',
    },
    quick: { kind: 'flag', about: '5 iterations' },
  },
  jsonType: 'BenchResult',
  examples: [
    {
      line: 'vnet bench patterns --pattern torus --dimensions 4x2 --message-size 1048576',
      about: 'one pattern, larger messages',
    },
    {
      line: 'vnet bench patterns --lab demo --pattern all-to-all --iterations 100 --json',
      about: 'on a lab that is up',
    },
  ],
  run: async (context) => (await import('../runs/bench.ts')).runPatternsCommand(context),
}

const adaptation: Command = {
  words: ['bench', 'adaptation'],
  summary: 'measure what fast paths bring to BSP programs: forced, chosen by the network, ideal',
  details: [
    'Three experiments with eight guests each: all-to-all on a cluster, a bus over two clusters, ' +
      'all-to-all over a WAN. Each has a lab of its own. Takes some minutes.',
  ],
  options: {
    scenario: {
      kind: 'text',
      value: 'NAME',
      about:
        'cluster, man, wan, changes (one pattern after the other), or all; only all of them ' +
        'are written to bench/results/',
      fallback: 'all',
      complete: ['cluster', 'man', 'wan', 'changes', 'all'],
    },
    quick: { kind: 'flag', about: 'fewer numbers of links' },
  },
  jsonType: 'BenchResult',
  examples: [
    { line: 'vnet bench adaptation', about: 'tables, checks, and drawings in bench/results/' },
    { line: 'vnet bench adaptation --scenario cluster --quick', about: 'one of them, in a minute' },
  ],
  run: async (context) => (await import('../runs/bench.ts')).runAdaptationCommand(context),
}

export const benchCommands: CommandGroup = {
  title: 'Measure',
  commands: [bench, patterns, adaptation],
}
