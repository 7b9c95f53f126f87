// What travels inside TLS: a preface each way, then frames. Used by the join client and by tests;
// the native plane has the same in C++ (native/frame.h). All numbers are big-endian.
//
//   preface  0      4       5       6        8          16
//            "VNET" | major | minor | features | reserved |
//
//   frame    0      1      2       4        8
//            type | hops | flags | length | payload (length bytes)
//
// type 1: an Ethernet frame. type 2: virtio-net header (10 bytes, little-endian), then an Ethernet
// frame, where both prefaces offered it. type 3: a control message. type 4: keepalive, 8 opaque
// bytes. type 5: its answer with the same bytes. Flags are 0. Anything else is a protocol error.

import { CONTROL_MESSAGE_BYTES_MAX, FRAME_BYTES_MAX, FRAME_BYTES_MIN } from '../base/limits.ts'

export const PROTOCOL_MAJOR = 1
export const PROTOCOL_MINOR = 0
export const PREFACE_BYTES = 16
export const FRAME_HEADER_BYTES = 8
export const VIRTIO_NET_HEADER_BYTES = 10
export const KEEPALIVE_BYTES = 8
/** Bit 0 of the preface's features: frames of type 2 are understood. */
export const FEATURE_OFFLOAD = 1

const MAGIC = 'VNET'

export const FRAME_TYPE = {
  ethernet: 1,
  offloaded: 2,
  control: 3,
  ping: 4,
  pong: 5,
} as const
export type FrameKind = keyof typeof FRAME_TYPE

export interface Preface {
  readonly major: number
  readonly minor: number
  readonly features: number
}

export type PrefaceResult =
  | { readonly ok: true; readonly preface: Preface }
  | { readonly ok: false; readonly code: 'not-vnet' | 'version'; readonly reason: string }

/** The 16 bytes that each end sends first. */
export function encodePreface(features: number): Uint8Array {
  const bytes = Buffer.alloc(PREFACE_BYTES)
  bytes.write(MAGIC, 'latin1')
  bytes.writeUInt8(PROTOCOL_MAJOR, 4)
  bytes.writeUInt8(PROTOCOL_MINOR, 5)
  bytes.writeUInt16BE(features, 6)
  return bytes
}

/** Reads the peer's preface. Minor version and features may differ freely, the major may not. */
export function parsePreface(bytes: Uint8Array): PrefaceResult {
  const view = asBuffer(bytes)
  if (view.length < PREFACE_BYTES || view.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    return { ok: false, code: 'not-vnet', reason: 'the other end does not speak VNET' }
  }
  const major = view.readUInt8(4)
  const minor = view.readUInt8(5)
  if (major !== PROTOCOL_MAJOR) {
    const reason = `the other end speaks version ${major}.${minor}, not ${PROTOCOL_MAJOR}.x`
    return { ok: false, code: 'version', reason }
  }
  return { ok: true, preface: { major, minor, features: view.readUInt16BE(6) } }
}

/** One frame: header and payload. The caller keeps within the limits of `frameLimits`. */
export function encodeFrame(kind: FrameKind, payload: Uint8Array, hops = 0): Uint8Array {
  const bytes = Buffer.alloc(FRAME_HEADER_BYTES + payload.length)
  bytes.writeUInt8(FRAME_TYPE[kind], 0)
  bytes.writeUInt8(hops, 1)
  bytes.writeUInt32BE(payload.length, 4)
  bytes.set(payload, FRAME_HEADER_BYTES)
  return bytes
}

export interface FrameDecoderOptions {
  /** What the link may carry: a joining stranger only control messages. Default: all. */
  readonly accepted?: readonly FrameKind[]
  /** Default CONTROL_MESSAGE_BYTES_MAX. */
  readonly controlBytesMax?: number
}

export interface DecodedFrame {
  readonly kind: FrameKind
  readonly hops: number
  /** Owned by the receiver. */
  readonly payload: Uint8Array
}

export interface FrameDecoder {
  /**
   * Takes the next bytes of the stream and returns the frames that they complete. After an error
   * the stream is lost: `error` says why, and all further calls return the same error.
   */
  push(chunk: Uint8Array): {
    readonly frames: readonly DecodedFrame[]
    readonly error: string | null
  }
  /** Bytes held of an unfinished frame. */
  readonly pendingBytes: number
}

/**
 * A decoder of a stream of frames, in chunks of any size. Holds at most one frame's bytes; a length
 * beyond the limit is refused from the header alone.
 */
export function createFrameDecoder(options: FrameDecoderOptions = {}): FrameDecoder {
  const limits = frameLimits(options)
  let chunks: Uint8Array[] = []
  let pendingBytes = 0
  let neededBytes = FRAME_HEADER_BYTES
  let error: string | null = null

  function push(chunk: Uint8Array) {
    const frames: DecodedFrame[] = []
    if (error !== null) return { frames, error }
    chunks.push(Uint8Array.from(chunk))
    pendingBytes += chunk.length
    if (pendingBytes < neededBytes) return { frames, error }
    const parsed = parseFrames(Buffer.concat(chunks, pendingBytes), limits, frames)
    error = parsed.error
    chunks = error === null && parsed.rest.length > 0 ? [parsed.rest] : []
    pendingBytes = error === null ? parsed.rest.length : 0
    neededBytes = parsed.neededBytes
    return { frames, error }
  }

  return {
    push,
    get pendingBytes() {
      return pendingBytes
    },
  }
}

type FrameLimits = ReadonlyMap<
  number,
  { readonly kind: FrameKind; readonly min: number; readonly max: number }
>

/** Accepted types with the least and greatest length of their payload, in bytes. */
function frameLimits(options: FrameDecoderOptions): FrameLimits {
  const ranges: Record<FrameKind, readonly [number, number]> = {
    ethernet: [FRAME_BYTES_MIN, FRAME_BYTES_MAX],
    offloaded: [
      VIRTIO_NET_HEADER_BYTES + FRAME_BYTES_MIN,
      VIRTIO_NET_HEADER_BYTES + FRAME_BYTES_MAX,
    ],
    control: [1, options.controlBytesMax ?? CONTROL_MESSAGE_BYTES_MAX],
    ping: [KEEPALIVE_BYTES, KEEPALIVE_BYTES],
    pong: [KEEPALIVE_BYTES, KEEPALIVE_BYTES],
  }
  const kinds = options.accepted ?? (Object.keys(FRAME_TYPE) as FrameKind[])
  return new Map(
    kinds.map((kind) => [FRAME_TYPE[kind], { kind, min: ranges[kind][0], max: ranges[kind][1] }]),
  )
}

function parseFrames(bytes: Buffer, limits: FrameLimits, frames: DecodedFrame[]) {
  let offset = 0
  let neededBytes = FRAME_HEADER_BYTES
  let error: string | null = null
  while (bytes.length - offset >= FRAME_HEADER_BYTES) {
    const length = bytes.readUInt32BE(offset + 4)
    const limit = limits.get(bytes.readUInt8(offset))
    if (limit === undefined) error = `frame type ${bytes.readUInt8(offset)} is not accepted`
    else if (bytes.readUInt16BE(offset + 2) !== 0) error = 'unknown frame flags'
    else if (length < limit.min) error = `${limit.kind} frame of ${length} bytes is too short`
    else if (length > limit.max) error = `${limit.kind} frame of ${length} bytes is too long`
    if (error !== null || limit === undefined) break
    neededBytes = FRAME_HEADER_BYTES + length
    if (bytes.length - offset < neededBytes) break
    const start = offset + FRAME_HEADER_BYTES
    const payload = bytes.subarray(start, start + length)
    frames.push({ kind: limit.kind, hops: bytes.readUInt8(offset + 1), payload })
    offset = start + length
    neededBytes = FRAME_HEADER_BYTES
  }
  return { rest: bytes.subarray(offset), neededBytes, error }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
