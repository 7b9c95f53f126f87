// The queries of the proxy's store, one function a table; src/trust/store.ts puts them together.

import type { SQLInputValue, SQLOutputValue } from 'node:sqlite'
import { VnetError } from '../base/errors.ts'
import type { MacAddress } from '../base/mac.ts'
import type { AuditEntry, HostRecord, RevocationRecord, TokenRecord, TrustStore } from './store.ts'

/** Rows of the audit log: at a hundred bytes each, some megabytes. */
export const AUDIT_ROWS_MAX = 50_000
/** Entries older than this go, whatever their number. */
export const AUDIT_RETENTION_MS = 400 * 86_400_000
/** Tokens are kept this long after their end, so that a late host is told why it is refused. */
export const TOKEN_RETENTION_MS = 7 * 86_400_000
/** Tokens kept at once: more is a program gone wild. */
export const TOKENS_MAX = 10_000

type Row = Record<string, SQLOutputValue>

/** Runs SQL; each statement is prepared once. */
export interface Access {
  readonly get: (sql: string, ...values: SQLInputValue[]) => Row | undefined
  readonly all: (sql: string, ...values: SQLInputValue[]) => Row[]
  /** Number of rows changed. */
  readonly run: (sql: string, ...values: SQLInputValue[]) => number
}

export function networkTable({ get, run }: Access): Pick<TrustStore, 'network' | 'createNetwork'> {
  return {
    network() {
      const row = get('SELECT * FROM network')
      return row === undefined
        ? null
        : {
            name: String(row.name),
            authority: {
              certificatePem: String(row.ca_certificate_pem),
              privateKeyPem: String(row.ca_private_key_pem),
            },
            createdAtMs: Number(row.created_at_ms),
          }
    },
    createNetwork({ name, authority, createdAtMs }) {
      const { certificatePem, privateKeyPem } = authority
      run(
        'INSERT INTO network VALUES (1, ?, ?, ?, ?)',
        name,
        certificatePem,
        privateKeyPem,
        createdAtMs,
      )
    },
  }
}

export function tokenTable({ get, all, run }: Access) {
  const fromRow = (row: Row): TokenRecord => ({
    id: String(row.id),
    secretSha256: String(row.secret_sha256),
    createdAtMs: Number(row.created_at_ms),
    expiresAtMs: Number(row.expires_at_ms),
    usesLeft: Number(row.uses_left),
    name: textOrNull(row.name),
  })
  return {
    addToken({ id, secretSha256, createdAtMs, expiresAtMs, usesLeft, name }: TokenRecord) {
      run('DELETE FROM token WHERE expires_at_ms < ?', createdAtMs - TOKEN_RETENTION_MS)
      const count = Number(get('SELECT count(*) AS n FROM token')?.n)
      if (count >= TOKENS_MAX) {
        throw new VnetError('too-many-tokens', `${count} tokens are kept already`, {
          hint: 'remove unused ones: vnet token list, vnet token remove ID',
        })
      }
      const values = [id, secretSha256, createdAtMs, expiresAtMs, usesLeft, name]
      run('INSERT INTO token VALUES (?, ?, ?, ?, ?, ?)', ...values)
    },
    token(id: string) {
      const row = get('SELECT * FROM token WHERE id = ?', id)
      return row === undefined ? null : fromRow(row)
    },
    tokens: () => all('SELECT * FROM token ORDER BY created_at_ms, id').map(fromRow),
    useToken: (id: string) =>
      run('UPDATE token SET uses_left = uses_left - 1 WHERE id = ? AND uses_left > 0', id) === 1,
    removeToken: (id: string) => run('DELETE FROM token WHERE id = ?', id) === 1,
  }
}

export function hostTable({ get, all, run }: Access) {
  const fromRow = (row: Row): HostRecord => ({
    name: String(row.name),
    publicKeySha256: String(row.public_key_sha256),
    serial: String(row.serial),
    joinedAtMs: Number(row.joined_at_ms),
    certificateNotAfterMs: Number(row.certificate_not_after_ms),
    isRevoked: row.is_revoked === 1,
    lastAddress: textOrNull(row.last_address),
    lastSeenMs: row.last_seen_ms === null ? null : Number(row.last_seen_ms),
  })
  return {
    putHost(host: HostRecord) {
      // Not OR REPLACE: that would silently drop another host that has the same key.
      run(
        `INSERT INTO host VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET
          public_key_sha256 = excluded.public_key_sha256, serial = excluded.serial,
          joined_at_ms = excluded.joined_at_ms, is_revoked = excluded.is_revoked,
          certificate_not_after_ms = excluded.certificate_not_after_ms,
          last_address = excluded.last_address, last_seen_ms = excluded.last_seen_ms`,
        host.name,
        host.publicKeySha256,
        host.serial,
        host.joinedAtMs,
        host.certificateNotAfterMs,
        host.isRevoked ? 1 : 0,
        host.lastAddress,
        host.lastSeenMs,
      )
    },
    host(name: string) {
      const row = get('SELECT * FROM host WHERE name = ?', name)
      return row === undefined ? null : fromRow(row)
    },
    hosts: () => all('SELECT * FROM host ORDER BY name').map(fromRow),
    setHostSeen(name: string, seen: { readonly address: string; readonly atMs: number }) {
      const sql = 'UPDATE host SET last_address = ?, last_seen_ms = ? WHERE name = ?'
      run(sql, seen.address, seen.atMs, name)
    },
  }
}

export function revocationTable({ get, all, run }: Access) {
  return {
    addRevocation({ publicKeySha256, name, atMs }: Omit<RevocationRecord, 'sequence'>) {
      const sql =
        'INSERT OR IGNORE INTO revocation (public_key_sha256, name, at_ms) VALUES (?, ?, ?)'
      run(sql, publicKeySha256, name, atMs)
    },
    isRevokedKey: (publicKeySha256: string) =>
      get('SELECT 1 FROM revocation WHERE public_key_sha256 = ?', publicKeySha256) !== undefined,
    revocationsAfter: (sequence: number): RevocationRecord[] =>
      all('SELECT * FROM revocation WHERE sequence > ? ORDER BY sequence', sequence).map((row) => ({
        sequence: Number(row.sequence),
        publicKeySha256: String(row.public_key_sha256),
        name: String(row.name),
        atMs: Number(row.at_ms),
      })),
  }
}

export function pinTable({ all, run }: Access) {
  return {
    setPin(mac: MacAddress, host: string) {
      run('INSERT OR REPLACE INTO pin VALUES (?, ?)', mac, host)
    },
    removePin: (mac: MacAddress) => run('DELETE FROM pin WHERE mac = ?', mac) === 1,
    pins: () =>
      new Map(
        all('SELECT * FROM pin ORDER BY mac').map((row) => [
          String(row.mac) as MacAddress,
          String(row.host),
        ]),
      ),
  }
}

export function auditTable({ all, run }: Access) {
  return {
    audit({ atMs, actor, action, detail }: AuditEntry) {
      const sql = 'INSERT INTO audit (at_ms, actor, action, detail) VALUES (?, ?, ?, ?)'
      run(sql, atMs, actor, action, detail)
      run('DELETE FROM audit WHERE id <= (SELECT max(id) FROM audit) - ?', AUDIT_ROWS_MAX)
      run('DELETE FROM audit WHERE at_ms < ?', atMs - AUDIT_RETENTION_MS)
    },
    auditEntries: (limit: number): AuditEntry[] =>
      all('SELECT * FROM audit ORDER BY id DESC LIMIT ?', limit)
        .map((row) => ({
          atMs: Number(row.at_ms),
          actor: String(row.actor),
          action: String(row.action),
          detail: String(row.detail),
        }))
        .reverse(),
  }
}

function textOrNull(value: SQLOutputValue | undefined): string | null {
  return typeof value === 'string' ? value : null
}
