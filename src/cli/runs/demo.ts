// `vnet demo`: tells the story of src/lab/demo.ts; Ctrl-C ends it and cleans up.

import { VnetError } from '../../base/errors.ts'
import { runDemo } from '../../lab/demo.ts'
import { isOrdinaryUser, runInside } from '../../lab/holder.ts'
import type { Context } from '../command.ts'
import { catchInterrupt } from '../interrupt.ts'

export async function runDemoCommand(context: Context): Promise<number> {
  const { args, words, out } = context
  if (isOrdinaryUser()) return (await runInside(words, { isMade: true })) ?? 1
  const { signal, release } = catchInterrupt(() => out.note('one moment: taking everything away'))
  const isTitle = (line: string) => line.startsWith('== ')
  try {
    await runDemo({
      tell: (line) => out.print(isTitle(line) ? out.paint('strong', line) : line),
      signal,
      isKept: args.flag('keep'),
    })
    return 0
  } catch (error) {
    if (!signal.aborted) throw error
    throw new VnetError('interrupted', 'the demonstration was stopped', { cause: error })
  } finally {
    release()
  }
}
