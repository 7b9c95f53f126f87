// Capture files made by hand, byte for byte: pcap and pcapng in both byte orders, with micro- or
// nanoseconds, and the Ethernet frames in them.

import { type MacAddress, macToBytes } from '../../src/base/mac.ts'

/** What a record of the file shall say. */
export interface Record {
  readonly atMs: number
  readonly bytes: Uint8Array
  /** Default: that of the bytes. */
  readonly length?: number
  /** pcapng only. */
  readonly interfaceIndex?: number
}

export interface FileKind {
  readonly isLittleEndian: boolean
  readonly isNanoseconds: boolean
}

const LITTLE: FileKind = { isLittleEndian: true, isNanoseconds: false }

export function pcapFile(records: readonly Record[], kind = LITTLE, linkType = 1): Buffer {
  const { isLittleEndian, isNanoseconds } = kind
  const put = writer(isLittleEndian)
  const magic = isNanoseconds ? 0xa1b23c4d : 0xa1b2c3d4
  const header = Buffer.concat([
    put.u32(magic),
    put.u16(2),
    put.u16(4),
    ...[0, 0, 262_144, linkType].map(put.u32),
  ])
  const bodies = records.map(({ atMs, bytes, length = bytes.length }) => {
    const seconds = Math.floor(atMs / 1_000)
    const fraction = Math.round((atMs - seconds * 1_000) * (isNanoseconds ? 1e6 : 1e3))
    return Buffer.concat([...[seconds, fraction, bytes.length, length].map(put.u32), bytes])
  })
  return Buffer.concat([header, ...bodies])
}

/** One section; interfaces with the names, the resolution as an option. */
export function pcapngFile(
  records: readonly Record[],
  kind = LITTLE,
  interfaces: readonly string[] = ['eth0'],
  linkType = 1,
): Buffer {
  const put = writer(kind.isLittleEndian)
  const option = (code: number, value: Buffer) =>
    Buffer.concat([put.u16(code), put.u16(value.length), pad(value)])
  const block = (type: number, body: Buffer) => {
    const length = put.u32(body.length + 12)
    return Buffer.concat([put.u32(type), length, body, length])
  }
  const section = Buffer.concat([put.u32(0x1a2b3c4d), put.u16(1), put.u16(0), Buffer.alloc(8, 255)])
  const described = interfaces.map((name) => {
    const resolution = option(9, Buffer.from([kind.isNanoseconds ? 9 : 6]))
    const options = [option(2, Buffer.from(name)), resolution, option(0, Buffer.alloc(0))]
    return block(1, Buffer.concat([put.u16(linkType), put.u16(0), put.u32(0), ...options]))
  })
  const packets = records.map(({ atMs, bytes, length = bytes.length, interfaceIndex = 0 }) => {
    const units = BigInt(Math.round(atMs * 1e3)) * (kind.isNanoseconds ? 1_000n : 1n)
    const numbers = [interfaceIndex, Number(units >> 32n), Number(units & 0xffffffffn)]
    const head = [...numbers, bytes.length, length].map(put.u32)
    return block(6, Buffer.concat([...head, pad(Buffer.from(bytes))]))
  })
  // A block that no reader needs to know.
  const unknown = block(0x0bad, Buffer.alloc(8, 7))
  return Buffer.concat([block(0x0a0d0d0a, section), ...described, unknown, ...packets])
}

/** A TCP segment over IPv4 in Ethernet: headers of 54 bytes, then the payload. */
export function tcpFrame(options: {
  readonly from: MacAddress
  readonly to: MacAddress
  readonly payloadBytes: number
  /** So that two frames differ. */
  readonly sequence?: number
}): Buffer {
  const { from, to, payloadBytes, sequence = 0 } = options
  const frame = Buffer.alloc(54 + payloadBytes, 0x5a)
  frame.fill(0, 12, 54)
  frame.set(macToBytes(to), 0)
  frame.set(macToBytes(from), 6)
  frame.writeUInt16BE(0x0800, 12)
  frame[14] = 0x45
  frame.writeUInt16BE(Math.min(40 + payloadBytes, 0xffff), 16)
  frame[23] = 6
  frame.writeUInt32BE(sequence, 38)
  frame[46] = 5 << 4
  return frame
}

function writer(isLittleEndian: boolean) {
  const bytes = (length: number, write: (buffer: Buffer) => void) => {
    const buffer = Buffer.alloc(length)
    write(buffer)
    return buffer
  }
  return {
    u16: (value: number) =>
      bytes(2, (to) => (isLittleEndian ? to.writeUInt16LE(value) : to.writeUInt16BE(value))),
    u32: (value: number) =>
      bytes(4, (to) => (isLittleEndian ? to.writeUInt32LE(value) : to.writeUInt32BE(value))),
  }
}

function pad(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(-bytes.length & 3)])
}
