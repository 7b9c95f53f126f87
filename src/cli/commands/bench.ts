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

export const benchCommands: CommandGroup = { title: 'Measure', commands: [bench] }
