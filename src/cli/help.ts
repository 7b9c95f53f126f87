// Help texts, made from the table of commands.

import { type Command, nameOf, type Option, optionsOf, type Positional } from './command.ts'
import type { Paint } from './output.ts'
import { GROUPS } from './table.ts'

const COLUMNS = 92

/** `vnet --help`. */
export function overview(paint: Paint): string {
  const groups = GROUPS.map(({ title, commands }) => ({
    title,
    rows: visible(commands).map((command) => [command.words.join(' '), command.summary] as const),
  })).filter(({ rows }) => rows.length > 0)
  const width = Math.max(...groups.flatMap(({ rows }) => rows.map(([name]) => name.length)))
  const blocks = groups.map(
    ({ title, rows }) => `${paint('strong', title)}\n${pairs(rows, paint, width)}`,
  )
  return [
    'vnet: one LAN for virtual machines on many sites, over TCP that only goes out',
    `${paint('strong', 'Usage')}\n  vnet COMMAND [ARGUMENTS] [OPTIONS]`,
    ...blocks,
    "'vnet COMMAND --help' shows options and examples of a command.",
  ].join('\n\n')
}

/** `vnet link --help`: the commands that start with one word. */
export function groupHelp(word: string, commands: readonly Command[], paint: Paint): string {
  const rows = visible(commands).map((command) => [synopsis(command), command.summary] as const)
  const usage = `${paint('strong', 'Usage')}\n  vnet ${word} COMMAND`
  return `${usage}\n\n${paint('strong', 'Commands')}\n${pairs(rows, paint)}`
}

/** `vnet link add --help`. */
export function commandHelp(command: Command, paint: Paint): string {
  const title = (text: string) => paint('strong', text)
  const { positionals = [], details = [], examples } = command
  const capital = command.summary.charAt(0).toUpperCase() + command.summary.slice(1)
  const options = Object.entries(optionsOf(command))
  const blocks = [
    [`${capital}.`, ...details].map((text) => wrap(text, COLUMNS).join('\n')).join('\n\n'),
    `${title('Usage')}\n  ${synopsis(command)}`,
    ...(positionals.length === 0
      ? []
      : [`${title('Arguments')}\n${pairs(positionals.map(positionalRow), paint)}`]),
    `${title('Options')}\n${pairs(options.map(optionRow), paint)}`,
    `${title('Examples')}\n${examples
      .map(({ line, about }) => `  ${paint('dim', `# ${about}`)}\n  ${line}`)
      .join('\n')}`,
  ]
  return blocks.join('\n\n')
}

/** `vnet ping HOST [OPTIONS]`. */
export function synopsis(command: Command): string {
  const positionals = command.positionals ?? []
  const options = Object.keys(command.options ?? {}).length > 0 ? ['[OPTIONS]'] : []
  // Options stand before words that belong to another program.
  const isRest = positionals.at(-1)?.isRest === true
  const words = positionals.map(positionalText)
  const parts = isRest ? [...options, ...words] : [...words, ...options]
  return [nameOf(command), ...parts].join(' ')
}

/** `-w, --write FILE`. */
export function optionText(name: string, option: Option): string {
  const value = option.value ?? name.toUpperCase()
  const shown = { flag: '', interval: ` [${value}]` }[option.kind as string] ?? ` ${value}`
  return `${option.short === undefined ? '' : `-${option.short}, `}--${name}${shown}`
}

/** What it is for, and what it is when not given. */
export function optionAbout(option: Option): string {
  const more = option.kind === 'list' ? '; may be given several times' : ''
  const fallback = option.fallback === undefined ? '' : ` (default: ${option.fallback})`
  return `${option.about}${more}${fallback}`
}

function positionalText({ name, isOptional, isRest }: Positional): string {
  const text = isRest ? `${name}...` : name
  return isOptional ? `[${text}]` : text
}

function positionalRow(positional: Positional): readonly [string, string] {
  return [positionalText(positional), positional.about]
}

function optionRow([name, option]: readonly [string, Option]): readonly [string, string] {
  return [optionText(name, option), optionAbout(option)]
}

function visible(commands: readonly Command[]): readonly Command[] {
  return commands.filter(({ isHidden }) => isHidden !== true)
}

function pairs(
  rows: readonly (readonly [string, string])[],
  paint: Paint,
  width = Math.max(...rows.map(([name]) => name.length)),
): string {
  return rows
    .flatMap(([name, about]) => {
      const [first = '', ...more] = wrap(about, COLUMNS - width - 4)
      const indent = ' '.repeat(width + 4)
      const blanks = ' '.repeat(width - name.length)
      return [`  ${paint('good', name)}${blanks}  ${first}`, ...more.map((line) => indent + line)]
    })
    .join('\n')
}

export function wrap(text: string, columns: number): readonly string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > columns) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}
