// Capture files, written byte for byte by test/support/captures.ts: read whole, in pieces, cut off
// and damaged.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VnetError } from '../../../src/base/errors.ts'
import { CaptureDecoder } from '../../../src/wire/capture.ts'
import { type FileKind, pcapFile, pcapngFile, type Record } from '../../support/captures.ts'

interface Read {
  readonly frames: { atMs: number; hex: string; length: number; interfaceIndex: number }[]
  readonly decoder: CaptureDecoder
}

function read(file: Uint8Array, step = 65_536): Read {
  const decoder = new CaptureDecoder()
  const frames: Read['frames'] = []
  for (let at = 0; at < file.length; at += step) {
    decoder.push(file.subarray(at, at + step), ({ atMs, bytes, length, interfaceIndex }) => {
      frames.push({ atMs, hex: Buffer.from(bytes).toString('hex'), length, interfaceIndex })
    })
  }
  decoder.end()
  return { frames, decoder }
}

const START_MS = 1_795_000_000_000
const record = fc.record({
  atMs: fc.integer({ min: 0, max: 9_999_999 }).map((us) => START_MS + us / 1e3),
  bytes: fc.uint8Array({ maxLength: 100 }),
  extra: fc.integer({ min: 0, max: 70_000 }),
})
const records = fc
  .array(record, { maxLength: 12 })
  .map((all) => all.map((one): Record => ({ ...one, length: one.bytes.length + one.extra })))
const kind: fc.Arbitrary<FileKind> = fc.record({
  isLittleEndian: fc.boolean(),
  isNanoseconds: fc.boolean(),
})
const written = fc
  .tuple(records, kind, fc.constantFrom('pcap', 'pcapng'))
  .map(([all, of, format]) => ({
    all,
    file: format === 'pcap' ? pcapFile(all, of) : pcapngFile(all, of),
  }))

describe('a capture file', () => {
  it('is read in both formats, byte orders and units, whatever the pieces', () => {
    fc.assert(
      fc.property(written, fc.integer({ min: 1, max: 90 }), ({ all, file }, step) => {
        const { frames, decoder } = read(file, step)
        expect(decoder.problem).toBeNull()
        expect(frames.map(({ hex }) => hex)).toEqual(
          all.map(({ bytes }) => Buffer.from(bytes).toString('hex')),
        )
        for (const [index, { atMs, length }] of frames.entries()) {
          expect(atMs).toBeCloseTo(all[index]?.atMs ?? 0, 2)
          expect(length).toBe(all[index]?.length)
        }
      }),
    )
  })

  it('that is cut off anywhere gives what stands before, and says so', () => {
    fc.assert(
      fc.property(written, fc.double({ min: 0, max: 1, noNaN: true }), ({ file }, share) => {
        const whole = read(file)
        const cut = file.subarray(0, Math.floor(file.length * share))
        if (cut.length < 4) {
          expect(() => read(cut)).toThrow('empty or too short')
          return
        }
        const { frames, decoder } = read(cut)
        expect(frames).toEqual(whole.frames.slice(0, frames.length))
        if (frames.length < whole.frames.length && decoder.problem !== null) {
          expect(decoder.problem).toMatch(/^it is cut off after \d+ bytes; what stands before/)
        }
      }),
    )
  })

  it('that is damaged gives frames or a problem, never anything else', () => {
    const change = fc.record({ at: fc.nat(400), value: fc.integer({ min: 0, max: 255 }) })
    fc.assert(
      fc.property(written, fc.array(change, { maxLength: 6 }), ({ file }, changes) => {
        const damaged = Buffer.from(file)
        for (const { at, value } of changes) damaged[at % damaged.length] = value
        try {
          read(damaged, 50)
        } catch (error) {
          expect(error).toBeInstanceOf(VnetError)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('tells the interfaces of pcapng, and whose a frame is', () => {
    const bytes = new Uint8Array(20)
    const all = [0, 1, 0].map((interfaceIndex) => ({ atMs: START_MS, bytes, interfaceIndex }))
    const { frames, decoder } = read(pcapngFile(all, undefined, ['tap0', 'br0']))
    expect(decoder.interfaces).toEqual(['tap0', 'br0'])
    expect(frames.map(({ interfaceIndex }) => interfaceIndex)).toEqual([0, 1, 0])
  })

  it('may have several sections, each with a byte order and interfaces of its own', () => {
    const one = pcapngFile([{ atMs: START_MS, bytes: Buffer.from('a') }])
    const other = pcapngFile([{ atMs: START_MS + 5, bytes: Buffer.from('b') }], {
      isLittleEndian: false,
      isNanoseconds: true,
    })
    const { frames, decoder } = read(Buffer.concat([one, other]), 7)
    expect(decoder.problem).toBeNull()
    expect(frames.map(({ atMs, interfaceIndex }) => [atMs, interfaceIndex])).toEqual([
      [START_MS, 0],
      [START_MS + 5, 1],
    ])
  })

  it('of pcapng without a byte order is no capture that can be read', () => {
    const file = pcapngFile([{ atMs: START_MS, bytes: new Uint8Array(4) }])
    file.writeUInt32LE(0x11111111, 8)
    const { frames, decoder } = read(file)
    expect(frames).toEqual([])
    expect(decoder.problem).toContain('has no byte order')
  })

  it('may have frames without a time, which are counted and left out', () => {
    const simple = Buffer.alloc(20) // type 3, length, original length, 4 bytes, length
    for (const [at, value] of [3, 20, 4, 0, 20].entries()) simple.writeUInt32LE(value, at * 4)
    const file = pcapngFile([{ atMs: START_MS, bytes: new Uint8Array(4) }])
    const { frames, decoder } = read(Buffer.concat([file, simple, simple]))
    expect(frames).toHaveLength(1)
    expect(decoder.untimedFrames).toBe(2)
    expect(decoder.problem).toBeNull()
  })

  it('of another kind is refused; nonsense in the middle ends the reading', () => {
    expect(() => read(Buffer.from('GIF89a, a picture'))).toThrow('neither pcap nor pcapng')
    const file = pcapFile([
      { atMs: START_MS, bytes: new Uint8Array(4) },
      { atMs: START_MS, bytes: new Uint8Array(4) },
    ])
    file.writeUInt32LE(0x7fffffff, 24 + 16 + 4 + 8)
    const { frames, decoder } = read(file)
    expect(frames).toHaveLength(1)
    expect(decoder.problem).toBe(
      'the capture has a frame of 2147483647 bytes; what stands before it is used',
    )
    const old = pcapFile([])
    old.writeUInt16LE(1, 4)
    expect(read(old).decoder.problem).toContain('version 1 of pcap')
  })
})
