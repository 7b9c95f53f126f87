// Cuts a growing pcap file (libpcap's file format, draft-ietf-opsawg-pcap) into whole records, so
// that what is written ends with a whole frame whenever the capture is stopped.
//
//   header 24: magic, version, ..., snap length, link type
//   record 16: seconds, micro- or nanoseconds, captured length, original length; then the bytes

import { VnetError } from '../base/errors.ts'

const FILE_HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 16
const CAPTURED_LENGTH_AT = 8
/** Longer than any frame: the stream is out of step. */
const RECORD_BYTES_MAX = 1_048_576
const MAGICS = new Set([0xa1b2c3d4, 0xa1b23c4d])

export interface PcapPiece {
  /** Whole records (the first piece begins with the file's header); may be empty. */
  readonly bytes: Buffer
  /** Frames in it. */
  readonly frames: number
}

export class PcapCutter {
  #rest: Buffer = Buffer.alloc(0)
  #isLittleEndian: boolean | null = null

  /**
   * Takes the next bytes; gives at most `framesMax` whole records and keeps the rest.
   * @throws VnetError `capture-invalid` if this is no pcap file.
   */
  push(chunk: Uint8Array, framesMax: number): PcapPiece {
    this.#rest = Buffer.concat([this.#rest, chunk])
    let end = 0
    if (this.#isLittleEndian === null) {
      if (this.#rest.length < FILE_HEADER_BYTES) return { bytes: Buffer.alloc(0), frames: 0 }
      this.#isLittleEndian = byteOrder(this.#rest)
      end = FILE_HEADER_BYTES
    }
    let frames = 0
    while (frames < framesMax) {
      const next = this.#recordEnd(end)
      if (next === null) break
      end = next
      frames += 1
    }
    const bytes = this.#rest.subarray(0, end)
    this.#rest = this.#rest.subarray(end)
    return { bytes, frames }
  }

  #recordEnd(start: number): number | null {
    if (this.#rest.length < start + RECORD_HEADER_BYTES) return null
    const at = start + CAPTURED_LENGTH_AT
    const length = this.#isLittleEndian ? this.#rest.readUInt32LE(at) : this.#rest.readUInt32BE(at)
    if (length > RECORD_BYTES_MAX) {
      throw new VnetError('capture-invalid', `the capture has a frame of ${length} bytes`)
    }
    const end = start + RECORD_HEADER_BYTES + length
    return end <= this.#rest.length ? end : null
  }
}

/** True if little-endian. */
function byteOrder(header: Buffer): boolean {
  if (MAGICS.has(header.readUInt32LE(0))) return true
  if (MAGICS.has(header.readUInt32BE(0))) return false
  throw new VnetError('capture-invalid', 'the daemon did not send a pcap file')
}
