// `vnet capture`: the file is the daemon's, to the byte, and always ends with a whole frame.

import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PcapCutter } from '../../../src/cli/pcap.ts'
import { type FixedDaemon, startFixedDaemon } from '../../support/admin-data.ts'
import { vnet } from '../../support/cli.ts'

/** A pcap file with frames of these lengths, in either byte order. */
function pcap(lengths: readonly number[], isLittleEndian = true): Buffer {
  const header = Buffer.alloc(24)
  if (isLittleEndian) header.writeUInt32LE(0xa1b2c3d4)
  else header.writeUInt32BE(0xa1b2c3d4)
  const records = lengths.map((length, index) => {
    const record = Buffer.alloc(16 + length, index + 1)
    if (isLittleEndian) record.writeUInt32LE(length, 8)
    else record.writeUInt32BE(length, 8)
    return record
  })
  return Buffer.concat([header, ...records])
}

describe('the cutter', () => {
  const lengths = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 20 })

  it('gives whole frames only, however the bytes arrive, and all of them', () => {
    fc.assert(
      fc.property(lengths, fc.boolean(), fc.integer({ min: 1, max: 70 }), (sizes, order, step) => {
        const file = pcap(sizes, order)
        const cutter = new PcapCutter()
        const ends = sizes.map((_, index) => pcap(sizes.slice(0, index + 1)).length)
        let out = Buffer.alloc(0)
        let frames = 0
        for (let at = 0; at < file.length; at += step) {
          const piece = cutter.push(file.subarray(at, at + step), Number.POSITIVE_INFINITY)
          out = Buffer.concat([out, piece.bytes])
          frames += piece.frames
          expect([0, 24, ...ends]).toContain(out.length)
        }
        expect(out.equals(file)).toBe(true)
        expect(frames).toBe(sizes.length)
      }),
    )
  })

  it('stops after as many frames as wanted', () => {
    const { bytes, frames } = new PcapCutter().push(pcap([10, 20, 30]), 2)
    expect(frames).toBe(2)
    expect(bytes.equals(pcap([10, 20]))).toBe(true)
  })

  it('refuses what is no pcap file, and a frame of an impossible length', () => {
    expect(() => new PcapCutter().push(Buffer.alloc(24), 1)).toThrow('did not send a pcap file')
    const wrong = pcap([4])
    wrong.writeUInt32LE(0x7fffffff, 24 + 8)
    expect(() => new PcapCutter().push(wrong, 1)).toThrow('a frame of 2147483647 bytes')
  })
})

describe('vnet capture', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vnet-capture-'))
  const source = join(folder, 'source.pcap')
  const file = join(folder, 'out.pcap')
  let daemon: FixedDaemon
  beforeAll(async () => {
    // The last frame is cut off, as when the daemon ends in the middle of one.
    writeFileSync(source, pcap([60, 1514, 42, 99]).subarray(0, -5))
    // The daemon gives the reading end of a pipe, and so does this.
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    daemon = await startFixedDaemon(() => {
      spawn('sh', ['-c', `cat '${source}' > '${pipe}'`], { stdio: 'ignore' })
      return openSync(pipe, 'r')
    })
  })
  afterAll(async () => {
    await daemon.close()
    rmSync(folder, { recursive: true })
  })
  const run = (line: string) => vnet(line, { env: { VNET_SOCKET: daemon.socket } })

  it('writes whole frames into the file and says how many', async () => {
    const { status, stdout, stderr } = await run(`capture vm1 -w ${file}`)
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: '',
      stderr: `3 frames, 1.7 kB to ${file}\n`,
    })
    expect(readFileSync(file).equals(pcap([60, 1514, 42]))).toBe(true)
    expect(daemon.asked.at(-1)).toEqual(['capture', { port: 'vm1' }, 262_144])
  })

  it('writes to standard output, ends after -c frames, and takes links', async () => {
    const { status, stdout } = await run('capture link:alpha -w - -c 2 --snap 96')
    expect(status).toBe(0)
    expect(Buffer.from(stdout, 'latin1').equals(pcap([60, 1514]))).toBe(true)
    expect(daemon.asked.at(-1)).toEqual(['capture', { link: 'alpha' }, 96])
  })

  it('needs a file that can be written, and refuses a terminal', async () => {
    expect(await run('capture vm1')).toMatchObject({ status: 2 })
    expect((await run(`capture vm1 -w ${folder}/no/x`)).stderr).toMatch(/cannot write the capture/)
    const terminal = await vnet('capture vm1 -w -', {
      env: { VNET_SOCKET: daemon.socket },
      isTTY: true,
    })
    expect(terminal.status).toBe(2)
    expect(terminal.stderr).toContain('| wireshark -k -i -')
  })
})
