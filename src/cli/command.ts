// What a command is: data for the parser, the help, the completion and docs/cli.md, and one
// function that runs it. The table (table.ts) is made of these; what a command needs is imported
// when it runs.

import type { AdminClient } from '../control/client.ts'
import type { Arguments } from './arguments.ts'
import type { Output } from './output.ts'

/** Where the completion of a value comes from. */
export type Complete = 'host' | 'port' | 'mac' | 'parameter' | 'file' | readonly string[]

export interface Positional {
  /** Shown in capitals: `HOST`. */
  readonly name: string
  readonly about: string
  readonly isOptional?: boolean
  /** The last one may take all that follows, options of another program included. */
  readonly isRest?: boolean
  readonly complete?: Complete
}

export interface Option {
  /**
   * `flag` takes no value; `interval` takes one or none; `duration` is `90s`, `15m`, `1h`, `7d`;
   * `list` may be given several times.
   */
  readonly kind: 'flag' | 'text' | 'number' | 'duration' | 'interval' | 'list'
  readonly about: string
  /** One letter. */
  readonly short?: string
  /** How the value is called in the help: `FILE`. */
  readonly value?: string
  /** As the help says it; the command itself applies it. */
  readonly fallback?: string
  readonly complete?: Complete
}

export interface Example {
  readonly line: string
  readonly about: string
}

export interface Command {
  /** `['link', 'add']`. */
  readonly words: readonly string[]
  /** One line, imperative, without a full stop. */
  readonly summary: string
  /** Further paragraphs of the help. */
  readonly details?: readonly string[]
  readonly positionals?: readonly Positional[]
  readonly options?: Readonly<Record<string, Option>>
  readonly examples: readonly Example[]
  /** Of the daemon's admin API, for `--json`; documented in src/control/api.ts. */
  readonly jsonType?: string
  /** Talks to a daemon: takes --socket. */
  readonly isRemote?: boolean
  /** Takes --watch. */
  readonly isWatchable?: boolean
  /** Not in help and docs: called by scripts. */
  readonly isHidden?: boolean
  /** Resolves to the exit status; nothing means 0. Failures of the world throw VnetError. */
  readonly run: (context: Context) => Promise<number | undefined>
}

export interface CommandGroup {
  readonly title: string
  readonly commands: readonly Command[]
}

/** What a command gets to work with. */
export interface Context {
  readonly args: Arguments
  /** The command line as it was typed, without `vnet`. */
  readonly words: readonly string[]
  readonly out: Output
  readonly env: NodeJS.ProcessEnv
  /** The daemon's API; finds the socket. @throws VnetError `daemon-none`, `daemon-ambiguous`. */
  client(): Promise<AdminClient>
  /** Wall clock. */
  nowMs(): number
}

const JSON_OPTION: Option = { kind: 'flag', about: 'print JSON, one document a line, for programs' }
const SOCKET_OPTION: Option = {
  kind: 'text',
  value: 'PATH',
  about: "the daemon's admin socket",
  fallback: '$VNET_SOCKET, or the only one in /run/vnet',
  complete: 'file',
}
const WATCH_OPTION: Option = {
  kind: 'interval',
  value: 'SECONDS',
  about: 'show it again and again; Ctrl-C ends',
  fallback: '2 when no number is given',
}
const HELP_OPTION: Option = { kind: 'flag', short: 'h', about: 'show this help' }

/** All options of a command: its own, then the common ones that it takes. */
export function optionsOf(command: Command): Readonly<Record<string, Option>> {
  return {
    ...command.options,
    ...(command.isWatchable ? { watch: WATCH_OPTION } : {}),
    ...(command.jsonType === undefined ? {} : { json: JSON_OPTION }),
    ...(command.isRemote ? { socket: SOCKET_OPTION } : {}),
    help: HELP_OPTION,
  }
}

/** `vnet link add`. */
export function nameOf(command: Command): string {
  return ['vnet', ...command.words].join(' ')
}
