// `vnet infer` on captures written byte for byte: of one machine and of several with clocks of
// their own, gzipped, cut off, with drawings, and what is no capture at all.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { capturedGuest, capturedRing } from '../../support/captured-ring.ts'
import { pcapFile, pcapngFile, type Record, tcpFrame } from '../../support/captures.ts'
import { vnet } from '../../support/cli.ts'

const GUESTS = 5
const CLOCKS_MS = [0, 4_200, -900, 60_000, 12]
let folder: string
let rings: readonly (readonly Record[])[]
const file = (name: string) => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'vnet-infer-'))
  rings = capturedRing({ clocksMs: CLOCKS_MS, seconds: 3 })
  const whole = capturedRing({ clocksMs: Array(GUESTS).fill(0), seconds: 3 }).flat()
  const sent = new Map(whole.map((one) => [Buffer.from(one.bytes).toString('hex'), one]))
  const all = [...sent.values()].sort((a, b) => a.atMs - b.atMs)
  writeFileSync(file('ring.pcap'), pcapFile(all))
  writeFileSync(file('ring.pcapng.gz'), gzipSync(pcapngFile(all)))
  for (const [guest, records] of rings.entries()) {
    writeFileSync(file(`vm${guest + 1}.pcap`), pcapFile(records))
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

const each = () => rings.map((_, guest) => file(`vm${guest + 1}.pcap`))

async function infer(...words: readonly string[]) {
  const { status, stdout, stderr } = await vnet(['infer', '--json', ...words])
  expect(status, stderr).toBe(0)
  return { result: JSON.parse(stdout), stderr }
}

describe('vnet infer', () => {
  it('names the ring in one file, in either format, with its rates', async () => {
    for (const name of ['ring.pcap', 'ring.pcapng.gz']) {
      const { result, stderr } = await infer(file(name))
      expect(stderr).toBe('')
      const { patterns, topology } = result.phases.at(-1)
      expect(patterns).toMatchObject([{ name: 'ring', direction: 'both', confidence: 1 }])
      expect(topology.edges).toHaveLength(2 * GUESTS)
      // 4 frames of 1454 bytes, 20 times a second.
      for (const { bytesPerSecond } of topology.edges) {
        expect(bytesPerSecond).toBeCloseTo(4 * 1454 * 20, -4)
      }
    }
  })

  it('sees the same in a file a machine with clocks that differ, nothing twice', async () => {
    const one = await infer(file('ring.pcap'))
    const { result, stderr } = await infer(...each())
    expect(stderr).toBe('')
    const offsets = result.captures.map((row: { clockOffsetMs: number }) => row.clockOffsetMs)
    for (const [guest, clockMs] of CLOCKS_MS.entries()) {
      expect(offsets[guest]).toBeCloseTo(-clockMs, 1)
    }
    const rates = (phases: readonly { topology: { edges: readonly object[] } }[]) =>
      phases.at(-1)?.topology.edges.map((edge) => ({ ...edge, sinceMs: 0 }))
    expect(rates(result.phases)).toEqual(rates(one.result.phases))
  })

  it('is a page for people', async () => {
    const names = CLOCKS_MS.flatMap((_, guest) => ['--name', `${capturedGuest(guest)}=g${guest}`])
    const { status, stdout } = await vnet(['infer', ...names, ...each()])
    expect(status).toBe(0)
    await expect(stdout).toMatchFileSnapshot('golden/infer.txt')
  })

  it('tells phases: one program, nothing for long, another', async () => {
    const [ring = []] = [capturedRing({ clocksMs: [0, 0, 0, 0], seconds: 2 })[0]]
    const pair = Array.from({ length: 400 }, (_, index): Record => {
      const ends = { from: capturedGuest(7), to: capturedGuest(8) }
      const bytes = tcpFrame({ ...ends, payloadBytes: 1_000, sequence: index })
      return { atMs: (ring[0]?.atMs ?? 0) + 3_600_000 + index * 5, bytes }
    })
    writeFileSync(file('two.pcap'), pcapFile([...ring, ...pair]))
    const { result } = await infer(file('two.pcap'))
    const names = result.phases.map((phase: { patterns: readonly { name: string }[] }) =>
      phase.patterns.map(({ name }) => name),
    )
    expect(names.at(-1)).toEqual(['pair'])
    expect(names.at(-2)).toEqual([])
    const late = await infer('--window', '3500..', file('two.pcap'))
    expect(
      late.result.phases.map((phase: { patterns: object[] }) => phase.patterns.length),
    ).toEqual([1])
  })

  it('uses what stands before the damage, and says where it ended', async () => {
    const whole = readFileSync(file('ring.pcap'))
    writeFileSync(file('cut.pcap'), whole.subarray(0, whole.length - 100))
    writeFileSync(file('cut.pcap.gz'), gzipSync(whole).subarray(0, -5_000))
    const plain = await infer(file('cut.pcap'))
    expect(plain.stderr).toMatch(/cut\.pcap: it is cut off after \d+ bytes/)
    expect(plain.result.phases.at(-1).patterns[0].name).toBe('ring')
    const packed = await infer(file('cut.pcap.gz'))
    expect(packed.stderr).toMatch(/it cannot be read to its end/)
  })

  it('says what is wrong with other files', async () => {
    writeFileSync(file('note.txt'), 'this is a text')
    writeFileSync(file('any.pcap'), pcapFile(rings[0] ?? [], undefined, 113))
    expect((await vnet(['infer', file('note.txt')])).stderr).toContain('neither pcap nor pcapng')
    expect((await vnet(['infer', file('nowhere.pcap')])).stderr).toContain('cannot read')
    expect((await vnet(['infer', folder])).stderr).toContain('is not a file')
    const any = await vnet(['infer', file('any.pcap')])
    expect(any.status).toBe(1)
    expect(any.stderr).toContain("captured with '-i any'")
  })

  it.each([
    [['--window', '5'], '--window cannot be'],
    [['--window', '9..4'], '--window cannot be'],
    [['--phase', '9'], 'there are phases 1 to'],
    [['--set', 'hysteresis'], 'write --set NAME=VALUE'],
    [['--set', 'hysteresis=7'], 'hysteresis cannot be 7'],
    [['--set', 'histeresis=0.5'], "there is no parameter 'histeresis'"],
    [['--name', 'vm1=one'], 'not a MAC address'],
  ])('refuses %j', async (words, message) => {
    const { status, stderr } = await vnet(['infer', ...words, file('ring.pcap')])
    expect(status).toBeGreaterThan(0)
    expect(stderr).toContain(message)
  })
})
