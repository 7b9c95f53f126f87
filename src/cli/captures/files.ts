// Capture files from disk, never whole in memory: opened, unpacked where they are gzipped, and
// their frames given to a callback. What is wrong with a file is told, not thrown, once frames have
// been read of it.

import { createReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { messageOf, VnetError } from '../../base/errors.ts'
import { CaptureDecoder, LINK_TYPE_ETHERNET, type OnFrame } from '../../wire/capture.ts'

const GZIP_MAGIC = 0x1f8b
const CHUNK_BYTES = 1_048_576
/** LINKTYPE_LINUX_SLL and its second version: what `tcpdump -i any` writes. */
const COOKED_TYPES = new Set([113, 276])

/** What there is to say about a file besides its frames. */
export interface FileFacts {
  /** Null: nothing was wrong with it. */
  readonly problem: string | null
  /** Names of its interfaces, null where they have none. */
  readonly interfaces: readonly (string | null)[]
  /** Frames that the file gives without a time, and so are left out. */
  readonly untimedFrames: number
}

/**
 * Reads a file: yields after every piece of it, when its frames have been given, and returns the
 * facts at the end.
 * @throws VnetError `capture-file` if it cannot be opened, `capture-invalid` if it is no capture.
 */
export async function* readCapture(
  path: string,
  onFrame: OnFrame,
): AsyncGenerator<void, FileFacts> {
  const decoder = new CaptureDecoder()
  let foreignFrames = 0
  let foreignType = 0
  const onEthernet: OnFrame = (frame) => {
    if (frame.linkType === LINK_TYPE_ETHERNET) return onFrame(frame)
    foreignFrames += 1
    foreignType = frame.linkType
  }
  let broken: string | null = null
  try {
    for await (const chunk of await openCapture(path)) {
      decoder.push(chunk, onEthernet)
      yield
    }
  } catch (error) {
    // A gzip file that was cut off, or a disk that fails.
    if (error instanceof VnetError) throw named(path, error)
    broken = `it cannot be read to its end (${messageOf(error)}); what stands before is used`
  }
  try {
    decoder.end()
  } catch (error) {
    throw named(path, error)
  }
  const foreign = foreignFrames > 0 ? explainForeign(foreignFrames, foreignType) : null
  return {
    problem: broken ?? decoder.problem ?? foreign,
    interfaces: decoder.interfaces,
    untimedFrames: decoder.untimedFrames,
  }
}

async function openCapture(path: string): Promise<AsyncIterable<Uint8Array>> {
  const isGzip = await startsAsGzip(path)
  const file = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  if (!isGzip) return file
  const unpacked = createGunzip({ chunkSize: CHUNK_BYTES })
  file.on('error', (error) => unpacked.destroy(error))
  return file.pipe(unpacked)
}

async function startsAsGzip(path: string): Promise<boolean> {
  try {
    if (!(await stat(path)).isFile()) {
      throw new VnetError('capture-file', `${path} is not a file`, {
        hint: 'captures are read twice: write the stream into a file first',
      })
    }
    const file = await open(path)
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0)
      return bytesRead === 2 && buffer.readUInt16BE(0) === GZIP_MAGIC
    } finally {
      await file.close()
    }
  } catch (cause) {
    if (cause instanceof VnetError) throw cause
    throw new VnetError('capture-file', `cannot read ${path}: ${messageOf(cause)}`, { cause })
  }
}

function explainForeign(frames: number, linkType: number): string {
  const why = COOKED_TYPES.has(linkType)
    ? "captured with '-i any', which keeps no destination addresses: capture one interface"
    : `of link type ${linkType}, not Ethernet`
  return `${frames} of its frames are left out: ${why}`
}

function named(path: string, error: unknown): unknown {
  if (!(error instanceof VnetError)) return error
  const hint = error.hint === undefined ? {} : { hint: error.hint }
  return new VnetError(error.code, `${path}: ${error.message}`, hint)
}
