// Runs the command line in this process, with what it writes kept as text.

import { runCli, type Surroundings } from '../../src/cli/main.ts'
import { NOW_MS } from './admin-links.ts'

export interface CliResult {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** One command line, such as `link add alpha beta`, or its words. */
export async function vnet(
  line: string | readonly string[],
  { env = {}, isTTY = false }: { readonly env?: NodeJS.ProcessEnv; readonly isTTY?: boolean } = {},
): Promise<CliResult> {
  const words = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line
  const written = { stdout: '', stderr: '' }
  const sink = (key: 'stdout' | 'stderr') => ({
    isTTY,
    write: (chunk: string | Uint8Array) => {
      written[key] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1')
    },
  })
  const around: Surroundings = {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env,
    nowMs: () => NOW_MS,
  }
  const status = await runCli(words, around)
  return { status, ...written }
}
