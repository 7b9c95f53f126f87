// The programs that the benchmark runs, the Debian packages that have them, and what is missing.

import { access, constants } from 'node:fs/promises'
import { join } from 'node:path'
import { installPackages } from '../apt.ts'
import type { BenchContext } from '../harness.ts'
import { findPostgres } from './database.ts'

export type Need = 'mpirun' | 'lmp' | 'hpcc' | 'haproxy' | 'wrk' | 'curl' | 'psql' | 'postgres'

const PACKAGES: Readonly<Record<Need, string>> = {
  mpirun: 'openmpi-bin',
  lmp: 'lammps',
  hpcc: 'hpcc',
  haproxy: 'haproxy',
  wrk: 'wrk',
  curl: 'curl',
  psql: 'postgresql-client',
  postgres: 'postgresql',
}

const FOLDERS = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']

/** Those that are not on this machine; installed first where that is allowed. */
export async function findMissing(context: BenchContext): Promise<ReadonlySet<Need>> {
  const missing = await listMissing()
  if (!context.mayInstall || missing.length === 0) return new Set(missing)
  await installPackages([...new Set(missing.map((need) => PACKAGES[need]))], context.progress)
  return new Set(await listMissing())
}

/** Why something cannot run, or null if nothing of what it needs is missing. */
export function describeMissing(needs: readonly Need[], missing: ReadonlySet<Need>): string | null {
  const packages = needs.filter((need) => missing.has(need)).map((need) => PACKAGES[need])
  return packages.length === 0
    ? null
    : `not installed: ${packages.join(', ')} (--install, or apt-get install)`
}

async function listMissing(): Promise<Need[]> {
  const found = await Promise.all(
    (Object.keys(PACKAGES) as Need[]).map(async (need) => ({ need, is: await isThere(need) })),
  )
  return found.filter(({ is }) => !is).map(({ need }) => need)
}

async function isThere(need: Need): Promise<boolean> {
  if (need === 'postgres') return (await findPostgres()) !== null
  const tries = FOLDERS.map((folder) => access(join(folder, need), constants.X_OK))
  return (await Promise.allSettled(tries)).some(({ status }) => status === 'fulfilled')
}
