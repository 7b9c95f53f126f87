// What the headers of a captured frame tell: whom it is from and to, how many bytes it had on the
// guest's wire, and a fingerprint by which the same frame is known again in another capture.
//
// A guest with segmentation offload hands over super-frames of up to 64 KB. On a wire they would be
// segments with headers of their own; captures do not tell their size, so it is taken to be what
// fits an MTU of 1500 (1448 bytes of TCP payload with timestamps).

import { Buffer } from 'node:buffer'

const ETHERNET_BYTES = 14
const SOURCE_AT = 6
const TYPE_AT = 12
const VLAN_BYTES = 4
const VLAN_TYPES = new Set([0x8100, 0x88a8])
const IPV4 = 0x0800
const IPV6 = 0x86dd
const IPV6_BYTES = 40
const TCP = 6
const UDP = 17
const UDP_BYTES = 8
const MTU = 1_500
/** Headers of a frame with TCP timestamps: taken where the capture cut them off. */
const USUAL_TCP_BYTES = 32
/** Of a frame that go into its fingerprint: all headers, and some of the payload. */
const FINGERPRINT_BYTES = 96
const FNV_PRIME = 0x01000193
const FNV_BASIS = 0x811c9dc5

export interface Headers {
  /** The six octets as one number. */
  readonly source: number
  readonly destination: number
  /** To one guest, not to a group. */
  readonly isUnicast: boolean
  readonly wireBytes: number
  readonly wireFrames: number
  /** Where the network layer begins. */
  readonly payloadAt: number
  /** Of the whole frame, without padding; from there on nothing counts. */
  readonly usedBytes: number
}

/** Null if there are not even addresses. */
export function readHeaders(kept: Uint8Array, length: number): Headers | null {
  if (kept.length < ETHERNET_BYTES) return null
  const bytes = Buffer.from(kept.buffer, kept.byteOffset, kept.byteLength)
  let payloadAt = ETHERNET_BYTES
  let type = bytes.readUInt16BE(TYPE_AT)
  while (VLAN_TYPES.has(type) && bytes.length >= payloadAt + VLAN_BYTES) {
    type = bytes.readUInt16BE(payloadAt + 2)
    payloadAt += VLAN_BYTES
  }
  const network = readNetwork(bytes, payloadAt, type)
  const usedBytes = Math.min(length, payloadAt + (network?.totalBytes || length))
  const wire = onWire(bytes, { length, payloadAt, network })
  return {
    source: bytes.readUIntBE(SOURCE_AT, 6),
    destination: bytes.readUIntBE(0, 6),
    isUnicast: ((bytes[0] ?? 1) & 1) === 0,
    wireBytes: wire.bytes,
    wireFrames: wire.frames,
    payloadAt,
    usedBytes,
  }
}

interface Network {
  readonly headerBytes: number
  /** 0: too long to be told (a super-frame). */
  readonly totalBytes: number
  readonly protocol: number
}

function readNetwork(bytes: Buffer, at: number, type: number): Network | null {
  if (type === IPV4 && bytes.length >= at + 20) {
    const headerBytes = ((bytes[at] ?? 0) & 15) * 4
    const totalBytes = bytes.readUInt16BE(at + 2)
    return { headerBytes, totalBytes, protocol: bytes[at + 9] ?? 0 }
  }
  if (type === IPV6 && bytes.length >= at + IPV6_BYTES) {
    const payloadBytes = bytes.readUInt16BE(at + 4)
    const totalBytes = payloadBytes === 0 ? 0 : payloadBytes + IPV6_BYTES
    return { headerBytes: IPV6_BYTES, totalBytes, protocol: bytes[at + 6] ?? 0 }
  }
  return null
}

/** Segments as they would travel, each with the headers. */
function onWire(
  bytes: Buffer,
  frame: {
    readonly length: number
    readonly payloadAt: number
    readonly network: Network | null
  },
): { readonly bytes: number; readonly frames: number } {
  const { length, payloadAt, network } = frame
  if (network === null || length - payloadAt <= MTU) return { bytes: length, frames: 1 }
  const transportBytes = transportLength(bytes, payloadAt + network.headerBytes, network.protocol)
  if (transportBytes === null) return { bytes: length, frames: 1 }
  const headerBytes = payloadAt + network.headerBytes + transportBytes
  const segmentBytes = MTU - network.headerBytes - transportBytes
  const payloadBytes = length - headerBytes
  const frames = Math.max(1, Math.ceil(payloadBytes / segmentBytes))
  return { bytes: payloadBytes + frames * headerBytes, frames }
}

function transportLength(bytes: Buffer, at: number, protocol: number): number | null {
  if (protocol === UDP) return UDP_BYTES
  if (protocol !== TCP) return null
  const words = bytes[at + 12]
  return words === undefined ? USUAL_TCP_BYTES : Math.max(20, (words >> 4) * 4)
}

/**
 * A number by which the same frame is known in two captures; null if there is too little of it, or
 * if it was changed on its way (super-frames are cut and joined). Checksums are left out: where the
 * hardware fills them in, the sender's capture does not have them yet.
 */
export function fingerprint(kept: Uint8Array, headers: Headers): number | null {
  const end = Math.min(headers.usedBytes, FINGERPRINT_BYTES)
  if (headers.wireFrames > 1 || kept.length < end) return null
  const { payloadAt } = headers
  const skipped = checksumsOf(kept, payloadAt)
  let low = FNV_BASIS
  let high = FNV_BASIS ^ headers.usedBytes
  for (let at = 0; at < end; at += 1) {
    if (skipped.includes(at - (at & 1))) continue
    const octet = kept[at] ?? 0
    low = Math.imul(low ^ octet, FNV_PRIME)
    high = Math.imul(high ^ octet ^ at, FNV_PRIME)
  }
  return (low >>> 0) * 2 ** 20 + (high >>> 12)
}

/** Offsets of 16-bit fields; all of them are even, as every header is. */
function checksumsOf(kept: Uint8Array, at: number): readonly number[] {
  const version = (kept[at] ?? 0) >> 4
  const isIp = version === 4 || version === 6
  if (!isIp) return []
  const transportAt = at + (version === 4 ? ((kept[at] ?? 0) & 15) * 4 : IPV6_BYTES)
  const protocol = kept[version === 4 ? at + 9 : at + 6]
  const network = version === 4 ? [at + 10] : []
  if (protocol === TCP) return [...network, transportAt + 16]
  if (protocol === UDP) return [...network, transportAt + 6]
  return network
}
