// Opening a database in the proxy's state folder: made where it is missing, for nobody else's eyes,
// and brought to the newest version of its tables.

import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, VnetError } from '../base/errors.ts'
import { refuseOpenModes } from '../trust/identity.ts'
import { migrate } from '../trust/schema.ts'

/**
 * Opens or creates STATE/FILE (0600). `synchronous` as SQLite's pragma: FULL: what is written is
 * there after a power cut; NORMAL: the last of it may not be, and nobody waits for the disk.
 * @throws VnetError `state-open`, `state-newer` or `identity-insecure`.
 */
export function openDatabase(
  stateDir: string,
  {
    file,
    steps,
    synchronous,
  }: {
    readonly file: string
    readonly steps: readonly string[]
    readonly synchronous: 'FULL' | 'NORMAL'
  },
): DatabaseSync {
  const path = join(stateDir, file)
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    closeSync(openSync(path, 'a', 0o600))
    refuseOpenModes(path, 0o077)
    const database = new DatabaseSync(path)
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}`)
    migrate(database, steps)
    return database
  } catch (cause) {
    if (cause instanceof VnetError) throw cause
    throw new VnetError('state-open', `cannot open ${path}: ${messageOf(cause)}`, { cause })
  }
}
