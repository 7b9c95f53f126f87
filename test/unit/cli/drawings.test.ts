// Drawings: the SVG is the same on every machine, the PNG is a picture with letters, and names from
// other machines do no harm.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { macFromNumber } from '../../../src/base/mac.ts'
import { matrixSvg } from '../../../src/cli/drawings/matrix-svg.ts'
import { pngOf } from '../../../src/cli/drawings/png.ts'
import { svgDocument, svgText } from '../../../src/cli/drawings/svg.ts'
import { topologySvg } from '../../../src/cli/drawings/topology-svg.ts'
import { recognisedRow } from '../../../src/control/inferred.ts'
import { type NamedPattern, patternEdges } from '../../../src/infer/patterns.ts'
import { recognise } from '../../../src/infer/recognise.ts'
import { type FixedDaemon, startFixedDaemon } from '../../support/admin-data.ts'
import { MATRIX } from '../../support/admin-inference.ts'
import { vnet } from '../../support/cli.ts'

let daemon: FixedDaemon
let folder: string
beforeAll(async () => {
  daemon = await startFixedDaemon()
  folder = mkdtempSync(join(tmpdir(), 'vnet-drawings-'))
})
afterAll(async () => {
  await daemon.close()
  rmSync(folder, { recursive: true })
})
const run = (words: readonly string[]) => vnet(words, { env: { VNET_SOCKET: daemon.socket } })

/** The pattern, recognised from its edges. */
function patternView(name: NamedPattern, size: number | readonly number[]) {
  const mac = (number: number) => macFromNumber(0x020000000000 + number)
  const pairs = patternEdges(name, size)
  const guests = [...new Set(pairs.flat())].sort((a, b) => a - b).map(mac)
  const edges = pairs.map(([source, destination]) => ({
    ...{ source: mac(source), destination: mac(destination) },
    ...{ bytesPerSecond: 1e6, sinceMs: 0, isThrottled: false },
  }))
  const topology = { guests, edges }
  return { topology, patterns: recognise(topology).map(recognisedRow), names: {} }
}

/** Width and height in the header of a PNG (RFC 2083 section 11.2.2). */
function pngSize(png: Uint8Array): { readonly width: number; readonly height: number } {
  const bytes = Buffer.from(png)
  expect(bytes.subarray(1, 4).toString()).toBe('PNG')
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
}

describe('vnet matrix', () => {
  it('--svg draws the heat map', async () => {
    const file = join(folder, 'matrix.svg')
    const { status, stdout, stderr } = await run(['matrix', '--svg', file])
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: '',
      stderr: `drawn into ${file}\n`,
    })
    await expect(readFileSync(file, 'utf8')).toMatchFileSnapshot('golden/matrix.svg')
  })

  it('--png is twice as large in pixels', async () => {
    const [svg, png] = [join(folder, 'both.svg'), join(folder, 'both.png')]
    expect((await run(['matrix', '--svg', svg, '--png', png])).status).toBe(0)
    const [, width] = / width="(\d+)"/.exec(readFileSync(svg, 'utf8')) ?? []
    expect(pngSize(readFileSync(png)).width).toBe(2 * Number(width))
  })

  it('draws a large network without names', () => {
    const guests = Array.from({ length: 256 }, (_, index) => `guest ${index}`)
    const svg = matrixSvg({ ...MATRIX, guests, guestsInAll: 300, title: 'large' })
    expect(svg).toContain('44 quieter guests not shown')
    expect(svg).not.toContain('guest 7')
  })

  it('is drawn once', async () => {
    const { status, stderr } = await run(['matrix', '--watch', '--svg', join(folder, 'x.svg')])
    expect(status).toBe(2)
    expect(stderr).toContain('leave --watch out')
  })

  it('says why a file cannot be written', async () => {
    const { status, stderr } = await run(['matrix', '--svg', join(folder, 'no/where.svg')])
    expect(status).toBe(1)
    expect(stderr).toContain('cannot write the drawing')
  })
})

describe('vnet topology', () => {
  it('--svg draws a panel a pattern', async () => {
    const file = join(folder, 'topology.svg')
    expect((await run(['topology', '--svg', file])).status).toBe(0)
    await expect(readFileSync(file, 'utf8')).toMatchFileSnapshot('golden/topology.svg')
  })

  it.each<[NamedPattern, number | readonly number[]]>([
    ['bus', 9],
    ['mesh', [4, 3, 2]],
    ['torus', [4, 4]],
    ['hypercube', [4]],
    ['tree', 15],
    ['partition', [3, 4]],
    ['all-to-all', 64],
  ])('keeps the guests of a %s of %j apart and inside', (name, size) => {
    const svg = topologySvg({ ...patternView(name, size), title: name })
    const [, width, height] = / width="(\d+)" height="(\d+)"/.exec(svg) ?? []
    const guests = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map(([, x, y]) => {
      return { x: Number(x), y: Number(y) }
    })
    for (const [index, one] of guests.entries()) {
      expect(one.x).toBeGreaterThan(20)
      expect(one.x).toBeLessThan(Number(width) - 20)
      expect(one.y).toBeLessThan(Number(height) - 60)
      for (const other of guests.slice(index + 1)) {
        expect(Math.hypot(one.x - other.x, one.y - other.y)).toBeGreaterThan(50)
      }
    }
  })

  it('without a topology says so', () => {
    const svg = topologySvg({
      topology: { guests: [], edges: [] },
      patterns: [],
      names: {},
      title: '',
    })
    expect(svg).toContain('no topology')
  })
})

describe('letters', () => {
  const drawn = (text: string) =>
    pngOf(
      svgDocument({ width: 200, height: 30, title: 'letters' }, [
        svgText(5, 20, text, { size: 14 }),
      ]),
    )

  it('are there without fonts of the system', async () => {
    const [blank, words] = await Promise.all([drawn(''), drawn('vm1 größer 8 µs')])
    expect(words.length).toBeGreaterThan(blank.length + 500)
  })

  it('that mean something in XML or to a terminal are harmless', () => {
    const text = svgText(0, 0, '<script>"&\u001b[31m', { size: 10 })
    expect(text).toContain('&lt;script&gt;&quot;&amp;\\x1b[31m')
  })
})
