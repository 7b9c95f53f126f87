// What the inference must remember over a restart: parameters that were set, names of guests, and
// the history of changes, in SQLite (STATE/inference.db). None of it is worth waiting for a disk.

import type { DatabaseSync } from 'node:sqlite'
import type { MacAddress } from '../base/mac.ts'
import type { HistoryRow } from '../control/api.ts'
import { openDatabase } from './database.ts'

const STEPS: readonly string[] = [
  `
  CREATE TABLE parameter (
    name TEXT PRIMARY KEY,
    value REAL NOT NULL
  ) STRICT;
  CREATE TABLE guest (
    mac TEXT PRIMARY KEY,
    name TEXT NOT NULL
  ) STRICT;
  CREATE TABLE change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    change TEXT NOT NULL,
    topology TEXT NOT NULL,
    names TEXT NOT NULL
  ) STRICT;
  CREATE INDEX change_at ON change (at_ms);
  `,
]

/** How much history is kept. */
export interface Retention {
  readonly changesMax: number
  /** Older ones go. */
  readonly sinceMs: number
}

export interface InferenceStore {
  parameters(): ReadonlyMap<string, number>
  putParameter(name: string, value: number): void
  guestNames(): ReadonlyMap<MacAddress, string>
  putGuestName(mac: MacAddress, name: string): void
  removeGuestName(mac: MacAddress): void
  addChange(row: Omit<HistoryRow, 'id'>): void
  retain(retention: Retention): void
  /** Newest first. */
  changes(query: { readonly sinceMs: number | null; readonly limit: number }): HistoryRow[]
  close(): void
}

/**
 * Opens or creates STATE/inference.db (0600).
 * @throws VnetError `state-open`, `state-newer` or `identity-insecure`.
 */
export function openInferenceStore(stateDir: string): InferenceStore {
  const options = { file: 'inference.db', steps: STEPS, synchronous: 'NORMAL' } as const
  return storeOf(openDatabase(stateDir, options))
}

function storeOf(database: DatabaseSync): InferenceStore {
  const all = (sql: string, ...values: (string | number)[]) => database.prepare(sql).all(...values)
  const run = (sql: string, ...values: (string | number)[]) => {
    database.prepare(sql).run(...values)
  }
  return {
    parameters: () =>
      new Map(all('SELECT * FROM parameter').map((row) => [String(row.name), Number(row.value)])),
    putParameter: (name, value) =>
      run('INSERT OR REPLACE INTO parameter VALUES (?, ?)', name, value),
    guestNames: () =>
      new Map(all('SELECT * FROM guest').map((row) => [row.mac as MacAddress, String(row.name)])),
    putGuestName: (mac, name) => run('INSERT OR REPLACE INTO guest VALUES (?, ?)', mac, name),
    removeGuestName: (mac) => run('DELETE FROM guest WHERE mac = ?', mac),
    addChange({ change, topology, names }) {
      const sql = 'INSERT INTO change (at_ms, change, topology, names) VALUES (?, ?, ?, ?)'
      const [changeText, topologyText, namesText] = [change, topology, names].map((value) =>
        JSON.stringify(value),
      )
      const texts = [changeText ?? '', topologyText ?? '', namesText ?? '']
      run(sql, Math.round(change.atMs), ...texts)
    },
    retain({ changesMax, sinceMs }) {
      run('DELETE FROM change WHERE at_ms < ?', Math.round(sinceMs))
      const newest = 'SELECT id FROM change ORDER BY id DESC LIMIT -1 OFFSET ?'
      run(`DELETE FROM change WHERE id IN (${newest})`, changesMax)
    },
    changes: ({ sinceMs, limit }) =>
      all(
        'SELECT * FROM change WHERE at_ms >= ? ORDER BY id DESC LIMIT ?',
        Math.round(sinceMs ?? 0),
        limit,
      ).map((row) => ({
        id: Number(row.id),
        change: JSON.parse(String(row.change)),
        topology: JSON.parse(String(row.topology)),
        names: JSON.parse(String(row.names)),
      })),
    close: () => database.close(),
  }
}
