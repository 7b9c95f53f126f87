// Tokens that let nobody in, and joins that are none. Each is refused with a code that the asker
// gets, the log has and the audit log keeps; the network goes on undisturbed.

import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { systemClock } from '../../src/base/clock.ts'
import { JOIN_MESSAGE_BYTES_MAX } from '../../src/base/limits.ts'
import { makeKeyAndCsr } from '../../src/trust/ca.ts'
import { join as joinNetwork } from '../../src/trust/join-client.ts'
import { formatToken, parseToken } from '../../src/trust/token.ts'
import { encodeFrame } from '../../src/wire/framing.ts'
import { makeTestNetwork } from '../support/identities.ts'
import { until } from '../support/netns.ts'
import { dialRaw, helloOf, type RawPeer } from '../support/raw-peer.ts'
import { startWatchedNetwork, type WatchedNetwork } from '../support/watched-network.ts'

const VNET = fileURLToPath(new URL('../../bin/vnet', import.meta.url))
const run = promisify(execFile)

let net: WatchedNetwork
/** Lives for a second only; made first, so that it is over when its turn comes. */
let shortLived: string
beforeAll(async () => {
  net = await startWatchedNetwork()
  shortLived = (await net.proxy.admin.createToken({ ttlSeconds: 1 })).token
})
afterAll(() => net?.close())

const stateOf = (name: string) => join(net.sandbox.folder, name)
const newToken = async (name?: string) => {
  const { token } = await net.proxy.admin.createToken(name === undefined ? {} : { name })
  return token
}
const tryJoin = (name: string, token: string) => {
  const at = { address: '127.0.0.1', port: net.port, clock: systemClock() }
  return joinNetwork({ ...at, name, token, stateDir: stateOf(name) })
}

/** The refusal that the asker, the log and the audit log agree on. */
async function expectRefused(name: string, token: string, code: string, text: RegExp) {
  const before = await net.proxy.admin.audit(1_000)
  const { line } = await net.logged('proxy', text, async () => {
    const message = expect.stringMatching(text)
    await expect(tryJoin(name, token)).rejects.toMatchObject({ code, message })
  })
  expect(line).toMatchObject({ code, name, remote: expect.stringContaining('127.0.0.1') })
  const after = await net.proxy.admin.audit(1_000)
  expect(after.slice(before.length)).toMatchObject([
    { actor: 'proxy', action: 'join-refused', detail: expect.stringContaining(` ${code}: `) },
  ])
  expect((await net.proxy.admin.hosts()).map((host) => host.name)).not.toContain(name)
}

test('a token that was used up', async () => {
  await net.undisturbed(async () => {
    const token = await newToken()
    await tryJoin('first', token)
    await expectRefused('second', token, 'token-used', /the token has been used up/)
  })
})

test('a token that was made for another name', async () => {
  const token = await newToken('mary')
  await net.undisturbed(() =>
    expectRefused('jane', token, 'token-name', /made for host 'mary' only/),
  )
})

test('a token that was withdrawn', async () => {
  const { id, token } = await net.proxy.admin.createToken()
  await net.proxy.admin.removeToken(id)
  await net.undisturbed(() =>
    expectRefused('late', token, 'token-unknown', /did not make this token, or withdrew it/),
  )
})

test('a token with a guessed secret', async () => {
  const guessed = formatToken({ ...parseToken(await newToken()), secret: randomBytes(20) })
  await net.undisturbed(() =>
    expectRefused('guess', guessed, 'token-unknown', /did not make this token/),
  )
})

test('a token whose time is over', async () => {
  const untilMs = parseToken(shortLived).expiresAtMs
  await until(() => Date.now() > untilMs, { what: 'the end of the token' })
  await net.undisturbed(() =>
    expectRefused('late', shortLived, 'token-expired', /the token expired at/),
  )
})

test('a garbled token: the host sees it before it sends anything', async () => {
  const token = await newToken()
  const garbled = `${token.slice(0, -9)}${token.at(-9) === 'A' ? 'B' : 'A'}${token.slice(-8)}`
  await net.undisturbed(async () => {
    const before = net.log('proxy').length
    await expect(tryJoin('typo', garbled)).rejects.toMatchObject({ code: 'token-invalid' })
    expect(net.log('proxy').slice(before)).toEqual([])
    await tryJoin('typo', token) // it was not used up by that
  })
})

test('a garbled token that is sent all the same', async () => {
  const { csrDer } = await makeKeyAndCsr()
  const request = { tokenSecret: 'vnet1.AAAA', name: 'liar', csrDer }
  await net.undisturbed(async () => {
    const { line, result } = await net.logged('proxy', /this is not a join token/, async () => {
      const peer = dialRaw({ port: net.port, alpn: 'vnet-join' })
      peer.send({ kind: 'joinRequest', requestId: 5, ...request })
      const response = await peer.next('joinResponse')
      await peer.ended
      return response
    })
    expect(result).toMatchObject({ requestId: 5, errorCode: 'token-invalid', certificatePem: '' })
    expect(line).toMatchObject({ code: 'token-invalid', name: 'liar' })
  })
})

test("another network's token: the host does not trust this proxy, and sends nothing", async () => {
  const other = await makeTestNetwork({ network: 'watched' })
  const foreign = formatToken({
    ...parseToken(await newToken()),
    caFingerprint: other.fingerprint,
  })
  await net.undisturbed(() =>
    expect(tryJoin('lost', foreign)).rejects.toMatchObject({ code: 'join-wrong-ca' }),
  )
})

test('`vnet join` says what, why and what to do, and gives the code to programs', async () => {
  const token = await newToken('mary')
  const args = ['join', `127.0.0.1:${net.port}`, token, '--name', 'jane', '--json']
  const failure = run(VNET, [...args, '--state', stateOf('jane')])
  await expect(failure).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/error: .*made for host 'mary' only\n.*try: join under that/),
    stdout: expect.stringContaining('"code":"token-name"'),
  })
})

test.each<[string, string, RegExp, (peer: RawPeer) => void]>([
  [
    'another message than a request',
    'protocol',
    /only a join request is taken: hello from a stranger/,
    (peer) => peer.send(helloOf('alpha')),
  ],
  [
    'no message at all',
    'protocol',
    /only a join request is taken: malformed/,
    (peer) => peer.write(encodeFrame('control', randomBytes(300).fill(0xff, 0, 4))),
  ],
])('a stranger that sends %s gets a Goodbye', async (_, code, text, talk) => {
  await net.undisturbed(async () => {
    const { line, result } = await net.logged('proxy', text, () => {
      const peer = dialRaw({ port: net.port, alpn: 'vnet-join' })
      talk(peer)
      return peer.ended
    })
    expect(line.code).toBe(code)
    expect(result.goodbye).toMatchObject({ code, reason: expect.stringMatching(text) })
  })
})

test.each<[string, RegExp, Uint8Array]>([
  [
    'a longer message than a stranger may',
    /join message longer than/,
    encodeFrame('control', new Uint8Array(JOIN_MESSAGE_BYTES_MAX + 1)),
  ],
  [
    'an Ethernet frame',
    /a frame from a peer that only wants to join/,
    encodeFrame('ethernet', new Uint8Array(60)),
  ],
  ['garbage', /unknown message type|reserved flags/, randomBytes(500).fill(0xff, 0, 4)],
])('a stranger that sends %s is cut off by an alert', async (_, text, bytes) => {
  await net.undisturbed(async () => {
    const { line, result } = await net.logged('proxy', text, () => {
      const peer = dialRaw({ port: net.port, alpn: 'vnet-join' })
      peer.write(bytes)
      return peer.ended
    })
    expect(line.code).toBe('protocol')
    expect(result.error).toMatch(/DECODE_ERROR/)
  })
})
