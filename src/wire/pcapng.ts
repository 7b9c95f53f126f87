// The format of pcapng files (draft-ietf-opsawg-pcapng): blocks, each
//
//   type 4, length of the whole block 4, body padded to 4, length again 4
//
// A section header sets the byte order and begins with no interfaces; interface descriptions are
// numbered from 0 in it; packets name their interface. Blocks that are not known here are skipped.

import type { CaptureFormat, OnFrame } from './capture.ts'
import { CAPTURE_RECORD_BYTES_MAX, invalid } from './capture.ts'
import { uint16, uint32 } from './pcap.ts'

const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE = 1
const PACKET = 2 // obsolete, but old files have it
const SIMPLE_PACKET = 3
const ENHANCED_PACKET = 6

const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const BLOCK_BYTES_MIN = 12
const BODY_AT = 8
/** Options of an interface. */
const OPTION_END = 0
const INTERFACE_NAME = 2
const INTERFACE_RESOLUTION = 9
const INTERFACE_OFFSET = 14
/** Default resolution: microseconds. */
const UNITS_PER_MS = 1e3

interface Interface {
  readonly linkType: number
  readonly unitsPerMs: number
  readonly offsetMs: number
  /** Number of it in the whole file. */
  readonly index: number
}

/** Where the bytes of a packet lie in its block, and what the block says of them. */
interface Packet {
  readonly interfaceId: number
  readonly timeAt: number
  readonly capturedLength: number
  readonly length: number
  readonly bytesAt: number
  /** Of its options; 0 without. */
  readonly end: number
}

/** It reads the same in both byte orders. */
export function isPcapngMagic(magic: number): boolean {
  return magic === SECTION_HEADER
}

export class PcapngReader implements CaptureFormat {
  readonly interfaces: (string | null)[] = []
  untimedFrames = 0
  #isLittleEndian = true
  /** Of the section that is being read. */
  #section: Interface[] = []

  read(bytes: Buffer, onFrame: OnFrame): number {
    let at = 0
    while (bytes.length >= at + BLOCK_BYTES_MIN) {
      if (bytes.readUInt32LE(at) === SECTION_HEADER) this.#startSection(bytes, at)
      const length = uint32(bytes, at + 4, this.#isLittleEndian)
      if (length < BLOCK_BYTES_MIN || length > CAPTURE_RECORD_BYTES_MAX || length % 4 !== 0) {
        throw invalid(`a block has the impossible length of ${length} bytes`)
      }
      if (bytes.length < at + length) break
      if (uint32(bytes, at + length - 4, this.#isLittleEndian) !== length) {
        throw invalid('the two lengths of a block differ')
      }
      this.#readBlock(bytes.subarray(at, at + length), onFrame)
      at += length
    }
    return at
  }

  #startSection(bytes: Buffer, at: number): void {
    const isLittleEndian = bytes.readUInt32LE(at + BODY_AT) === BYTE_ORDER_MAGIC
    if (!isLittleEndian && bytes.readUInt32BE(at + BODY_AT) !== BYTE_ORDER_MAGIC) {
      throw invalid('a section of the file has no byte order')
    }
    this.#isLittleEndian = isLittleEndian
  }

  #readBlock(block: Buffer, onFrame: OnFrame): void {
    switch (uint32(block, 0, this.#isLittleEndian)) {
      case SECTION_HEADER:
        this.#section = []
        return
      case INTERFACE:
        this.#addInterface(block)
        return
      case SIMPLE_PACKET:
        this.untimedFrames += 1
        return
      case ENHANCED_PACKET:
        this.#readPacket(block, this.#enhanced(block), onFrame)
        return
      case PACKET:
        this.#readPacket(block, this.#obsolete(block), onFrame)
        return
      default:
        return
    }
  }

  #addInterface(block: Buffer): void {
    if (block.length < BLOCK_BYTES_MIN + 8) throw invalid('the block of an interface is too short')
    const options = this.#options(block, BODY_AT + 8)
    const name = options.get(INTERFACE_NAME)
    const resolution = options.get(INTERFACE_RESOLUTION)?.[0]
    const offset = options.get(INTERFACE_OFFSET)
    this.#section.push({
      linkType: uint16(block, BODY_AT, this.#isLittleEndian),
      unitsPerMs: resolution === undefined ? UNITS_PER_MS : unitsPerMs(resolution),
      offsetMs: offset?.length === 8 ? this.#int64(offset) * 1_000 : 0,
      index: this.interfaces.length,
    })
    this.interfaces.push(name === undefined ? null : name.toString('utf8').replace(/\0+$/, ''))
  }

  #enhanced(block: Buffer): Packet {
    if (block.length < BLOCK_BYTES_MIN + 20) throw invalid('the block of a frame is too short')
    return {
      interfaceId: this.#number(block, BODY_AT),
      timeAt: BODY_AT + 4,
      capturedLength: this.#number(block, BODY_AT + 12),
      length: this.#number(block, BODY_AT + 16),
      bytesAt: BODY_AT + 20,
      end: block.length - 4,
    }
  }

  #obsolete(block: Buffer): Packet {
    const packet = this.#enhanced(block)
    return { ...packet, interfaceId: uint16(block, BODY_AT, this.#isLittleEndian) }
  }

  #readPacket(block: Buffer, packet: Packet, onFrame: OnFrame): void {
    const { bytesAt, capturedLength, end } = packet
    const seenBy = this.#section[packet.interfaceId]
    if (seenBy === undefined) throw invalid('a frame names an interface that the file does not')
    if (bytesAt + capturedLength > end) throw invalid('a frame is longer than its block')
    const high = this.#number(block, packet.timeAt)
    const low = this.#number(block, packet.timeAt + 4)
    // A double has room for this century in units of a quarter microsecond.
    const units = high * 2 ** 32 + low
    onFrame({
      interfaceIndex: seenBy.index,
      atMs: units / seenBy.unitsPerMs + seenBy.offsetMs,
      bytes: block.subarray(bytesAt, bytesAt + capturedLength),
      length: Math.max(packet.length, capturedLength),
      linkType: seenBy.linkType,
    })
  }

  /** The first of each kind. Options that run over the end of the block end the list. */
  #options(block: Buffer, start: number): Map<number, Buffer> {
    const options = new Map<number, Buffer>()
    const end = block.length - 4
    for (let at = start; at + 4 <= end; ) {
      const code = uint16(block, at, this.#isLittleEndian)
      const length = uint16(block, at + 2, this.#isLittleEndian)
      if (code === OPTION_END || at + 4 + length > end) break
      if (!options.has(code)) options.set(code, block.subarray(at + 4, at + 4 + length))
      at += 4 + padded(length)
    }
    return options
  }

  #number(block: Buffer, at: number): number {
    return uint32(block, at, this.#isLittleEndian)
  }

  #int64(bytes: Buffer): number {
    return Number(this.#isLittleEndian ? bytes.readBigInt64LE() : bytes.readBigInt64BE())
  }
}

/** The upper bit chooses the base: 2 or 10. */
function unitsPerMs(resolution: number): number {
  const exponent = resolution & 0x7f
  return (resolution & 0x80 ? 2 ** exponent : 10 ** exponent) / 1_000
}

function padded(length: number): number {
  return Math.ceil(length / 4) * 4
}
