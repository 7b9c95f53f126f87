// The table of commands: every entry is complete, its help works, and its examples are right.

import { describe, expect, it } from 'vitest'
import { parseArguments } from '../../../src/cli/arguments.ts'
import { type Command, nameOf, optionsOf } from '../../../src/cli/command.ts'
import { COMMANDS, findCommand } from '../../../src/cli/table.ts'
import { vnet } from '../../support/cli.ts'

const all = COMMANDS.map((command) => [nameOf(command), command] as const)

/** The vnet commands of an example's line, as words. */
function commandsIn(line: string): readonly (readonly string[])[] {
  return line
    .split(/[|&<>()]+/)
    .map((part) => part.trim().split(/\s+/))
    .filter(([first]) => first === 'vnet')
    .map((words) => words.slice(1).map((word) => word.replaceAll(/['"]/g, '')))
}

describe('the table of commands', () => {
  it('has each command once', () => {
    const names = all.map(([name]) => name)
    expect(new Set(names).size).toBe(names.length)
  })

  it.each(all)('%s has a summary that reads well in a list', (_name, { summary }) => {
    expect(summary).toMatch(/^[a-z].*[^.]$/)
    expect(summary.length).toBeLessThanOrEqual(88)
  })

  it.each(all)('%s has examples that its own parser takes', (_name, command) => {
    expect(command.examples.length).toBeGreaterThan(0)
    const used = command.examples.flatMap(({ line }) => commandsIn(line))
    expect(used.length).toBeGreaterThanOrEqual(command.examples.length)
    for (const words of used) {
      const found = findCommand(words)
      expect(found, words.join(' ')).not.toBeNull()
      if (found !== null) parseArguments(found.command, found.rest)
    }
  })

  it.each(all)('%s --help tells all of it', async (_name, command) => {
    const { status, stdout, stderr } = await vnet([...command.words, '--help'])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const text = stdout.replaceAll(/\s+/g, ' ')
    for (const name of Object.keys(optionsOf(command))) expect(text).toContain(`--${name}`)
    for (const { name } of command.positionals ?? []) expect(text).toContain(name)
    for (const { line, about } of command.examples) {
      expect(text).toContain(line.replaceAll(/\s+/g, ' '))
      expect(text).toContain(about)
    }
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100)
  })

  it.each(all)('%s gives no short letter twice', (_name, command) => {
    const letters = Object.values(optionsOf(command)).flatMap(({ short }) => short ?? [])
    expect(new Set(letters).size).toBe(letters.length)
  })

  it.each(all)('%s has required positionals first and the rest last', (_name, command: Command) => {
    const kinds = (command.positionals ?? []).map((positional) =>
      positional.isRest ? 2 : positional.isOptional ? 1 : 0,
    )
    expect(kinds).toEqual([...kinds].sort())
  })
})

describe('vnet --help', () => {
  it('lists all commands but the hidden', async () => {
    const { status, stdout } = await vnet('--help')
    expect(status).toBe(0)
    for (const { words, isHidden, summary } of COMMANDS) {
      if (isHidden) expect(stdout).not.toContain(summary)
      else expect(stdout.replaceAll(/\s+/g, ' ')).toContain(`${words.join(' ')} ${summary}`)
    }
  })

  it.each([
    ['help link add', 'vnet link add HOST [OTHER]'],
    ['link --help', 'vnet link remove HOST [OTHER]'],
    ['help', 'Usage'],
  ])('vnet %s shows help too', async (line, text) => {
    const { status, stdout } = await vnet(line)
    expect(status).toBe(0)
    expect(stdout).toContain(text)
  })
})
