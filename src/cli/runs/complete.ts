// `vnet complete -- WORDS`: what may stand in place of the last word, one a line. `:file` alone
// means a file. Names of hosts, ports and MACs are asked of the daemon, in a time nobody notices.

import { setTimeout as delay } from 'node:timers/promises'
import type { AdminClient } from '../../control/client.ts'
import { PARAMETERS } from '../../control/parameters.ts'
import { type Command, type Complete, type Context, optionsOf } from '../command.ts'
import { COMMANDS, findCommand } from '../table.ts'

/** A daemon that does not answer in this time has no names to offer. */
const PATIENCE_MS = 500

export async function runComplete(context: Context): Promise<undefined> {
  const words = context.args.list('WORDS')
  const last = words.at(-1) ?? ''
  const wanted = wantedAt(words)
  const offered = Array.isArray(wanted) ? wanted : await ask(context, wanted as Source)
  const fitting = offered.filter((word) => word.startsWith(last) || word === ':file')
  if (fitting.length > 0) context.out.print(fitting.join('\n'))
}

type Source = Exclude<Complete, readonly string[]>

/** The words that may stand at the end of the line, or where to get them. Pure. */
export function wantedAt(words: readonly string[]): Complete {
  const before = words.slice(0, -1)
  const last = words.at(-1) ?? ''
  const further = commandWords(before)
  const found = findCommand(before)
  if (found === null || found.command.isHidden) return further
  const { command, rest } = found
  const options = optionsOf(command)
  const previous = rest.at(-1)
  const pending = Object.entries(options).find(
    ([name, { short }]) => previous === `--${name}` || previous === `-${short}`,
  )?.[1]
  if (pending !== undefined && pending.kind !== 'flag' && pending.kind !== 'interval') {
    return pending.complete ?? []
  }
  if (last.startsWith('-')) return Object.keys(options).map((name) => `--${name}`)
  const fixed = positionalAt(command, rest) ?? []
  return Array.isArray(fixed) ? [...further, ...fixed] : fixed
}

/** Next words of all commands that begin with these. */
function commandWords(before: readonly string[]): readonly string[] {
  const matching = COMMANDS.filter(
    ({ words, isHidden }) =>
      isHidden !== true &&
      words.length > before.length &&
      before.every((word, index) => words[index] === word),
  )
  return [...new Set(matching.map(({ words }) => words[before.length] ?? ''))]
}

function positionalAt(command: Command, rest: readonly string[]): Complete | undefined {
  const options = optionsOf(command)
  const isValue = (index: number) => {
    const before = rest[index - 1]
    return Object.entries(options).some(
      ([name, { kind, short }]) =>
        kind !== 'flag' &&
        kind !== 'interval' &&
        (before === `--${name}` || before === `-${short}`),
    )
  }
  const given = rest.filter((word, index) => !word.startsWith('-') && !isValue(index)).length
  return command.positionals?.[given]?.complete
}

async function ask(context: Context, source: Source): Promise<readonly string[]> {
  if (source === 'file') return [':file']
  try {
    const client = await context.client()
    return await Promise.race([namesOf(client, source), delay(PATIENCE_MS, [], { ref: false })])
  } catch {
    return [] // no daemon: nothing to offer, and nobody to tell it to
  }
}

async function namesOf(client: AdminClient, source: Exclude<Source, 'file'>) {
  switch (source) {
    case 'host':
      return (await client.hosts()).map(({ name }) => name)
    case 'mac':
      return (await client.macs()).map(({ mac }) => mac)
    case 'parameter':
      return PARAMETERS.map(({ name }) => name)
    case 'port': {
      const [ports, links] = await Promise.all([client.ports(), client.links()])
      const peers = links.flatMap(({ peer }) => (peer === null ? [] : [`link:${peer}`]))
      return [...ports.map(({ name }) => name), ...peers]
    }
  }
}
