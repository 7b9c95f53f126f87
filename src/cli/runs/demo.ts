// `vnet demo`: tells the story of src/lab/demo.ts, then that of the adaptation; Ctrl-C ends it and
// cleans up.

import { VnetError } from '../../base/errors.ts'
import { type DemoOptions, runDemo } from '../../lab/demo.ts'
import { isOrdinaryUser, runInside } from '../../lab/holder.ts'
import type { Context } from '../command.ts'
import { catchInterrupt } from '../interrupt.ts'
import { tellAdaptation } from './demo-adaptation.ts'

export async function runDemoCommand(context: Context): Promise<number> {
  const { args, words, out } = context
  if (isOrdinaryUser()) return (await runInside(words, { isMade: true })) ?? 1
  const { signal, release } = catchInterrupt(() => out.note('one moment: taking everything away'))
  const isTitle = (line: string) => line.startsWith('== ')
  const begin = performance.now()
  const options: DemoOptions = {
    tell: (line) => out.print(isTitle(line.trimStart()) ? out.paint('strong', line) : line),
    signal,
    isKept: args.flag('keep'),
  }
  try {
    await runDemo(options)
    await tellAdaptation(options)
    out.print(`\nDone in ${Math.round((performance.now() - begin) / 1000)} s.`)
    return 0
  } catch (error) {
    if (!signal.aborted) throw error
    throw new VnetError('interrupted', 'the demonstration was stopped', { cause: error })
  } finally {
    release()
  }
}
