// Commands about the daemons' files. They need no daemon.

import type { Command, CommandGroup } from '../command.ts'

const ROLES = ['proxy', 'host'] as const

const check: Command = {
  words: ['config', 'check'],
  summary: "check a daemon's file: all mistakes, each with its line",
  positionals: [{ name: 'FILE', about: 'the YAML file', complete: 'file' }],
  options: {
    role: {
      kind: 'text',
      about: 'proxy or host',
      fallback: 'told by the keys of the file',
      complete: ROLES,
    },
  },
  jsonType: '{ok, role, problems: [{line, key, code, message}]}',
  examples: [
    { line: 'vnet config check /etc/vnet/host.yaml', about: 'exit status 1 if anything is wrong' },
  ],
  run: async (context) => (await import('../runs/config.ts')).runConfigCheck(context),
}

const explain: Command = {
  words: ['config', 'explain'],
  summary: 'explain a key of the file; without KEY list them all',
  positionals: [
    { name: 'KEY', about: 'with dots, as in ports[].mtu or log.level', isOptional: true },
  ],
  jsonType: 'KeyExplanation',
  examples: [
    { line: 'vnet config explain ports.mtu', about: 'meaning, type, default, unit' },
    { line: 'vnet config explain', about: 'all keys' },
  ],
  run: async (context) => (await import('../runs/config.ts')).runConfigExplain(context),
}

const example: Command = {
  words: ['config', 'example'],
  summary: 'print a complete file with every key explained',
  positionals: [{ name: 'ROLE', about: 'proxy or host', complete: ROLES }],
  examples: [
    { line: 'vnet config example host > /etc/vnet/host.yaml', about: 'a start for a new host' },
  ],
  run: async (context) => (await import('../runs/config.ts')).runConfigExample(context),
}

export const configCommands: CommandGroup = {
  title: 'Configuration',
  commands: [check, explain, example],
}
