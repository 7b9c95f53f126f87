// Cuts a growing pcap file (src/wire/pcap.ts) into whole records, so that what is written ends with
// a whole frame whenever the capture is stopped.

import { VnetError } from '../base/errors.ts'
import { PCAP_HEADER_BYTES, pcapKind, pcapRecordEnd } from '../wire/pcap.ts'

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
      if (this.#rest.length < PCAP_HEADER_BYTES) return { bytes: Buffer.alloc(0), frames: 0 }
      this.#isLittleEndian = byteOrder(this.#rest)
      end = PCAP_HEADER_BYTES
    }
    let frames = 0
    while (frames < framesMax) {
      const next = pcapRecordEnd(this.#rest, end, this.#isLittleEndian)
      if (next === null) break
      end = next
      frames += 1
    }
    const bytes = this.#rest.subarray(0, end)
    this.#rest = this.#rest.subarray(end)
    return { bytes, frames }
  }
}

/** True if little-endian. */
function byteOrder(header: Buffer): boolean {
  const kind = pcapKind(header)
  if (kind !== null) return kind.isLittleEndian
  throw new VnetError('capture-invalid', 'the daemon did not send a pcap file')
}
