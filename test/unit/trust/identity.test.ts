// Identity on disk: modes, atomic replacement, refusals; when to renew and to warn.

import {
  chmodSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { VnetError } from '../../../src/base/errors.ts'
import {
  expiryWarning,
  hasIdentity,
  isRenewalDue,
  loadIdentity,
  storeIdentity,
} from '../../../src/trust/identity.ts'
import { makeTestNetwork } from '../../support/identities.ts'

let root = ''
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vnet-identity-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    return error instanceof VnetError ? error.code : `not a VnetError: ${error}`
  }
  return 'no error'
}

describe('identity on disk', () => {
  test('comes back as stored, readable only by its owner', async () => {
    const net = await makeTestNetwork()
    const { files, credentials, who } = await net.issue('alpha')
    const state = join(root, 'state')
    expect(hasIdentity(state)).toBe(false)
    storeIdentity(state, files)
    expect(hasIdentity(state)).toBe(true)
    expect(loadIdentity(state)).toMatchObject({ who, credentials })
    const mode = (path: string) => (statSync(join(state, path)).mode & 0o777).toString(8)
    expect([mode('.'), mode('identity')]).toEqual(['700', '700'])
    expect([mode('identity/key.pem'), mode('identity/ca.pem')]).toEqual(['600', '600'])
  })

  test('is replaced as a whole, also when a crash came between the two renames', async () => {
    const net = await makeTestNetwork()
    const first = await net.issue('alpha')
    const second = await net.issue('beta')
    storeIdentity(root, first.files)
    storeIdentity(root, second.files)
    expect(loadIdentity(root).who.name).toBe('beta')
    renameSync(join(root, 'identity'), join(root, 'identity.new'))
    storeIdentity(join(root, 'other'), first.files)
    renameSync(join(root, 'other', 'identity'), join(root, 'identity'))
    expect(loadIdentity(root).who.name).toBe('beta')
    expect(existsSync(join(root, 'identity.new'))).toBe(false)
    renameSync(join(root, 'identity'), join(root, 'identity.new'))
    storeIdentity(root, first.files)
    expect(loadIdentity(root).who.name).toBe('alpha')
  })

  test('is refused with a reason when missing, open to others or inconsistent', async () => {
    const net = await makeTestNetwork()
    const { files } = await net.issue('alpha')
    expect(codeOf(() => loadIdentity(root))).toBe('identity-missing')
    storeIdentity(root, files)
    chmodSync(join(root, 'identity', 'key.pem'), 0o644)
    expect(codeOf(() => loadIdentity(root))).toBe('identity-insecure')
    chmodSync(join(root, 'identity', 'key.pem'), 0o600)
    chmodSync(join(root, 'identity'), 0o777)
    expect(codeOf(() => loadIdentity(root))).toBe('identity-insecure')
    chmodSync(join(root, 'identity'), 0o700)
    expect(codeOf(() => loadIdentity(root))).toBe('no error')
    const other = await net.issue('beta')
    writeFileSync(join(root, 'identity', 'key.pem'), other.files.privateKeyPem)
    expect(codeOf(() => loadIdentity(root))).toBe('identity-damaged')
    rmSync(join(root, 'identity', 'key.pem'))
    expect(codeOf(() => loadIdentity(root))).toBe('identity-damaged')
  })

  test('is not stored when it does not fit together', async () => {
    const net = await makeTestNetwork()
    const alpha = (await net.issue('alpha')).files
    const { privateKeyPem } = (await net.issue('beta')).files
    const foreign = (await net.issueBad('foreign-ca', 'alpha')).files
    const unnamed = (await net.issueBad('no-san', 'alpha')).files
    const store = (files: typeof alpha) => codeOf(() => storeIdentity(root, files))
    expect(store({ ...alpha, privateKeyPem })).toBe('identity-damaged')
    expect(store({ ...foreign, caPem: alpha.caPem })).toBe('identity-damaged')
    expect(store(unnamed)).toBe('identity-damaged')
    expect(store({ ...alpha, caPem: '' })).toBe('identity-damaged')
    expect(hasIdentity(root)).toBe(false)
  })
})

describe('end of life', () => {
  const DAY_MS = 86_400_000
  const life = { notBeforeMs: 0, notAfterMs: 90 * DAY_MS }

  test('renewal is due when a third is left', () => {
    expect(isRenewalDue(life, 60 * DAY_MS - 1)).toBe(false)
    expect(isRenewalDue(life, 60 * DAY_MS)).toBe(true)
  })

  test('warnings at 30, 7 and 1 days and when expired', () => {
    const levelAt = (day: number) => expiryWarning(life, day * DAY_MS)?.level ?? null
    expect([59, 60, 82.9, 83, 88.9, 89, 89.9, 90, 90.1].map(levelAt)).toEqual([
      null,
      30,
      30,
      7,
      7,
      1,
      1,
      1,
      0,
    ])
    expect(expiryWarning(life, 85 * DAY_MS)?.message).toContain('5 days')
  })
})
