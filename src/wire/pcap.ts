// The format of pcap files (draft-ietf-opsawg-pcap), in either byte order:
//
//   header 24: magic, version 2 + 2, zone 4, accuracy 4, snap length 4, link type 4
//   record 16: seconds, micro- or nanoseconds, captured length, original length; then the bytes
//
// The magic number tells byte order and unit of time. capture.ts feeds the reader; the capture
// command cuts a growing file with `pcapRecordEnd`.

import type { CaptureFormat, OnFrame } from './capture.ts'
import { CAPTURE_RECORD_BYTES_MAX, invalid } from './capture.ts'

export const PCAP_HEADER_BYTES = 24
export const PCAP_RECORD_BYTES = 16
const VERSION_MAJOR_AT = 4
const LINK_TYPE_AT = 20
const FRACTION_AT = 4
const CAPTURED_LENGTH_AT = 8
const LENGTH_AT = 12
/** The upper bits of the link type tell about checksums. */
const LINK_TYPE_MASK = 0xffff
const MICROSECONDS = 0xa1b2c3d4
const NANOSECONDS = 0xa1b23c4d

interface Kind {
  readonly isLittleEndian: boolean
  /** Of the fraction of a second, in a millisecond. */
  readonly unitsPerMs: number
}

const KINDS: ReadonlyMap<number, Kind> = new Map([
  [MICROSECONDS, { isLittleEndian: true, unitsPerMs: 1e3 }],
  [NANOSECONDS, { isLittleEndian: true, unitsPerMs: 1e6 }],
  [swapped(MICROSECONDS), { isLittleEndian: false, unitsPerMs: 1e3 }],
  [swapped(NANOSECONDS), { isLittleEndian: false, unitsPerMs: 1e6 }],
])

/** The first four bytes, read as little-endian. */
export function isPcapMagic(magic: number): boolean {
  return KINDS.has(magic)
}

/** Byte order and unit of a file that begins so; null if it is no pcap file. */
export function pcapKind(header: Buffer): Kind | null {
  return KINDS.get(header.readUInt32LE(0)) ?? null
}

/** Where the record at `start` ends; null if it is not there completely. */
export function pcapRecordEnd(
  bytes: Buffer,
  start: number,
  isLittleEndian: boolean,
): number | null {
  if (bytes.length < start + PCAP_RECORD_BYTES) return null
  const length = uint32(bytes, start + CAPTURED_LENGTH_AT, isLittleEndian)
  if (length > CAPTURE_RECORD_BYTES_MAX) {
    throw invalid(`the capture has a frame of ${length} bytes`)
  }
  const end = start + PCAP_RECORD_BYTES + length
  return end <= bytes.length ? end : null
}

export class PcapReader implements CaptureFormat {
  readonly interfaces = [null]
  readonly untimedFrames = 0
  #kind: Kind | null = null
  #linkType = 0

  read(bytes: Buffer, onFrame: OnFrame): number {
    let at = 0
    if (this.#kind === null) {
      if (bytes.length < PCAP_HEADER_BYTES) return 0
      this.#readHeader(bytes)
      at = PCAP_HEADER_BYTES
    }
    const { isLittleEndian = true, unitsPerMs = 1 } = this.#kind ?? {}
    for (;;) {
      const end = pcapRecordEnd(bytes, at, isLittleEndian)
      if (end === null) return at
      const seconds = uint32(bytes, at, isLittleEndian)
      const fraction = uint32(bytes, at + FRACTION_AT, isLittleEndian)
      const kept = bytes.subarray(at + PCAP_RECORD_BYTES, end)
      onFrame({
        interfaceIndex: 0,
        atMs: seconds * 1_000 + fraction / unitsPerMs,
        bytes: kept,
        length: Math.max(kept.length, uint32(bytes, at + LENGTH_AT, isLittleEndian)),
        linkType: this.#linkType,
      })
      at = end
    }
  }

  #readHeader(bytes: Buffer): void {
    const kind = pcapKind(bytes)
    if (kind === null) throw invalid('this is no pcap file')
    const { isLittleEndian } = kind
    const version = isLittleEndian
      ? bytes.readUInt16LE(VERSION_MAJOR_AT)
      : bytes.readUInt16BE(VERSION_MAJOR_AT)
    if (version !== 2) throw invalid(`version ${version} of pcap is not known, only 2`)
    this.#linkType = uint32(bytes, LINK_TYPE_AT, isLittleEndian) & LINK_TYPE_MASK
    this.#kind = kind
  }
}

export function uint32(bytes: Buffer, at: number, isLittleEndian: boolean): number {
  return isLittleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
}

export function uint16(bytes: Buffer, at: number, isLittleEndian: boolean): number {
  return isLittleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at)
}

function swapped(magic: number): number {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(magic)
  return bytes.readUInt32LE()
}
