// Files of captured frames, as a stream of bytes: pcap (draft-ietf-opsawg-pcap) or pcapng
// (draft-ietf-opsawg-pcapng), told apart by their first bytes. The formats are in pcap.ts and
// pcapng.ts. A file that ends in the middle or turns to nonsense is no reason to lose what stood
// before: the frames so far are given, and `problem` says what is wrong with the rest.

import { VnetError } from '../base/errors.ts'
import { isPcapMagic, PcapReader } from './pcap.ts'
import { isPcapngMagic, PcapngReader } from './pcapng.ts'

/** LINKTYPE_ETHERNET of the registry at tcpdump.org/linktypes.html. */
export const LINK_TYPE_ETHERNET = 1
/** Longer than any frame, and than any block of pcapng that matters here: out of step. */
export const CAPTURE_RECORD_BYTES_MAX = 16 * 1_048_576

/** One captured frame. The object and its bytes are borrowed until the callback returns. */
export interface CapturedFrame {
  /** Index of the interface that saw it, in the order of the file; 0 in pcap. */
  readonly interfaceIndex: number
  /** Wall clock of the machine that captured, ms since 1970. */
  readonly atMs: number
  /** What was kept of the frame. */
  readonly bytes: Uint8Array
  /** Bytes that the frame had, at least those kept. */
  readonly length: number
  readonly linkType: number
}

export type OnFrame = (frame: CapturedFrame) => void

/** One of the two formats: takes whole bytes, returns how many it is done with. */
export interface CaptureFormat {
  /** Names of the interfaces so far; null where the file has none. */
  readonly interfaces: readonly (string | null)[]
  /** Frames that the file gives without a time, which cannot be placed. */
  readonly untimedFrames: number
  /** @throws VnetError `capture-invalid` where the bytes make no sense. */
  read(bytes: Buffer, onFrame: OnFrame): number
}

export class CaptureDecoder {
  #rest: Buffer = Buffer.alloc(0)
  #format: CaptureFormat | null = null
  #problem: string | null = null
  #bytesRead = 0

  /** What was wrong with the file; null as long as nothing was. */
  get problem(): string | null {
    return this.#problem
  }

  get interfaces(): readonly (string | null)[] {
    return this.#format?.interfaces ?? []
  }

  get untimedFrames(): number {
    return this.#format?.untimedFrames ?? 0
  }

  /**
   * Takes the next bytes of the file. After a problem, the rest is ignored.
   * @throws VnetError `capture-invalid` if this is neither pcap nor pcapng.
   */
  push(chunk: Uint8Array, onFrame: OnFrame): void {
    if (this.#problem !== null) return
    this.#rest = this.#rest.length === 0 ? asBuffer(chunk) : Buffer.concat([this.#rest, chunk])
    if (this.#format === null) {
      if (this.#rest.length < 4) return
      this.#format = formatOf(this.#rest)
    }
    try {
      const done = this.#format.read(this.#rest, onFrame)
      this.#bytesRead += done
      this.#rest = this.#rest.subarray(done)
    } catch (error) {
      if (!(error instanceof VnetError)) throw error
      this.#problem = `${error.message}; what stands before it is used`
    }
  }

  /** To be called at the end of the file. @throws VnetError `capture-invalid` if it was empty. */
  end(): void {
    if (this.#format === null) throw invalid('the file is empty or too short to be a capture')
    if (this.#problem !== null || this.#rest.length === 0) return
    this.#problem = `it is cut off after ${this.#bytesRead} bytes; what stands before is used`
  }
}

export function invalid(message: string): VnetError {
  return new VnetError('capture-invalid', message, {
    hint: 'give files of tcpdump, Wireshark or vnet capture: pcap or pcapng, also gzipped',
  })
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function formatOf(start: Buffer): CaptureFormat {
  const magic = start.readUInt32LE(0)
  if (isPcapMagic(magic)) return new PcapReader()
  if (isPcapngMagic(magic)) return new PcapngReader()
  throw invalid('this is neither pcap nor pcapng')
}
