// What somebody on the path of a link may do: record its datagrams, and send them again by a socket
// of his own.

import { once } from 'node:events'
import type { Namespace } from './netns.ts'
import { until } from './netns.ts'

/** libpcap file format: a header of the file, and one of each packet. */
const FILE_HEADER_BYTES = 24
const PACKET_HEADER_BYTES = 16
/** Ethernet, IPv4 without options, UDP. */
const HEADERS_BYTES = 14 + 20 + 8
const OVERLAY_PORT = 7707

/**
 * Starts to record; resolves once it does, to what resolves to the next `count` datagrams that
 * leave here to the port of the overlay.
 */
export async function recordUdp(
  at: Namespace,
  count: number,
): Promise<{ readonly recorded: Promise<Buffer[]> }> {
  const filter = `udp and dst port ${OVERLAY_PORT}`
  const words = ['-i', 'eth0', '-Q', 'out', '-U', '-c', `${count}`, '-w', '-', filter]
  const child = at.spawn('tcpdump', words, { stdio: ['ignore', 'pipe', 'pipe'] })
  const chunks: Buffer[] = []
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr?.on('data', (chunk) => {
    said += chunk
  })
  const ended = once(child, 'close')
  await until(() => said.includes('listening on'), { what: 'tcpdump' })
  return { recorded: ended.then(() => payloadsOf(Buffer.concat(chunks))) }
}

function payloadsOf(file: Buffer): Buffer[] {
  const payloads: Buffer[] = []
  for (let at = FILE_HEADER_BYTES; at + PACKET_HEADER_BYTES <= file.length; ) {
    const bytes = file.readUInt32LE(at + 8)
    const packet = file.subarray(at + PACKET_HEADER_BYTES, at + PACKET_HEADER_BYTES + bytes)
    const udpBytes = packet.readUInt16BE(HEADERS_BYTES - 4)
    payloads.push(packet.subarray(HEADERS_BYTES, HEADERS_BYTES - 8 + udpBytes))
    at += PACKET_HEADER_BYTES + bytes
  }
  return payloads
}

const SENDER = `
const socket = require('node:dgram').createSocket('udp4')
const [address, port, ...texts] = process.argv.slice(1)
const next = () => {
  const text = texts.shift()
  if (text === undefined) return socket.close()
  socket.send(Buffer.from(text, 'base64'), Number(port), address, () => setTimeout(next, 1))
}
next()`

/** Sends them to the overlay's port of an address, one a millisecond. */
export async function sendAgain(
  from: Namespace,
  address: string,
  datagrams: readonly Buffer[],
): Promise<void> {
  const texts = datagrams.map((datagram) => datagram.toString('base64'))
  await from.exec(process.execPath, '-e', SENDER, address, `${OVERLAY_PORT}`, ...texts)
}
