// The small C programs of benchmarks and tests (load generator, raw frames): compiled on first use
// with the machine's own compiler into build/tools, again when the source is newer.

import { execFile } from 'node:child_process'
import { mkdir, readdir, rename, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const TOOLS = fileURLToPath(new URL('../build/tools/', import.meta.url))
const builds = new Map<string, Promise<string>>()

/**
 * Path of the program built from one C source file, linked with `libraries` (`-lNAME`); looked at
 * once in a process.
 * @throws Error with the compiler's messages.
 */
export function buildTool(source: URL, libraries: readonly string[] = []): Promise<string> {
  const from = fileURLToPath(source)
  const build = builds.get(from) ?? compile(from, libraries)
  builds.set(from, build)
  return build
}

async function compile(from: string, libraries: readonly string[]): Promise<string> {
  const to = `${TOOLS}${basename(from, '.c')}`
  const [changedMs, toStat] = await Promise.all([lastChangeMs(from), stat(to).catch(() => null)])
  if (toStat !== null && toStat.mtimeMs > changedMs) return to
  await mkdir(TOOLS, { recursive: true })
  const fresh = `${to}.${process.pid}`
  const flags = ['-O2', '-Wall', '-Wextra', '-Werror', '-pthread', '-o', fresh]
  await promisify(execFile)('cc', [...flags, from, ...libraries])
  await rename(fresh, to) // at once: another run may be starting the old one
  return to
}

/** Of the source, or of any header beside it. */
async function lastChangeMs(from: string): Promise<number> {
  const folder = dirname(from)
  const headers = (await readdir(folder)).filter((name) => name.endsWith('.h'))
  const files = [from, ...headers.map((name) => join(folder, name))]
  const stats = await Promise.all(files.map((file) => stat(file)))
  return Math.max(...stats.map(({ mtimeMs }) => mtimeMs))
}
