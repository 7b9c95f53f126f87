// The proxy's store on a real file: survives reopening, transactions, exclusive use, migration.

import { chmodSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseMac } from '../../../src/base/mac.ts'
import { migrate, SCHEMA_VERSION } from '../../../src/trust/schema.ts'
import type { HostRecord, TokenRecord, TrustStore } from '../../../src/trust/store.ts'
import { openStore } from '../../../src/trust/store.ts'
import {
  AUDIT_RETENTION_MS,
  AUDIT_ROWS_MAX,
  TOKEN_RETENTION_MS,
} from '../../../src/trust/store-tables.ts'

let folder = ''
let store: TrustStore
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'vnet-store-')), 'state')
  store = openStore(folder)
})
afterEach(() => {
  store.close()
  rmSync(join(folder, '..'), { recursive: true })
})

function reopen(): void {
  store.close()
  store = openStore(folder)
}

const NOW_MS = Date.UTC(2026, 0, 1)
const TOKEN: TokenRecord = {
  id: '01',
  secretSha256: 'ab',
  createdAtMs: NOW_MS,
  expiresAtMs: NOW_MS + 1_000,
  usesLeft: 2,
  name: null,
}
const ALPHA: HostRecord = {
  name: 'alpha',
  publicKeySha256: '11',
  serial: '42',
  joinedAtMs: NOW_MS,
  certificateNotAfterMs: NOW_MS + 5,
  isRevoked: false,
  lastAddress: null,
  lastSeenMs: null,
}
const coded = (code: string) => expect.objectContaining({ code })

describe('records', () => {
  test('survive reopening', () => {
    const authority = { certificatePem: 'C', privateKeyPem: 'K' }
    const mac = parseMac('52:54:00:00:00:01')
    expect(store.network()).toBeNull()
    store.createNetwork({ name: 'home', authority, createdAtMs: NOW_MS })
    store.addToken(TOKEN)
    store.putHost(ALPHA)
    store.setHostSeen('alpha', { address: '192.0.2.1', atMs: NOW_MS + 1 })
    store.setPin(mac, 'alpha')
    reopen()
    expect(store.network()).toEqual({ name: 'home', authority, createdAtMs: NOW_MS })
    expect(store.tokens()).toEqual([TOKEN])
    const seen = { ...ALPHA, lastAddress: '192.0.2.1', lastSeenMs: NOW_MS + 1 }
    expect(store.hosts()).toEqual([seen])
    expect(store.host('alpha')).toEqual(seen)
    expect(store.host('beta')).toBeNull()
    expect([...store.pins()]).toEqual([[mac, 'alpha']])
    expect(store.removePin(mac)).toBe(true)
    expect(store.removePin(mac)).toBe(false)
    expect(() => store.createNetwork({ name: 'b', authority, createdAtMs: 0 })).toThrow()
  })

  test('tokens are used up, removed, and forgotten a week after their end', () => {
    store.addToken(TOKEN)
    expect([1, 2, 3].map(() => store.useToken('01'))).toEqual([true, true, false])
    expect(store.useToken('02')).toBe(false)
    expect(store.token('01')?.usesLeft).toBe(0)
    const createdAtMs = TOKEN.expiresAtMs + TOKEN_RETENTION_MS
    store.addToken({ ...TOKEN, id: '02', createdAtMs })
    expect(store.tokens()).toHaveLength(2)
    store.addToken({ ...TOKEN, id: '03', createdAtMs: createdAtMs + 1, expiresAtMs: createdAtMs })
    expect(store.tokens().map((token) => token.id)).toEqual(['03'])
    expect([store.removeToken('03'), store.removeToken('03')]).toEqual([true, false])
  })

  test('a host is replaced by name; a key belongs to one host only', () => {
    store.putHost(ALPHA)
    store.putHost({ ...ALPHA, publicKeySha256: '22' })
    expect(store.hosts().map((host) => host.publicKeySha256)).toEqual(['22'])
    expect(() => store.putHost({ ...ALPHA, name: 'beta', publicKeySha256: '22' })).toThrow(/UNIQUE/)
    expect(store.hosts()).toHaveLength(1)
  })

  test('revocations have a growing sequence', () => {
    for (const publicKeySha256 of ['a', 'b', 'a', 'c']) {
      store.addRevocation({ publicKeySha256, name: 'alpha', atMs: NOW_MS })
    }
    const keys = (after: number) => store.revocationsAfter(after).map((row) => row.publicKeySha256)
    expect(keys(0)).toEqual(['a', 'b', 'c'])
    expect(keys(store.revocationsAfter(0)[0]?.sequence ?? -1)).toEqual(['b', 'c'])
    expect([store.isRevokedKey('a'), store.isRevokedKey('x')]).toEqual([true, false])
  })

  test('the audit log is bounded in age and number', () => {
    const entry = { actor: 'admin', action: 'x', detail: '' }
    store.audit({ ...entry, atMs: 0 })
    store.audit({ ...entry, atMs: 1 })
    expect(store.auditEntries(10).map((row) => row.atMs)).toEqual([0, 1])
    expect(store.auditEntries(1).map((row) => row.atMs)).toEqual([1])
    store.audit({ ...entry, atMs: AUDIT_RETENTION_MS + 1 })
    expect(store.auditEntries(10).map((row) => row.atMs)).toEqual([1, AUDIT_RETENTION_MS + 1])
    store.transaction(() => {
      for (let row = 0; row < AUDIT_ROWS_MAX; row += 1) store.audit({ ...entry, atMs: 500 + row })
    })
    const rows = store.auditEntries(AUDIT_ROWS_MAX + 10)
    expect([rows.length, rows[0]?.atMs]).toEqual([AUDIT_ROWS_MAX, 500])
  })
})

describe('the file', () => {
  test('undoes a transaction that fails, nested ones with it', () => {
    store.addToken(TOKEN)
    const failing = () =>
      store.transaction(() => {
        store.transaction(() => store.useToken('01'))
        store.putHost(ALPHA)
        throw new Error('no')
      })
    expect(failing).toThrow('no')
    expect([store.token('01')?.usesLeft, store.hosts().length]).toEqual([2, 0])
  })

  test('belongs to one process, and to its owner only', () => {
    expect(() => openStore(folder)).toThrow(coded('state-open'))
    expect(statSync(join(folder, 'vnet.db')).mode & 0o777).toBe(0o600)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    store.close()
    chmodSync(join(folder, 'vnet.db'), 0o640)
    expect(() => openStore(folder)).toThrow(coded('identity-insecure'))
    chmodSync(join(folder, 'vnet.db'), 0o600)
    store = openStore(folder)
  })

  test('of a newer program or of garbage is refused', () => {
    store.close()
    const database = new DatabaseSync(join(folder, 'vnet.db'))
    database.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`)
    database.close()
    expect(() => openStore(folder)).toThrow(coded('state-newer'))
    rmSync(folder, { recursive: true })
    store = openStore(folder)
  })

  test('is migrated step by step, each step once and whole', () => {
    const database = new DatabaseSync(':memory:')
    const first = 'CREATE TABLE a (x)'
    migrate(database, [first])
    database.exec('INSERT INTO a VALUES (1)')
    migrate(database, [first, 'ALTER TABLE a ADD COLUMN y'])
    expect({ ...database.prepare('SELECT * FROM a').get() }).toEqual({ x: 1, y: null })
    expect(() => migrate(database, [first, '', 'CREATE TABLE b (x); NONSENSE'])).toThrow()
    database.exec('ROLLBACK')
    expect(database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'b'").get()).toBeUndefined()
    expect({ ...database.prepare('PRAGMA user_version').get() }).toEqual({ user_version: 2 })
    database.close()
  })
})
