// The proxy's database: its tables, and the steps from one version of them to the next. A step is
// never changed once released; new ones are appended.

import type { DatabaseSync } from 'node:sqlite'
import { VnetError } from '../base/errors.ts'

/** Step N brings a database of version N to N + 1 (SQLite's user_version). */
const STEPS: readonly string[] = [
  `
  CREATE TABLE network (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL,
    ca_certificate_pem TEXT NOT NULL,
    ca_private_key_pem TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE token (
    id TEXT PRIMARY KEY,
    secret_sha256 TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    uses_left INTEGER NOT NULL CHECK (uses_left >= 0),
    name TEXT
  ) STRICT;
  CREATE TABLE host (
    name TEXT PRIMARY KEY,
    public_key_sha256 TEXT NOT NULL UNIQUE,
    serial TEXT NOT NULL,
    joined_at_ms INTEGER NOT NULL,
    certificate_not_after_ms INTEGER NOT NULL,
    is_revoked INTEGER NOT NULL DEFAULT 0,
    last_address TEXT,
    last_seen_ms INTEGER
  ) STRICT;
  CREATE TABLE revocation (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    public_key_sha256 TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE pin (
    mac TEXT PRIMARY KEY,
    host TEXT NOT NULL
  ) STRICT;
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    detail TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_at ON audit (at_ms);
  `,
]

export const SCHEMA_VERSION = STEPS.length

/**
 * Brings the database to SCHEMA_VERSION, each step in a transaction.
 * @throws VnetError `state-newer` if a newer program wrote it.
 */
export function migrate(database: DatabaseSync, steps: readonly string[] = STEPS): void {
  const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
  if (version > steps.length) {
    throw new VnetError(
      'state-newer',
      `the database has schema version ${version}, this program knows up to ${steps.length}`,
      { hint: 'install the newer vnet again, or restore a backup of the state folder' },
    )
  }
  for (const [index, step] of steps.entries()) {
    if (index < version) continue
    database.exec(`BEGIN; ${step}; PRAGMA user_version = ${index + 1}; COMMIT`)
  }
}
