// A web site of three tiers: haproxy before one or two applications before PostgreSQL, each in a
// guest of its own, asked by wrk in another.

import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TalkingGuest } from '../guests.ts'
import { until } from '../wait.ts'
import { bothWays, type EdgeName, type Score, scoreSights, withoutDirection } from './compare.ts'
import { startDatabase } from './database.ts'
import type { Observer, Sight } from './observe.ts'

export interface WebShape {
  readonly name: string
  readonly applications: 1 | 2
  /** What the inference calls the tiers. */
  readonly pattern: string
}

/** One a tier is a bus. Answers are larger than requests: data flows from the database on. */
export const WEB_SHAPES: readonly WebShape[] = [
  { name: 'web-1-application', applications: 1, pattern: 'bus 4' },
  { name: 'web-2-applications', applications: 2, pattern: 'tiers 1-2-1-1' },
]

const WEB_PORT = 8080
const APPLICATION_PORT = 8081
const SUBNET = '10.88.0.0/24'
const APPLICATION = fileURLToPath(new URL('./web-app.ts', import.meta.url))
const START_TIMEOUT_MS = 30_000

export interface WebResult extends Score {
  /** Without direction: requests go one way, answers the other. */
  readonly known: ReadonlySet<EdgeName>
  readonly sights: readonly Sight[]
}

/** Starts the site in the first guests and looks at the topology under load. */
export async function runWeb(options: {
  readonly shape: WebShape
  readonly guests: readonly TalkingGuest[]
  /** Folder of PostgreSQL's programs. */
  readonly programs: string
  readonly folder: string
  readonly observer: Observer
  readonly settleMs: number
  readonly durationMs: number
}): Promise<WebResult> {
  const { shape, guests, programs, observer, settleMs, durationMs } = options
  const [client, web, database, ...rest] = guests
  const applications = rest.slice(0, shape.applications)
  if (client === undefined || web === undefined || database === undefined) {
    throw new Error('the site needs five guests')
  }
  const folder = join(options.folder, shape.name)
  await mkdir(folder)
  const data = await mkdtemp(join(tmpdir(), 'vnet-postgres-'))
  const { namespace, address } = database
  const [user = 0, group = 0] = (
    await namespace.exec('sh', '-c', 'id -u postgres; id -g postgres')
  ).split('\n')
  await chown(data, Number(user), Number(group))
  const server = await startDatabase({
    ...{ programs, folder: data, namespace, address, subnet: SUBNET },
  })
  const children = await startSite({ client, web, database, applications, folder })
  try {
    const url = `http://${web.address}:${WEB_PORT}/`
    const wrk = ['-t', '1', '-c', '8', '-d', '600', url]
    const load = client.namespace.spawn('wrk', wrk, { stdio: 'ignore' })
    children.push(load)
    const hasEnded = () => load.exitCode !== null
    await observer.watch({ durationMs: settleMs, hasEnded })
    const sights = await observer.watch({ durationMs, hasEnded })
    if (hasEnded()) throw new Error('wrk ended early')
    const known = tierEdges({ client, web, database, applications })
    const undirected = sights.map((sight) => ({ ...sight, edges: withoutDirection(sight.edges) }))
    return { known, sights, ...scoreSights(undirected, known, shape.pattern) }
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await server.stop()
    await rm(data, { recursive: true, force: true })
  }
}

interface Site {
  readonly client: TalkingGuest
  readonly web: TalkingGuest
  readonly database: TalkingGuest
  readonly applications: readonly TalkingGuest[]
}

/** The edges between the tiers, without direction. */
export function tierEdges(site: {
  readonly client: { readonly name: string }
  readonly web: { readonly name: string }
  readonly database: { readonly name: string }
  readonly applications: readonly { readonly name: string }[]
}): Set<EdgeName> {
  const { client, web, database, applications } = site
  return withoutDirection(
    bothWays([
      [client.name, web.name],
      ...applications.flatMap(({ name }): [string, string][] => [
        [web.name, name],
        [name, database.name],
      ]),
    ]),
  )
}

/** Its answers come from the database when this resolves. */
async function startSite(site: Site & { readonly folder: string }) {
  const { client, web, database, applications, folder } = site
  const configuration = join(folder, 'haproxy.cfg')
  await writeFile(configuration, haproxyFile(applications))
  const children = applications.map(({ namespace }) =>
    namespace.spawn(process.execPath, [APPLICATION, String(APPLICATION_PORT), database.address], {
      stdio: ['ignore', 'ignore', 'inherit'],
    }),
  )
  const waitForPage = (guest: TalkingGuest, port: number) =>
    until(
      async () =>
        (
          await client.namespace.exec('curl', '-sf', '-m', '3', `http://${guest.address}:${port}/`)
        ).includes('<h2>Article'),
      { what: `a page of ${guest.name}`, timeoutMs: START_TIMEOUT_MS },
    )
  for (const guest of applications) await waitForPage(guest, APPLICATION_PORT)
  // Only now: haproxy would take those that do not answer yet for broken, each for a while.
  const words = ['-db', '-q', '-f', configuration]
  children.push(web.namespace.spawn('haproxy', words, { stdio: 'ignore' }))
  await waitForPage(web, WEB_PORT)
  return children
}

/** Requests in turn to all applications, over connections that are kept. */
export function haproxyFile(applications: readonly { name: string; address: string }[]): string {
  return [
    'defaults',
    '  mode http',
    '  timeout connect 5s',
    '  timeout client 60s',
    '  timeout server 60s',
    'frontend site',
    `  bind :${WEB_PORT}`,
    '  default_backend applications',
    'backend applications',
    '  balance roundrobin',
    ...applications.map(
      ({ name, address }) => `  server ${name} ${address}:${APPLICATION_PORT} check`,
    ),
    '',
  ].join('\n')
}
