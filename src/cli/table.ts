// All commands. Help, completion, docs/cli.md and the parser are made from this table; a command
// is added in its group's file and nowhere else.

import type { Command, CommandGroup } from './command.ts'
import { actCommands } from './commands/act.ts'
import { adaptCommands } from './commands/adapt.ts'
import { benchCommands } from './commands/bench.ts'
import { configCommands } from './commands/config.ts'
import { daemonCommands } from './commands/daemons.ts'
import { labCommands } from './commands/lab.ts'
import { lookCommands } from './commands/look.ts'
import { selfCommands } from './commands/self.ts'
import { trafficCommands } from './commands/traffic.ts'
import { trustCommands } from './commands/trust.ts'

export const GROUPS: readonly CommandGroup[] = [
  daemonCommands,
  trustCommands,
  lookCommands,
  trafficCommands,
  adaptCommands,
  actCommands,
  configCommands,
  labCommands,
  benchCommands,
  selfCommands,
]

export const COMMANDS: readonly Command[] = GROUPS.flatMap((group) => group.commands)

/** The command that the words begin with (the longest match), and the words after it. */
export function findCommand(
  words: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } | null {
  const matches = COMMANDS.filter(({ words: own }) =>
    own.every((word, index) => words[index] === word),
  )
  const command = matches.sort((a, b) => b.words.length - a.words.length)[0]
  return command === undefined ? null : { command, rest: words.slice(command.words.length) }
}
