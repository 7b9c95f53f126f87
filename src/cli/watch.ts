// Shows an answer of the daemon once, or again and again (--watch): as a redrawn screen on a
// terminal, one after another otherwise, one JSON document a line for programs.

import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../base/errors.ts'
import type { Context } from './command.ts'
import { formatTime } from './units.ts'
import type { View, ViewOptions } from './views/view.ts'

const CLEAR_SCREEN = '\u001b[H\u001b[2J'

/** What to ask and how to show it. */
export interface Look<T> {
  readonly ask: () => Promise<T>
  readonly view: View<T>
  /** `vnet hosts`, for the headline. */
  readonly title: string
  /** Rows to show, where the view leaves some out. */
  readonly top?: number | undefined
}

/** One screen, or screens until the process is ended. */
export async function showOrWatch<T>(context: Context, look: Look<T>): Promise<void> {
  const intervalS = context.args.optionalNumber('watch')
  if (intervalS === undefined) {
    show(context, look, await look.ask())
    return
  }
  if (context.out.stdout.isTTY === true && !context.out.isJson) {
    await watchOnTerminal(context, look, intervalS)
    return
  }
  for (;;) {
    show(context, look, await look.ask())
    if (!context.out.isJson) context.out.print('')
    await delay(intervalS * 1000)
  }
}

function show<T>(context: Context, look: Look<T>, data: T): void {
  const { out } = context
  if (out.isJson) out.json(data)
  else out.print(look.view(data, optionsOf(context, look)))
}

function optionsOf<T>({ out, nowMs }: Context, { top }: Look<T>): ViewOptions {
  const { columns } = out.stdout
  return {
    paint: out.paint,
    nowMs: nowMs(),
    ...(columns === undefined ? {} : { columns }),
    ...(top === undefined ? {} : { top }),
  }
}

/** A daemon that restarts does not end it: the screen says so until it is back. */
async function watchOnTerminal<T>(
  context: Context,
  look: Look<T>,
  intervalS: number,
): Promise<void> {
  const { out, nowMs } = context
  for (;;) {
    const body = await look.ask().then(
      (data) => look.view(data, optionsOf(context, look)),
      (error) => out.paint('bad', `no answer: ${messageOf(error)}`),
    )
    const head = `${look.title}, every ${intervalS} s, ${formatTime(nowMs())} (Ctrl-C ends)`
    out.stdout.write(`${CLEAR_SCREEN}${out.paint('dim', head)}\n\n${body}\n`)
    await delay(intervalS * 1000)
  }
}
