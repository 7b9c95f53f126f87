// A PostgreSQL cluster for one run, in a folder and a namespace of its own: the system's clusters
// are not touched.

import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Namespace } from '../netns.ts'
import { until } from '../wait.ts'

/** Where Debian has the server's programs, a folder a major version. */
const VERSIONS = '/usr/lib/postgresql'
const START_TIMEOUT_MS = 30_000
/** PostgreSQL refuses to run as root. */
const AS_POSTGRES = ['--reuid', 'postgres', '--regid', 'postgres', '--clear-groups']
export const ARTICLES = 1_000

export interface Database {
  stop(): Promise<void>
}

/** The folder of `initdb` and `postgres` of the newest version, or null. */
export async function findPostgres(): Promise<string | null> {
  const versions = await list(VERSIONS)
  for (const version of versions.sort((a, b) => Number(b) - Number(a))) {
    const programs = await list(join(VERSIONS, version, 'bin'))
    if (programs.includes('postgres')) return join(VERSIONS, version, 'bin')
  }
  return null
}

/** The names in a folder; none if it is not there. */
const list = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])

/**
 * Starts a server that trusts everybody on `subnet`, with a table `article` of `ARTICLES` rows of
 * about 300 bytes. `folder` must be the user postgres' own.
 */
export async function startDatabase(options: {
  readonly programs: string
  readonly folder: string
  readonly namespace: Namespace
  readonly address: string
  readonly subnet: string
}): Promise<Database> {
  const { programs, folder, namespace, address, subnet } = options
  const data = join(folder, 'data')
  const as = (program: string, ...words: readonly string[]) =>
    [...AS_POSTGRES, join(programs, program), ...words] as const
  await namespace.exec('setpriv', ...as('initdb', '-D', data, '-A', 'trust', '--no-sync'))
  await namespace.exec('sh', '-c', `echo host all all ${subnet} trust >> ${data}/pg_hba.conf`)
  const settings = { listen_addresses: address, unix_socket_directories: folder, fsync: 'off' }
  const child = namespace.spawn(
    'setpriv',
    as('postgres', '-D', data, ...Object.entries(settings).map((pair) => `--${pair.join('=')}`)),
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-4_000)
  })
  const query = (sql: string) =>
    namespace.exec('setpriv', ...as('psql', '-h', folder, '-qAtc', sql))
  await until(() => query('SELECT 1'), {
    what: 'PostgreSQL',
    timeoutMs: START_TIMEOUT_MS,
  }).catch((cause) => {
    throw new Error(`PostgreSQL does not answer; it said:\n${said}`, { cause })
  })
  await query(
    "CREATE TABLE article AS SELECT id, 'Article ' || id AS title, repeat(md5(id::text), 9) AS " +
      `body FROM generate_series(1, ${ARTICLES}) id; ALTER TABLE article ADD PRIMARY KEY (id)`,
  )
  return {
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.kill('SIGINT') // fast shutdown: postgres(1)
      await once(child, 'exit')
    },
  }
}
