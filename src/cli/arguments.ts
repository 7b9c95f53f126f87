// The words after a command as typed values. yargs splits them into options and positionals; what
// is allowed is read off the command's entry in the table, so that every mistake gets one clear
// answer with the nearest right word.

import yargs from 'yargs'
import { VnetError } from '../base/errors.ts'
import { nearest } from '../config/nearest.ts'
import { type Command, nameOf, type Option, optionsOf } from './command.ts'
import { parseDurationSeconds } from './units.ts'

/** A mistake in the command line: exit status 2. */
export class UsageError extends VnetError {}

type Value = string | number | boolean | readonly string[]

/** Checked options and positionals of one call. */
export class Arguments {
  readonly #values: ReadonlyMap<string, Value>

  constructor(values: ReadonlyMap<string, Value>) {
    this.#values = values
  }

  /** True if the flag was given. */
  flag(name: string): boolean {
    return this.#values.get(name) === true
  }

  /** A text that the command needs; its absence was refused before. */
  text(name: string): string {
    const value = this.#values.get(name)
    if (typeof value !== 'string') throw new Error(`no text '${name}'`)
    return value
  }

  optionalText(name: string): string | undefined {
    const value = this.#values.get(name)
    return typeof value === 'string' ? value : undefined
  }

  /** A number, a duration in seconds, or an interval in seconds. */
  optionalNumber(name: string): number | undefined {
    const value = this.#values.get(name)
    return typeof value === 'number' ? value : undefined
  }

  /** Empty if not given. */
  list(name: string): readonly string[] {
    const value = this.#values.get(name)
    return Array.isArray(value) ? value : []
  }
}

/**
 * Reads what follows the command's own words.
 * @throws UsageError with the nearest right option.
 */
export function parseArguments(command: Command, words: readonly string[]): Arguments {
  const options = optionsOf(command)
  const positionals = command.positionals ?? []
  refuseFlagValues(words, options)
  const { _: plain, ...given } = split(words, options, positionals.at(-1)?.isRest === true)
  const values = new Map<string, Value>()
  for (const [name, raw] of Object.entries(given)) {
    const option = options[name]
    if (option === undefined) throw unknownOption(command, name, options)
    values.set(name, readValue(name, option, raw))
  }
  if (values.get('help') === true) return new Arguments(values)
  readPositionals(command, plain, values)
  return new Arguments(values)
}

/** yargs would take `--all=maybe` as true. */
function refuseFlagValues(
  words: readonly string[],
  options: Readonly<Record<string, Option>>,
): void {
  for (const word of words) {
    if (word === '--') return
    const name = /^--([^=]+)=/.exec(word)?.[1]
    if (name === undefined || options[name]?.kind !== 'flag') continue
    throw new UsageError('usage-value', `--${name} takes no value`, { hint: `write --${name}` })
  }
}

/** `--watch` without a number. */
const DEFAULT_INTERVAL_S = 2

function split(
  words: readonly string[],
  options: Readonly<Record<string, Option>>,
  isHalting: boolean,
): { readonly _: readonly string[] } & Readonly<Record<string, unknown>> {
  const entries = Object.entries(options)
  const named = (kinds: readonly Option['kind'][]) =>
    entries.filter(([, option]) => kinds.includes(option.kind)).map(([name]) => name)
  const shorts = entries.flatMap(([name, { short }]) =>
    short === undefined ? [] : [[name, short]],
  )
  const parsed = yargs([])
    .help(false)
    .version(false)
    .exitProcess(false)
    .showHelpOnFail(false)
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'halt-at-non-option': isHalting,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'strip-aliased': true,
      'strip-dashed': false,
    })
    .boolean(named(['flag']))
    .string(named(['text', 'number', 'duration', 'interval', 'list']))
    .alias(Object.fromEntries(shorts))
    .parseSync([...withoutOptionalValues(words, named(['interval']))])
  const { $0: _script, _: plain, ...given } = parsed
  return { ...given, _: plain.map(String) }
}

/** `--watch --json`: yargs would be right, but `--watch` must not eat a word that is no number. */
function withoutOptionalValues(
  words: readonly string[],
  names: readonly string[],
): readonly string[] {
  return words.map((word, index) => {
    const isBare = names.some((name) => word === `--${name}`)
    return isBare && !/^[\d.]+$/.test(words[index + 1] ?? '') ? `${word}=` : word
  })
}

function readValue(name: string, option: Option, raw: unknown): Value {
  if (option.kind === 'flag') {
    if (typeof raw === 'boolean') return raw
    throw new UsageError('usage-twice', `--${name} is given twice`)
  }
  if (option.kind === 'list') return [raw].flat().map(String)
  if (Array.isArray(raw)) throw new UsageError('usage-twice', `--${name} is given twice`)
  const text = String(raw)
  if (text === '' && option.kind === 'interval') return DEFAULT_INTERVAL_S
  if (text === '') {
    throw new UsageError('usage-value', `--${name} needs a value`, {
      hint: `write --${name} ${option.value ?? name.toUpperCase()}`,
    })
  }
  switch (option.kind) {
    case 'text':
      return text
    case 'number':
      return numberOf(name, text)
    case 'interval':
      return intervalOf(name, text)
    case 'duration':
      return durationOf(name, text)
  }
}

function numberOf(name: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new UsageError('usage-value', `--${name} must be a whole number, not '${text}'`)
}

function intervalOf(name: string, text: string): number {
  const seconds = Number(text)
  if (/^[\d.]+$/.test(text) && seconds >= 0.1 && seconds <= 86_400) return seconds
  throw new UsageError('usage-value', `--${name} must be 0.1 to 86400 seconds, not '${text}'`)
}

function durationOf(name: string, text: string): number {
  const seconds = parseDurationSeconds(text)
  if (seconds !== null) return seconds
  throw new UsageError('usage-value', `--${name} must be a duration, not '${text}'`, {
    hint: 'write a number with its unit, such as 90s, 15m, 1h or 7d',
  })
}

function unknownOption(
  command: Command,
  name: string,
  options: Readonly<Record<string, Option>>,
): UsageError {
  const near = nearest(name, Object.keys(options))
  const dashes = name.length === 1 ? '-' : '--'
  return new UsageError('usage-option', `${nameOf(command)} has no option '${dashes}${name}'`, {
    hint:
      near === null || name.length === 1
        ? `${nameOf(command)} --help lists its options`
        : `did you mean --${near}?`,
  })
}

function readPositionals(
  command: Command,
  plain: readonly string[],
  values: Map<string, Value>,
): void {
  const positionals = command.positionals ?? []
  const see = { hint: `see ${nameOf(command)} --help` }
  for (const [index, positional] of positionals.entries()) {
    const value = plain[index]
    if (value === undefined) {
      if (positional.isOptional) continue
      throw new UsageError(
        'usage-missing',
        `${nameOf(command)} needs ${positional.name}: ${positional.about}`,
        see,
      )
    }
    values.set(positional.name, positional.isRest ? plain.slice(index) : value)
  }
  const extra = plain[positionals.length]
  if (extra === undefined || positionals.at(-1)?.isRest) return
  throw new UsageError('usage-extra', `${nameOf(command)} does not take '${extra}'`, see)
}
