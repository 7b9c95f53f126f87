// The `vnet` command: words -> entry of the table -> its arguments -> its run function -> exit
// status. 0: done; 1: it did not work; 2: the command line was wrong.

import { VnetError } from '../base/errors.ts'
import { VERSION } from '../base/version.ts'
import { nearest } from '../config/nearest.ts'
import type { AdminClient } from '../control/client.ts'
import { type Arguments, parseArguments, UsageError } from './arguments.ts'
import type { Command, Context } from './command.ts'
import { reportError } from './failure.ts'
import { commandHelp, groupHelp, overview } from './help.ts'
import { interruptForClosedOutput } from './interrupt.ts'
import { createOutput, type Output, type Sink } from './output.ts'
import { COMMANDS, findCommand } from './table.ts'

/** The world around the command; tests give their own. */
export interface Surroundings {
  readonly stdout: Sink
  readonly stderr: Sink
  readonly env: NodeJS.ProcessEnv
  readonly nowMs: () => number
}

/** Runs one command line (without `vnet`). Resolves to the exit status; never rejects. */
export async function runCli(words: readonly string[], around: Surroundings): Promise<number> {
  const isJson = beforeDashes(words).includes('--json')
  const out = createOutput({ ...around, isJson })
  try {
    return await dispatch(words, around, out)
  } catch (error) {
    return reportError(error, out, around.env)
  }
}

async function dispatch(
  words: readonly string[],
  around: Surroundings,
  out: Output,
): Promise<number> {
  const [first] = words
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    return showHelp(words.slice(1), out, first === undefined ? 2 : 0)
  }
  if (first === '--version' || first === '-V') {
    out.print(`vnet ${VERSION}`)
    return 0
  }
  const found = findCommand(words)
  if (found === null) return unknownCommand(words, out)
  const { command, rest } = found
  const args = parseArguments(command, rest)
  if (args.flag('help')) {
    out.print(commandHelp(command, out.paint))
    return 0
  }
  return (await command.run(contextOf(args, words, around, out))) ?? 0
}

function contextOf(
  args: Arguments,
  words: readonly string[],
  around: Surroundings,
  out: Output,
): Context {
  const { env, nowMs } = around
  let client: AdminClient | null = null
  return {
    args,
    words,
    out,
    env,
    nowMs,
    client: async () => {
      if (client !== null) return client
      const [{ AdminClient }, { findSocket }] = await Promise.all([
        import('../control/client.ts'),
        import('../control/socket.ts'),
      ])
      const environment = env.VNET_SOCKET
      client = new AdminClient(findSocket(args.optionalText('socket'), { environment }))
      return client
    },
  }
}

/** `vnet help link add`, `vnet --help`, and `vnet` alone (which is a mistake). */
function showHelp(words: readonly string[], out: Output, status: number): number {
  if (words.length === 0) {
    const text = overview(out.paint)
    if (status === 0) out.print(text)
    else out.note(text)
    return status
  }
  const found = findCommand(words)
  if (found === null) return unknownCommand(words, out)
  out.print(commandHelp(found.command, out.paint))
  return 0
}

/** Also for `vnet link` and `vnet link --help`: the commands that start so. */
function unknownCommand(words: readonly string[], out: Output): number {
  const [first = '', second] = words
  const family = COMMANDS.filter(({ words: own }) => own[0] === first && own.length > 1)
  if (family.length === 0) throw unknownWord(first, COMMANDS, '')
  if (second === '--help' || second === '-h') {
    out.print(groupHelp(first, family, out.paint))
    return 0
  }
  if (second === undefined) {
    out.note(groupHelp(first, family, out.paint))
    return 2
  }
  const below = family.map((command) => ({ ...command, words: command.words.slice(1) }))
  throw unknownWord(second, below, `${first} `)
}

function unknownWord(word: string, known: readonly Command[], before: string): UsageError {
  const visible = known.filter(({ isHidden }) => isHidden !== true)
  const near = nearest(word, [...new Set(visible.map(({ words }) => words[0] ?? ''))])
  return new UsageError('usage-command', `there is no command 'vnet ${before}${word}'`, {
    hint:
      near === null
        ? `vnet ${before}--help lists the commands`
        : `did you mean 'vnet ${before}${near}'?`,
  })
}

function beforeDashes(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--')
  return end === -1 ? words : words.slice(0, end)
}

/** A reader that went away (`vnet macs | head`) is no failure; some commands then clear up. */
function leaveQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') {
        if (!interruptForClosedOutput()) process.exit(0)
        return
      }
      throw new VnetError('output', `cannot write: ${error.message}`, { cause: error })
    })
  }
}

if (import.meta.main || process.argv[1] === import.meta.filename) {
  leaveQuietlyOnClosedPipe()
  const { stdout, stderr, env } = process
  const status = await runCli(process.argv.slice(2), { stdout, stderr, env, nowMs: Date.now })
  process.exit(status)
}
