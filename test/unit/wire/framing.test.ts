// Preface and frames: round trips through any cutting of the stream, and every refusal.

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CONTROL_MESSAGE_BYTES_MAX, FRAME_BYTES_MAX } from '../../../src/base/limits.ts'
import type { DecodedFrame, FrameKind } from '../../../src/wire/framing.ts'
import {
  createFrameDecoder,
  encodeFrame,
  encodePreface,
  FEATURE_OFFLOAD,
  FRAME_HEADER_BYTES,
  FRAME_TYPE,
  PREFACE_BYTES,
  parsePreface,
} from '../../../src/wire/framing.ts'

describe('the preface', () => {
  test('has the bytes that the format says', () => {
    const bytes = encodePreface(FEATURE_OFFLOAD)
    expect(Buffer.from(bytes).toString('hex')).toBe('564e4554010000010000000000000000')
    expect(parsePreface(bytes)).toEqual({ ok: true, preface: { major: 1, minor: 0, features: 1 } })
  })

  test('of another minor version with other features is accepted, of another major is not', () => {
    const bytes = Buffer.from(encodePreface(0xfffe))
    bytes.writeUInt8(9, 5)
    expect(parsePreface(bytes)).toMatchObject({ ok: true, preface: { minor: 9, features: 0xfffe } })
    bytes.writeUInt8(2, 4)
    expect(parsePreface(bytes)).toMatchObject({ ok: false, code: 'version' })
  })

  test.each(['', 'VNE', 'HTTP/1.1 400 Bad Request', 'vnet____________'])('%j is none', (text) => {
    expect(parsePreface(Buffer.from(text))).toMatchObject({ ok: false, code: 'not-vnet' })
  })
})

const payloadOf = (kind: FrameKind) => {
  const sizes = { ethernet: [14, 300], offloaded: [24, 300], control: [1, 300] } as const
  const [minLength, maxLength] = kind === 'ping' || kind === 'pong' ? [8, 8] : sizes[kind]
  return fc.uint8Array({ minLength, maxLength })
}
const anyFrame = fc
  .constantFrom(...(Object.keys(FRAME_TYPE) as FrameKind[]))
  .chain((kind) =>
    fc.record({ kind: fc.constant(kind), hops: fc.nat(255), payload: payloadOf(kind) }),
  )

function decodeAll(stream: Uint8Array, cuts: readonly number[]) {
  const decoder = createFrameDecoder()
  const frames: DecodedFrame[] = []
  const edges = [0, ...[...cuts].map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b)]
  let error: string | null = null
  for (const [index, start] of edges.entries()) {
    const result = decoder.push(stream.subarray(start, edges[index + 1] ?? stream.length))
    frames.push(...result.frames)
    error = result.error
  }
  return { frames, error, pendingBytes: decoder.pendingBytes }
}

describe('frames', () => {
  test('come back whole however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(anyFrame, { maxLength: 8 }), fc.array(fc.nat()), (frames, cuts) => {
        const bytes = frames.map(({ kind, payload, hops }) => encodeFrame(kind, payload, hops))
        const { frames: decoded, error, pendingBytes } = decodeAll(Buffer.concat(bytes), cuts)
        expect([error, pendingBytes]).toEqual([null, 0])
        const plain = decoded.map((frame) => ({
          ...frame,
          payload: Uint8Array.from(frame.payload),
        }))
        expect(plain).toEqual(frames)
      }),
    )
  })

  test('are taken byte by byte', () => {
    const stream = Buffer.concat([
      encodeFrame('ping', new Uint8Array(8)),
      encodeFrame('control', Buffer.from('hello')),
    ])
    const cuts = Array.from(stream.keys())
    expect(decodeAll(stream, cuts).frames.map(({ kind }) => kind)).toEqual(['ping', 'control'])
  })

  test('of the largest size pass', () => {
    const decoder = createFrameDecoder()
    const largest = [
      encodeFrame('ethernet', new Uint8Array(FRAME_BYTES_MAX)),
      encodeFrame('offloaded', new Uint8Array(FRAME_BYTES_MAX + 10)),
      encodeFrame('control', new Uint8Array(CONTROL_MESSAGE_BYTES_MAX)),
    ]
    const { frames, error } = decoder.push(Buffer.concat(largest))
    expect([frames.length, error]).toEqual([3, null])
  })

  const header = (type: number, length: number, flags = 0) => {
    const bytes = Buffer.alloc(FRAME_HEADER_BYTES)
    bytes.writeUInt8(type, 0)
    bytes.writeUInt16BE(flags, 2)
    bytes.writeUInt32BE(length, 4)
    return bytes
  }

  test.each([
    ['type 0', header(0, 8), /type 0/],
    ['type 6', header(6, 8), /type 6/],
    ['flags', header(3, 8, 1), /flags/],
    ['a short Ethernet frame', header(1, 13), /too short/],
    ['a long Ethernet frame', header(1, FRAME_BYTES_MAX + 1), /too long/],
    ['a short offloaded frame', header(2, 23), /too short/],
    ['an empty control message', header(3, 0), /too short/],
    ['a long control message', header(3, CONTROL_MESSAGE_BYTES_MAX + 1), /too long/],
    ['a length of 4 GB', header(3, 0xffffffff), /too long/],
    ['a ping of 7 bytes', header(4, 7), /too short/],
    ['a pong of 9 bytes', header(5, 9), /too long/],
  ])('%s is refused from the header alone, for good', (_, bytes, reason) => {
    const decoder = createFrameDecoder()
    const good = encodeFrame('ping', new Uint8Array(8))
    const { frames, error } = decoder.push(Buffer.concat([good, bytes]))
    expect(frames).toHaveLength(1)
    expect(error).toMatch(reason)
    expect(decoder.push(good)).toEqual({ frames: [], error })
    expect(decoder.pendingBytes).toBe(0)
  })

  test('of kinds or sizes that a stranger may not send are refused', () => {
    const decoder = () => createFrameDecoder({ accepted: ['control'], controlBytesMax: 10 })
    expect(decoder().push(header(1, 60)).error).toMatch(/not accepted/)
    expect(decoder().push(header(3, 11)).error).toMatch(/too long/)
    expect(decoder().push(encodeFrame('control', new Uint8Array(10))).error).toBeNull()
  })

  test('hold no more than one frame of any stream', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 64 })), (chunks) => {
        const decoder = createFrameDecoder()
        for (const chunk of chunks) decoder.push(chunk)
        expect(decoder.pendingBytes).toBeLessThan(FRAME_HEADER_BYTES + FRAME_BYTES_MAX + 10)
      }),
    )
    expect(PREFACE_BYTES).toBe(16)
  })
})
