// Builds a program on the data plane, without Node: all of native/ but its door to Node, and one
// source more, with the flags of the addon. Objects stay in build/tools/scale until a source or
// any header is newer.

import { execFile } from 'node:child_process'
import { mkdir, readdir, stat } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const OBJECTS = `${ROOT}build/tools/scale/`
const FLAGS = ['-std=c++20', '-O3', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Wno-stringop-overflow']

/**
 * Path of the program.
 * @throws Error with the compiler's messages.
 */
export async function buildOnPlane(source: URL): Promise<string> {
  await mkdir(OBJECTS, { recursive: true })
  const names = (await readdir(`${ROOT}native`)).map((name) => `native/${name}`)
  const helpers = (await readdir(`${ROOT}native/test`)).map((name) => `native/test/${name}`)
  const headers = [...names, ...helpers].filter((name) => name.endsWith('.h'))
  const newestHeaderMs = Math.max(...(await Promise.all(headers.map(changedMs))))
  const own = fileURLToPath(source).slice(ROOT.length)
  const parts = names.filter((name) => name.endsWith('.cc') && !name.includes('/addon'))
  const stale: string[] = []
  for (const part of [...parts, own]) {
    const objectMs = await changedMs(`build/tools/scale/${basename(part, '.cc')}.o`)
    if (objectMs < Math.max(await changedMs(part), newestHeaderMs)) stale.push(part)
  }
  const compileNext = async (): Promise<void> => {
    for (let part = stale.pop(); part !== undefined; part = stale.pop()) {
      await run('g++', [...FLAGS, '-c', `${ROOT}${part}`, '-o', objectOf(part)])
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, compileNext))
  const program = `${OBJECTS}${basename(own, '.cc')}`
  const libraries = ['-lssl', '-lcrypto', '-lpcap', '-lpthread']
  await run('g++', [...[...parts, own].map(objectOf), ...libraries, '-o', program])
  return program
}

function objectOf(part: string): string {
  return `${OBJECTS}${basename(part, '.cc')}.o`
}

/** When a file changed; 0 if it is not there. */
async function changedMs(name: string): Promise<number> {
  return (await stat(`${ROOT}${name}`).catch(() => null))?.mtimeMs ?? 0
}
