// A member that misbehaves: a host with a right certificate and a wrong version, broken streams,
// messages beyond all bounds. Its link ends and nobody else's.
// And what only looks wrong must work: a newer minor version with messages and fields of its own.

import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONTROL_MESSAGE_BYTES_MAX, FRAME_BYTES_MAX } from '../../src/base/limits.ts'
import type { LoadedIdentity } from '../../src/trust/identity.ts'
import { encodeControl } from '../../src/wire/control.ts'
import { encodeFrame, encodePreface } from '../../src/wire/framing.ts'
import { dialAdmitted, dialRaw, helloOf, type RawPeer } from '../support/raw-peer.ts'
import { startWatchedNetwork, type WatchedNetwork } from '../support/watched-network.ts'

let net: WatchedNetwork
let mallory: LoadedIdentity
beforeAll(async () => {
  net = await startWatchedNetwork()
  mallory = await net.joinAs('mallory')
})
afterAll(() => net?.close())

const identity = () => ({ port: net.port, identity: mallory })

describe('versions', () => {
  const preface = (major: number, minor: number, features = 0) => {
    const bytes = Buffer.from(encodePreface(features))
    bytes.writeUInt8(major, 4)
    bytes.writeUInt8(minor, 5)
    return bytes
  }

  test.each([
    ['preface', preface(9, 0), helloOf('mallory')],
    ['Hello', preface(1, 0), { ...helloOf('mallory'), versionMajor: 9 }],
  ])('another major in the %s is refused', async (_, bytes, hello) => {
    await net.undisturbed(async () => {
      const text = /protocol 9\.0 cannot talk to 1\.0/
      const { line, result } = await net.logged('proxy', text, () => {
        const peer = dialRaw({ ...identity(), preface: bytes })
        peer.send(hello)
        return peer.ended
      })
      expect(line).toMatchObject({ code: 'version', peer: 'mallory' })
      expect(result.goodbye).toMatchObject({ code: 'version' })
    })
  })

  test('minor 99 with unknown features, fields and messages talks', async () => {
    await net.undisturbed(async () => {
      const peer = dialRaw({ ...identity(), preface: preface(1, 99, 0xfffe) })
      const hello = encodeControl({ ...helloOf('mallory'), versionMinor: 99 })
      peer.write(encodeFrame('control', Buffer.concat([hello, unknownField(900, 'new')])))
      await peer.next('hello')
      peer.write(encodeFrame('control', unknownField(901, 'a message of version 1.99')))
      const echo = { kind: 'echo', from: 'mallory', to: 'proxy', sequence: 3 } as const
      peer.send({ ...echo, requestId: 8, payload: new Uint8Array(4) })
      expect(await peer.next('echoReply')).toMatchObject({ requestId: 8, error: '' })
      const [row] = (await net.proxy.admin.hosts()).filter((host) => host.name === 'mallory')
      expect(row?.state).toBe('up')
      peer.close()
    })
  })
})

/** A field that no version of today has: number, then a text. */
function unknownField(number: number, text: string): Uint8Array {
  const tag = (number << 3) | 2
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from([(tag & 0x7f) | 0x80, tag >> 7, bytes.length]), bytes])
}

describe('broken streams', () => {
  const header = (type: number, length: number) => {
    const bytes = Buffer.alloc(8)
    bytes.writeUInt8(type, 0)
    bytes.writeUInt32BE(length, 4)
    return bytes
  }
  const broken: [string, RegExp, Uint8Array][] = [
    ['a frame header beyond all bounds', /longer than its type/, header(1, 0xffff_ffff)],
    ['a frame one byte too long', /longer than its type/, header(1, FRAME_BYTES_MAX + 1)],
    [
      'a control message too long',
      /longer than its type/,
      header(3, CONTROL_MESSAGE_BYTES_MAX + 1),
    ],
    ['a keepalive of a wrong length', /message of a wrong length/, header(4, 7)],
    ['garbage', /unknown message type/, randomBytes(2_000).fill(0xff, 0, 4)],
  ]

  test.each(broken)('%s after the preface ends the link', async (_, text, bytes) => {
    await expectCut(text, async () => {
      const peer = dialRaw(identity())
      peer.write(bytes)
      return peer
    })
  })

  test.each(broken)('%s on an admitted link ends the link', async (_, text, bytes) => {
    await expectCut(text, async () => {
      const peer = await dialAdmitted(identity())
      peer.write(bytes)
      return peer
    })
    const [row] = (await net.proxy.admin.hosts()).filter((host) => host.name === 'mallory')
    expect(row?.state).toBe('down')
  })

  /** The proxy's log names the peer and the reason; the peer is told by an alert. */
  async function expectCut(text: RegExp, talk: () => Promise<RawPeer>): Promise<void> {
    await net.undisturbed(async () => {
      const { line, result } = await net.logged('proxy', text, async () => (await talk()).ended)
      expect(line).toMatchObject({ code: 'protocol', peer: 'mallory' })
      expect(result.error).toMatch(/DECODE_ERROR/)
    })
  }

  test.each<[string, RegExp, (peer: RawPeer) => void]>([
    [
      'a message that is none',
      /malformed control message/,
      (peer) => peer.write(encodeFrame('control', randomBytes(60_000).fill(0xff, 0, 4))),
    ],
    [
      'a message before Hello',
      /macAnnounce before Hello/,
      (peer) => {
        const announce = { kind: 'macAnnounce', sequence: 1, isFull: true } as const
        peer.send({ ...announce, requestId: 0, added: [net.one.mac], removed: [] })
      },
    ],
  ])('%s ends the link with a Goodbye', async (_, text, talk) => {
    await net.undisturbed(async () => {
      const { line, result } = await net.logged('proxy', text, () => {
        const peer = dialRaw(identity())
        talk(peer)
        return peer.ended
      })
      expect(line).toMatchObject({ code: 'protocol', peer: 'mallory' })
      expect(result.goodbye).toMatchObject({ code: 'protocol' })
    })
  })
})
