// Tokens: text and back, every garbled form refused with the same code.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  createToken,
  formatToken,
  hashSecret,
  isSecret,
  parseToken,
} from '../../../src/trust/token.ts'

const EXPIRES_AT_MS = Date.UTC(2030, 0, 1)
const token = createToken({ caFingerprint: 'ab'.repeat(32), expiresAtMs: EXPIRES_AT_MS })
const text = formatToken(token)
const refused = expect.objectContaining({ code: 'token-invalid' })

test('a token comes back from its text, with blanks around it', () => {
  expect(text).toMatch(/^vnet1\.[A-Za-z0-9_-]{94}$/)
  expect({ ...parseToken(` ${text}\n`) }).toEqual({
    ...token,
    secret: Uint8Array.from(token.secret),
  })
})

test('two tokens have nothing random in common', () => {
  const other = createToken(token)
  expect(other.id).not.toBe(token.id)
  expect(other.secret).not.toEqual(token.secret)
})

test('any single changed, lost or doubled character is found', () => {
  fc.assert(
    fc.property(
      fc.nat(text.length - 1),
      fc.constantFrom('A', 'b', '0', '_', '-', '+', '=', ' ', 'é', ''),
      (at, character) => {
        const garbled = text.slice(0, at) + character + text.slice(at + 1)
        // A lone edge blank is trimmed together with what it replaced: still shorter, still
        // refused.
        if (garbled === text) return
        expect(() => parseToken(garbled)).toThrow(refused)
        expect(() => parseToken(text.slice(0, at) + text.slice(at - 1))).toThrow(refused)
      },
    ),
  )
})

test('any other text is refused without another kind of error', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((rest) => `vnet1.${rest}`),
      ),
      (garbage) => {
        expect(() => parseToken(garbage)).toThrow(refused)
      },
    ),
  )
})

test('secrets are compared with the kept hash', () => {
  const kept = hashSecret(token.secret)
  expect(isSecret(token.secret, kept)).toBe(true)
  expect(isSecret(createToken(token).secret, kept)).toBe(false)
  expect(isSecret(token.secret, '')).toBe(false)
})
