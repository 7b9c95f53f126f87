// The command line's words: what is taken, and that every mistake gets one clear answer.

import { describe, expect, it } from 'vitest'
import { parseArguments, UsageError } from '../../../src/cli/arguments.ts'
import type { Command } from '../../../src/cli/command.ts'
import { vnet } from '../../support/cli.ts'

const command: Command = {
  words: ['try'],
  summary: 'try',
  positionals: [
    { name: 'HOST', about: 'a host' },
    { name: 'OTHER', about: 'another', isOptional: true },
  ],
  options: {
    all: { kind: 'flag', short: 'a', about: 'all' },
    name: { kind: 'text', short: 'n', about: 'name' },
    count: { kind: 'number', short: 'c', about: 'count' },
    ttl: { kind: 'duration', about: 'time' },
    tag: { kind: 'list', about: 'tags' },
  },
  isRemote: true,
  isWatchable: true,
  jsonType: 'X',
  examples: [],
  run: async () => undefined,
}
const parse = (line: string) => parseArguments(command, line.split(' '))

function refusal(line: string): UsageError {
  try {
    parse(line)
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
  throw new Error(`'${line}' was taken`)
}

describe('arguments', () => {
  it('are read in any order, long and short, with and without =', () => {
    const args = parse('-a -n alpha h1 --count=3 h2 --ttl 1h30m --tag x --tag y')
    expect(args.text('HOST')).toBe('h1')
    expect(args.optionalText('OTHER')).toBe('h2')
    expect(args.flag('all')).toBe(true)
    expect(args.optionalText('name')).toBe('alpha')
    expect(args.optionalNumber('count')).toBe(3)
    expect(args.optionalNumber('ttl')).toBe(5_400)
    expect(args.list('tag')).toEqual(['x', 'y'])
  })

  it('keep words as they were written', () => {
    const args = parse('007 --name 1e3')
    expect(args.text('HOST')).toBe('007')
    expect(args.optionalText('name')).toBe('1e3')
    expect(parse('52:54:00:00:00:01').text('HOST')).toBe('52:54:00:00:00:01')
    expect(parse('-- --name').text('HOST')).toBe('--name')
    expect(parse('- h2').text('HOST')).toBe('-')
  })

  it('take --watch with and without a number', () => {
    expect(parse('h1').optionalNumber('watch')).toBeUndefined()
    expect(parse('h1 --watch').optionalNumber('watch')).toBe(2)
    expect(parse('--watch h1').optionalNumber('watch')).toBe(2)
    expect(parse('h1 --watch 0.5 --json').optionalNumber('watch')).toBe(0.5)
    expect(parse('h1 --watch --json').flag('json')).toBe(true)
  })

  it.each([
    ['--jsn h1', 'usage-option', /no option '--jsn'/, 'did you mean --json?'],
    ['--zzzzzzzz h1', 'usage-option', /--zzzzzzzz/, 'vnet try --help lists its options'],
    ['-x h1', 'usage-option', /no option '-x'/, 'vnet try --help lists its options'],
    ['--no-all h1', 'usage-option', /--no-all/, 'vnet try --help lists its options'],
    ['--all', 'usage-missing', /needs HOST: a host/, 'see vnet try --help'],
    ['a b c', 'usage-extra', /does not take 'c'/, 'see vnet try --help'],
    ['h1 --name', 'usage-value', /--name needs a value/, 'write --name NAME'],
    ['h1 --count x', 'usage-value', /--count must be a whole number, not 'x'/, undefined],
    ['h1 --count -1', 'usage-value', /--count/, undefined],
    ['h1 --ttl 5', 'usage-value', /--ttl must be a duration/, /90s/],
    ['h1 --watch 0', 'usage-value', /--watch must be 0.1 to 86400/, undefined],
    ['h1 --name a --name b', 'usage-twice', /--name is given twice/, undefined],
    ['h1 --all=maybe', 'usage-value', /--all/, undefined],
  ] as const)("refuse '%s'", (line, code, message, hint) => {
    const error = refusal(line)
    expect(error.code).toBe(code)
    expect(error.message).toMatch(message)
    if (hint instanceof RegExp) expect(error.hint).toMatch(hint)
    else if (hint !== undefined) expect(error.hint).toBe(hint)
  })

  it('leave the words of another program alone', () => {
    const positionals = [
      { name: 'NODE', about: 'node' },
      { name: 'PROGRAM', about: 'program', isRest: true },
    ]
    const rest = { ...command, positionals }
    const args = parseArguments(rest, ['-a', 'vm1', 'ping', '-c', '3', '--json'])
    expect(args.flag('all')).toBe(true)
    expect(args.flag('json')).toBe(false)
    expect(args.list('PROGRAM')).toEqual(['ping', '-c', '3', '--json'])
  })
})

describe('a wrong command', () => {
  it.each([
    ['statsu', "did you mean 'vnet status'?"],
    ['lnik add', "did you mean 'vnet link'?"],
    ['link ad a b', "did you mean 'vnet link add'?"],
    ['frobnicate', 'vnet --help lists the commands'],
  ])("vnet %s: status 2 and '%s'", async (line, hint) => {
    const { status, stdout, stderr } = await vnet(line)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(`try: ${hint}`)
  })

  it.each(['', 'link'])("vnet '%s' alone shows help on stderr, status 2", async (line) => {
    const { status, stdout, stderr } = await vnet(line)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('Usage')
  })

  it('is told to programs as JSON too', async () => {
    const { status, stdout } = await vnet('statsu --json')
    expect(status).toBe(2)
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'usage-command',
        message: "there is no command 'vnet statsu'",
        hint: "did you mean 'vnet status'?",
      },
    })
  })
})
