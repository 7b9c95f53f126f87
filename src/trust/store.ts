// What the proxy must not forget: its CA, tokens, hosts, revoked keys, pins and the audit log, in
// SQLite (STATE/vnet.db). One process at a time. Calls are synchronous and short; a group of them
// that must happen together is given to `transaction`.

import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { messageOf, VnetError } from '../base/errors.ts'
import type { MacAddress } from '../base/mac.ts'
import type { Authority } from './ca.ts'
import { refuseOpenModes } from './identity.ts'
import { migrate } from './schema.ts'
import type { Access } from './store-tables.ts'
import {
  auditTable,
  hostTable,
  networkTable,
  pinTable,
  revocationTable,
  tokenTable,
} from './store-tables.ts'

export interface NetworkRecord {
  readonly name: string
  readonly authority: Authority
  readonly createdAtMs: number
}

export interface TokenRecord {
  readonly id: string
  readonly secretSha256: string
  readonly createdAtMs: number
  readonly expiresAtMs: number
  readonly usesLeft: number
  /** Only this host may join with it; null: any. */
  readonly name: string | null
}

export interface HostRecord {
  readonly name: string
  readonly publicKeySha256: string
  readonly serial: string
  readonly joinedAtMs: number
  readonly certificateNotAfterMs: number
  readonly isRevoked: boolean
  readonly lastAddress: string | null
  readonly lastSeenMs: number | null
}

export interface RevocationRecord {
  /** Grows by one with each revocation; never used twice. */
  readonly sequence: number
  readonly publicKeySha256: string
  /** The host that had the key. */
  readonly name: string
  readonly atMs: number
}

export interface AuditEntry {
  readonly atMs: number
  /** "admin", "host alpha", "proxy". */
  readonly actor: string
  /** "token-created", "host-joined", "join-refused", "host-revoked", ... */
  readonly action: string
  readonly detail: string
}

export interface TrustStore {
  /** All or nothing: an exception from `action` undoes it. May be nested (then it is one). */
  transaction<T>(action: () => T): T
  network(): NetworkRecord | null
  /** Once, at the first start. */
  createNetwork(network: NetworkRecord): void

  /** @throws VnetError `too-many-tokens`. Forgets what ended TOKEN_RETENTION_MS ago. */
  addToken(token: TokenRecord): void
  token(id: string): TokenRecord | null
  tokens(): TokenRecord[]
  /** Takes one use. False if none was left. */
  useToken(id: string): boolean
  removeToken(id: string): boolean

  /** Adds or replaces by name. */
  putHost(host: HostRecord): void
  host(name: string): HostRecord | null
  hosts(): HostRecord[]
  setHostSeen(name: string, seen: { readonly address: string; readonly atMs: number }): void

  /** Revoking a key again changes nothing. */
  addRevocation(revocation: Omit<RevocationRecord, 'sequence'>): void
  isRevokedKey(publicKeySha256: string): boolean
  /** Those after `sequence` (0: all), oldest first. */
  revocationsAfter(sequence: number): RevocationRecord[]

  setPin(mac: MacAddress, host: string): void
  removePin(mac: MacAddress): boolean
  pins(): ReadonlyMap<MacAddress, string>

  audit(entry: AuditEntry): void
  /** The newest `limit` entries, newest last. */
  auditEntries(limit: number): AuditEntry[]
  close(): void
}

/**
 * Opens or creates STATE/vnet.db (folder 0700, file 0600).
 * @throws VnetError `state-open`, `state-newer`, or `identity-insecure` if others may read it.
 */
export function openStore(stateDir: string): TrustStore {
  const path = join(stateDir, 'vnet.db')
  try {
    mkdirSync(stateDir, { recursive: true, mode: 0o700 })
    closeSync(openSync(path, 'a', 0o600))
    refuseOpenModes(path, 0o077)
    return storeOf(openDatabase(path))
  } catch (cause) {
    if (cause instanceof VnetError) throw cause
    throw new VnetError('state-open', `cannot open ${path}: ${messageOf(cause)}`, {
      hint: 'is another proxy running on this state folder? may this user write there?',
      cause,
    })
  }
}

/** Exclusive: a second proxy on the same state would sign with the same names. */
function openDatabase(path: string): DatabaseSync {
  const database = new DatabaseSync(path)
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL')
    database.exec('PRAGMA synchronous = FULL; BEGIN IMMEDIATE; COMMIT')
    migrate(database)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function storeOf(database: DatabaseSync): TrustStore {
  const statements = new Map<string, ReturnType<DatabaseSync['prepare']>>()
  const prepare = (sql: string) => {
    const statement = statements.get(sql) ?? database.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  const access: Access = {
    get: (sql, ...values) => prepare(sql).get(...values),
    all: (sql, ...values) => prepare(sql).all(...values),
    run: (sql, ...values) => Number(prepare(sql).run(...values).changes),
  }
  return {
    transaction: (action) => inTransaction(database, action),
    ...networkTable(access),
    ...tokenTable(access),
    ...hostTable(access),
    ...revocationTable(access),
    ...pinTable(access),
    ...auditTable(access),
    close: () => database.close(),
  }
}

function inTransaction<T>(database: DatabaseSync, action: () => T): T {
  if (database.isTransaction) return action()
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = action()
    database.exec('COMMIT')
    return result
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
