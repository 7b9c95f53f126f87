// How a failure reaches the user: what and why, then what to do, on stderr; with --json also as one
// line on stdout. Gives the exit status.

import { messageOf, VnetError } from '../base/errors.ts'
import type { ApiError } from '../control/api.ts'
import { UsageError } from './arguments.ts'
import { harmless, type Output, paintFor } from './output.ts'

/** Writes the failure; returns 2 for a mistake in the command line and 1 for everything else. */
export function reportError(error: unknown, out: Output, env: NodeJS.ProcessEnv): 1 | 2 {
  const paint = paintFor(out.stderr, env)
  const { code, message, hint } = describe(error)
  const lines = message.split('\n').map(harmless)
  out.note(`${paint('bad', 'error:')} ${lines.join('\n       ')}`)
  if (hint !== undefined) out.note(`${paint('strong', 'try:')} ${harmless(hint)}`)
  if (!(error instanceof VnetError) && env.VNET_DEBUG && error instanceof Error) {
    out.note(error.stack ?? '')
  }
  if (out.isJson) {
    const body: ApiError = { error: { code, message, ...(hint === undefined ? {} : { hint }) } }
    out.json(body)
  }
  return error instanceof UsageError ? 2 : 1
}

function describe(error: unknown): {
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
} {
  if (error instanceof VnetError) {
    return { code: error.code, message: error.message, hint: error.hint }
  }
  const hint = 'this is a fault of vnet: run it again with VNET_DEBUG=1 and report what it prints'
  const message = messageOf(error) || String(error)
  return { code: 'internal', message, hint }
}
