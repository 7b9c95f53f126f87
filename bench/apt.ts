// Debian's packages of the programs that benchmarks run: installed only where that was asked for.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { messageOf } from '../src/base/errors.ts'

/**
 * Installs packages by apt-get, as root. One that cannot be installed is told and left out: who
 * needs it finds that it is missing.
 */
export async function installPackages(
  names: readonly string[],
  progress: (text: string) => void,
): Promise<void> {
  if (names.length === 0) return
  // RUNLEVEL=1: their services are not started (invoke-rc.d(8)).
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  const apt = (...args: readonly string[]) => promisify(execFile)('apt-get', [...args], { env })
  await apt('update').catch((error) => progress(`apt-get update: ${firstLine(error)}`))
  for (const name of names) {
    progress(`installing ${name}`)
    await apt('install', '-y', '--no-install-recommends', ...name.split(' ')).catch((error) =>
      progress(`${name} could not be installed: ${firstLine(error)}`),
    )
  }
}

function firstLine(error: unknown): string {
  return messageOf(error).split('\n')[0] ?? ''
}
