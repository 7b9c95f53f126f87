// The small C programs of benchmarks and tests (load generator, raw frames): compiled on first use
// with the machine's own compiler into build/tools, again when the source is newer.

import { execFile } from 'node:child_process'
import { mkdir, rename, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const TOOLS = fileURLToPath(new URL('../build/tools/', import.meta.url))

/**
 * Path of the program built from one C source file.
 * @throws Error with the compiler's messages.
 */
export async function buildTool(source: URL): Promise<string> {
  const from = fileURLToPath(source)
  const to = `${TOOLS}${basename(from, '.c')}`
  const [fromStat, toStat] = await Promise.all([stat(from), stat(to).catch(() => null)])
  if (toStat !== null && toStat.mtimeMs > fromStat.mtimeMs) return to
  await mkdir(TOOLS, { recursive: true })
  const fresh = `${to}.${process.pid}`
  await promisify(execFile)('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', fresh, from])
  await rename(fresh, to) // at once: another run may be starting the old one
  return to
}
