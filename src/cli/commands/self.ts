// Commands about the command line itself.

import type { Command, CommandGroup } from '../command.ts'

const completion: Command = {
  words: ['completion'],
  summary: 'print a script that completes commands, options, hosts and ports',
  positionals: [
    {
      name: 'SHELL',
      about: 'bash, zsh or fish; told by $SHELL if left out',
      isOptional: true,
      complete: ['bash', 'zsh', 'fish'],
    },
  ],
  examples: [
    { line: 'source <(vnet completion bash)', about: 'for this shell' },
    {
      line: 'vnet completion bash > /etc/bash_completion.d/vnet',
      about: 'for everybody on the machine',
    },
    { line: 'vnet completion zsh > "$fpath[1]/_vnet"', about: 'zsh' },
    { line: 'vnet completion fish > ~/.config/fish/completions/vnet.fish', about: 'fish' },
  ],
  run: async (context) => (await import('../runs/completion.ts')).runCompletion(context),
}

const complete: Command = {
  words: ['complete'],
  summary: 'print what may follow the given words (called by the completion scripts)',
  positionals: [{ name: 'WORDS', about: 'the line so far', isOptional: true, isRest: true }],
  isHidden: true,
  examples: [{ line: 'vnet complete -- link a', about: 'what starts with "a" after "link"' }],
  run: async (context) => (await import('../runs/complete.ts')).runComplete(context),
}

const docs: Command = {
  words: ['docs'],
  summary: 'print what is generated of the documents, for scripts/generate-docs',
  isHidden: true,
  positionals: [
    {
      name: 'PART',
      about: 'commands (docs/cli.md), topology (of docs/lab.md), parameters (of docs/vttif.md)',
      isOptional: true,
    },
  ],
  examples: [{ line: 'vnet docs commands > docs/cli.md', about: 'as scripts/generate-docs does' }],
  run: async (context) => (await import('../runs/docs.ts')).runDocs(context),
}

const version: Command = {
  words: ['version'],
  summary: 'print the version of vnet and of what it runs on',
  jsonType: '{vnet, node, openssl, platform}',
  examples: [{ line: 'vnet version --json', about: 'for a report' }],
  run: async (context) => (await import('../runs/version.ts')).runVersion(context),
}

export const selfCommands: CommandGroup = {
  title: 'Help',
  commands: [completion, complete, docs, version],
}
