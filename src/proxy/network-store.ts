// What was ordered and the proxy must remember: fast-path links and whose they are, rules of hosts,
// the level of the adaptation and the pins of paths, in SQLite (STATE/network.db). Trust has a
// database of its own (src/trust/store.ts).

import type { DatabaseSync, SQLOutputValue } from 'node:sqlite'
import type { AdaptLevel, Pin } from '../adapt/types.ts'
import type { MacAddress } from '../base/mac.ts'
import { parseTransport } from '../daemon/transport.ts'
import type { TransportPolicy } from '../plane/plane.ts'
import { openDatabase } from './database.ts'

const STEPS: readonly string[] = [
  `
  CREATE TABLE fast_path (
    order_id TEXT PRIMARY KEY,
    dialler TEXT NOT NULL,
    acceptor TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    UNIQUE (dialler, acceptor)
  ) STRICT;
  CREATE TABLE host_rule (
    host TEXT NOT NULL,
    destination TEXT NOT NULL,
    source TEXT NOT NULL,
    target TEXT NOT NULL,
    is_transit INTEGER NOT NULL,
    PRIMARY KEY (host, destination, source)
  ) STRICT;
  `,
  "ALTER TABLE fast_path ADD COLUMN transport TEXT NOT NULL DEFAULT 'auto'",
  `
  ALTER TABLE fast_path ADD COLUMN origin TEXT NOT NULL DEFAULT 'manual';
  CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT;
  CREATE TABLE path_pin (
    source TEXT NOT NULL,
    destination TEXT NOT NULL,
    path TEXT NOT NULL,
    PRIMARY KEY (source, destination)
  ) STRICT;
  `,
]

/** Who wants a link: people, or the adaptation. */
export type LinkOrigin = 'manual' | 'adapt'

/** A link between two hosts that was up and is to stay. */
export interface SavedFastPath {
  readonly orderId: string
  readonly dialler: string
  readonly acceptor: string
  readonly transport: TransportPolicy
  readonly origin: LinkOrigin
}

export interface SavedRule {
  readonly host: string
  readonly destination: MacAddress
  readonly source: MacAddress | null
  /** As in the admin API: `host:NAME`, `port:NAME`, `drop`. */
  readonly target: string
  readonly isTransit: boolean
}

export interface NetworkStore {
  fastPaths(): readonly SavedFastPath[]
  putFastPath(path: SavedFastPath, nowMs: number): void
  removeFastPath(orderId: string): void
  rulesOf(host: string): readonly SavedRule[]
  putRule(rule: SavedRule): void
  removeRule(rule: Pick<SavedRule, 'host' | 'destination' | 'source'>): void
  /** As people set it last; null: never. */
  level(): AdaptLevel | null
  putLevel(level: AdaptLevel): void
  pathPins(): readonly Pin[]
  putPathPin(pin: Pin): void
  removePathPin(pin: Pick<Pin, 'source' | 'destination'>): void
  close(): void
}

/**
 * Opens or creates STATE/network.db (0600).
 * @throws VnetError `state-open`, `state-newer` or `identity-insecure`.
 */
export function openNetworkStore(stateDir: string): NetworkStore {
  const options = { file: 'network.db', steps: STEPS, synchronous: 'FULL' } as const
  return storeOf(openDatabase(stateDir, options))
}

type Row = Record<string, SQLOutputValue>

function storeOf(database: DatabaseSync): NetworkStore {
  const all = (sql: string, ...values: string[]): Row[] => database.prepare(sql).all(...values)
  const run = (sql: string, ...values: (string | number)[]) => {
    database.prepare(sql).run(...values)
  }
  return {
    fastPaths: () =>
      all('SELECT * FROM fast_path ORDER BY created_at_ms, order_id').map((row) => ({
        orderId: String(row.order_id),
        dialler: String(row.dialler),
        acceptor: String(row.acceptor),
        transport: parseTransport(String(row.transport)) ?? 'auto',
        origin: row.origin === 'adapt' ? 'adapt' : 'manual',
      })),
    putFastPath({ orderId, dialler, acceptor, transport, origin }, nowMs) {
      const sql = 'INSERT OR REPLACE INTO fast_path VALUES (?, ?, ?, ?, ?, ?)'
      run(sql, orderId, dialler, acceptor, nowMs, transport, origin)
    },
    removeFastPath: (orderId) => run('DELETE FROM fast_path WHERE order_id = ?', orderId),
    rulesOf: (host) =>
      all('SELECT * FROM host_rule WHERE host = ? ORDER BY destination, source', host).map(ruleOf),
    putRule({ host, destination, source, target, isTransit }) {
      const sql = 'INSERT OR REPLACE INTO host_rule VALUES (?, ?, ?, ?, ?)'
      run(sql, host, destination, source ?? '', target, isTransit ? 1 : 0)
    },
    removeRule({ host, destination, source }) {
      const sql = 'DELETE FROM host_rule WHERE host = ? AND destination = ? AND source = ?'
      run(sql, host, destination, source ?? '')
    },
    level: () => levelOf(all("SELECT value FROM setting WHERE name = 'level'")[0]?.value),
    putLevel: (level) => run("INSERT OR REPLACE INTO setting VALUES ('level', ?)", level),
    pathPins: () => all('SELECT * FROM path_pin ORDER BY source, destination').map(pinOf),
    putPathPin({ source, destination, path }) {
      run('INSERT OR REPLACE INTO path_pin VALUES (?, ?, ?)', source, destination, path)
    },
    removePathPin({ source, destination }) {
      run('DELETE FROM path_pin WHERE source = ? AND destination = ?', source, destination)
    },
    close: () => database.close(),
  }
}

/** What another version kept may be unknown here: then nothing was set. */
function levelOf(value: SQLOutputValue | undefined): AdaptLevel | null {
  return value === 'off' || value === 'recommend' || value === 'auto' ? value : null
}

function pinOf(row: Row): Pin {
  return {
    source: String(row.source) as MacAddress,
    destination: String(row.destination) as MacAddress,
    path: row.path === 'star' ? 'star' : 'direct',
  }
}

function ruleOf(row: Row): SavedRule {
  return {
    host: String(row.host),
    destination: String(row.destination) as MacAddress,
    source: row.source === '' ? null : (String(row.source) as MacAddress),
    target: String(row.target),
    isTransit: row.is_transit === 1,
  }
}
