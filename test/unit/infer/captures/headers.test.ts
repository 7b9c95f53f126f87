// What is read off the headers of captured frames: addresses, bytes on the wire, fingerprints.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseMac } from '../../../../src/base/mac.ts'
import { fingerprint, type Headers, readHeaders } from '../../../../src/infer/captures/headers.ts'
import { tcpFrame } from '../../../support/captures.ts'

const from = parseMac('52:54:00:00:00:01')
const to = parseMac('52:54:00:00:00:02')

function headersOf(frame: Uint8Array, length = frame.length): Headers {
  const headers = readHeaders(frame, length)
  if (headers === null) throw new Error('no headers')
  return headers
}

describe('a captured frame', () => {
  it('has addresses, or is nothing', () => {
    const frame = tcpFrame({ from, to, payloadBytes: 10 })
    expect(headersOf(frame)).toMatchObject({
      source: 0x525400000001,
      destination: 0x525400000002,
      isUnicast: true,
      wireBytes: 64,
      wireFrames: 1,
    })
    frame[0] = 0xff
    expect(headersOf(frame).isUnicast).toBe(false)
    expect(readHeaders(frame.subarray(0, 13), 60)).toBeNull()
  })

  it('of 64 KB counts as the segments that it would travel as', () => {
    // 45 segments of 1460 bytes of payload, each with 54 bytes of headers.
    const frame = tcpFrame({ from, to, payloadBytes: 45 * 1460 })
    expect(headersOf(frame)).toMatchObject({ wireFrames: 45, wireBytes: 45 * 1514 })
    // The same, captured with a snap length.
    expect(headersOf(frame.subarray(0, 96), frame.length)).toMatchObject({ wireFrames: 45 })
    // One byte more is one more segment.
    const more = tcpFrame({ from, to, payloadBytes: 45 * 1460 + 1 })
    expect(headersOf(more)).toMatchObject({ wireFrames: 46, wireBytes: 45 * 1514 + 55 })
  })

  it('of a VLAN is read behind the tag', () => {
    const plain = tcpFrame({ from, to, payloadBytes: 3_000 })
    const tag = Buffer.from([0x81, 0x00, 0x00, 0x07])
    const tagged = Buffer.concat([plain.subarray(0, 12), tag, plain.subarray(12)])
    expect(headersOf(tagged)).toMatchObject({ wireFrames: 3, wireBytes: 3_000 + 3 * 58 })
  })

  it('is never a reason to fail', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(70_000), (bytes, more) => {
        const headers = readHeaders(bytes, bytes.length + more)
        if (headers === null) return
        expect(headers.wireBytes).toBeGreaterThan(0)
        expect(headers.wireFrames).toBeGreaterThan(0)
        fingerprint(bytes, headers)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('the fingerprint', () => {
  const printOf = (frame: Uint8Array, length = frame.length) =>
    fingerprint(frame, headersOf(frame, length))

  it('is the same without checksums, with padding and with another snap length', () => {
    const frame = tcpFrame({ from, to, payloadBytes: 400, sequence: 7 })
    const filled = Buffer.from(frame)
    filled.writeUInt16BE(0xabcd, 24) // of IPv4
    filled.writeUInt16BE(0x1234, 50) // of TCP
    expect(printOf(filled)).toBe(printOf(frame))
    expect(printOf(frame.subarray(0, 128), frame.length)).toBe(printOf(frame))
    const short = tcpFrame({ from, to, payloadBytes: 0 })
    expect(printOf(Buffer.concat([short, Buffer.alloc(6)]))).toBe(printOf(short))
  })

  it('differs with the content, and is none for super-frames and cut headers', () => {
    const prints = [1, 2, 3, 4].map((sequence) =>
      printOf(tcpFrame({ from, to, payloadBytes: 20, sequence })),
    )
    expect(new Set(prints).size).toBe(4)
    expect(printOf(tcpFrame({ from, to, payloadBytes: 9_000 }))).toBeNull()
    const frame = tcpFrame({ from, to, payloadBytes: 400 })
    expect(printOf(frame.subarray(0, 60), frame.length)).toBeNull()
  })
})
