// Commands that measure.

import type { Command, CommandGroup } from '../command.ts'

const bench: Command = {
  words: ['bench'],
  summary: 'run a benchmark and check its figures against what the project promises',
  details: [
    'Progress goes to stderr. Exit status 0 only when every check holds. Without NAME it lists ' +
      'the benchmarks.',
  ],
  positionals: [{ name: 'NAME', about: 'the benchmark', isOptional: true }],
  options: { quick: { kind: 'flag', about: 'a smaller run of under 60 s with the same checks' } },
  jsonType: 'BenchResult, as the last line',
  examples: [
    { line: 'vnet bench', about: 'what there is' },
    { line: 'vnet bench throughput --quick', about: 'in under a minute' },
  ],
  run: async (context) => (await import('../runs/bench.ts')).runBenchCommand(context),
}

export const benchCommands: CommandGroup = { title: 'Measure', commands: [bench] }
