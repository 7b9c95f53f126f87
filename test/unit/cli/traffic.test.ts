// The commands about the application's traffic, through the real admin server: what they ask, what
// they change, and what a terminal shows of maps larger than itself.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseMac } from '../../../src/base/mac.ts'
import { paintOff } from '../../../src/cli/output.ts'
import { patternText } from '../../../src/cli/views/guests.ts'
import { viewMatrix } from '../../../src/cli/views/matrix.ts'
import { sketch } from '../../../src/cli/views/sketch.ts'
import { viewTopology } from '../../../src/cli/views/topology.ts'
import type { MatrixView, RecognisedRow } from '../../../src/control/api.ts'
import { recognisedRow } from '../../../src/control/inferred.ts'
import { type NamedPattern, patternEdges } from '../../../src/infer/patterns.ts'
import { recognise } from '../../../src/infer/recognise.ts'
import { type FixedDaemon, startFixedDaemon } from '../../support/admin-data.ts'
import { MATRIX } from '../../support/admin-inference.ts'
import { NOW_MS } from '../../support/admin-links.ts'
import { vnet } from '../../support/cli.ts'

let daemon: FixedDaemon
beforeAll(async () => {
  daemon = await startFixedDaemon()
})
afterAll(() => daemon.close())
const run = (words: readonly string[], isTTY = false) =>
  vnet(words, { env: { VNET_SOCKET: daemon.socket }, isTTY })

describe('vnet matrix', () => {
  it('is coloured by rate on a terminal, and laid out the same', async () => {
    const plain = await run(['matrix'])
    const painted = await run(['matrix'], true)
    expect(painted.stdout).toContain('\u001b[38;5;196m██')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are meant
    expect(painted.stdout.replaceAll(/\u001b\[[\d;]+m/g, '')).toBe(plain.stdout)
  })

  it('tells pair by pair why one is no edge', async () => {
    const { stdout } = await run(['matrix', '--pairs', '-n', '15'])
    await expect(stdout).toMatchFileSnapshot('golden/matrix-pairs.txt')
  })

  it('leaves out the quietest guests where the terminal is too narrow', () => {
    const text = viewMatrix(MATRIX, { paint: paintOff, nowMs: NOW_MS, columns: 38 })
    expect(text).toContain('and 4 quieter guests')
    expect(text).toContain('vm3')
    expect(text).not.toContain('web1')
    const lines = text.split('\n').filter((line) => /^ \d/.test(line))
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(38)
  })

  it('says so when the last decision is old', () => {
    const options = { paint: paintOff, nowMs: NOW_MS + 60_000 }
    for (const page of [viewMatrix(MATRIX, options), viewTopology(MATRIX, options)]) {
      expect(page).toContain("decided 1 min ago: 'vnet get inference' tells")
    }
  })

  it('shows background alone, and nothing at all', () => {
    const options = { paint: paintOff, nowMs: NOW_MS }
    const quiet: MatrixView = {
      ...MATRIX,
      topology: { guests: [], edges: [] },
      patterns: [],
      pairs: MATRIX.pairs.filter(({ verdict }) => verdict !== 'edge'),
    }
    expect(viewMatrix(quiet, options)).toContain('· no edge: 1 floor, 1 below-threshold, 1 group')
    expect(viewMatrix({ ...quiet, pairs: [] }, options)).toContain('no traffic between guests')
  })
})

describe('vnet topology', () => {
  it('--dot is for Graphviz', async () => {
    const { status, stdout } = await run(['topology', '--dot'])
    expect(status).toBe(0)
    await expect(stdout).toMatchFileSnapshot('golden/topology.dot')
  })
})

describe('a pattern in words', () => {
  it('has no direction where it has no name', () => {
    const [first] = MATRIX.patterns
    if (first === undefined) throw new Error('there is a pattern')
    expect(patternText(first)).toBe('partition 2+3 of 5, one way')
    expect(patternText({ ...first, name: 'unknown' })).toBe('no known pattern of 5')
  })
})

describe('vnet history', () => {
  it('asks for what was wanted', async () => {
    await run(['history', '--since', '2h', '-n', '1'])
    const query = { sinceMs: NOW_MS - 2 * 3_600_000, limit: 1 }
    expect(daemon.asked.at(-1)).toEqual(['history', query])
  })
})

describe('vnet get and set', () => {
  it('get one value for a script, set it, and set it back', async () => {
    expect((await run(['get', 'smoothingIntervalMs'])).stdout).toBe('5000\n')
    const { stdout } = await run(['set', 'smoothingIntervalMs', '2500'])
    expect(stdout).toBe('smoothingIntervalMs is 2500 ms, was 5000\n')
    expect(daemon.asked.at(-1)).toEqual(['setParameter', 'smoothingIntervalMs', 2_500])
    await run(['set', 'smoothingIntervalMs', 'default'])
    expect(daemon.asked.at(-1)).toEqual(['setParameter', 'smoothingIntervalMs', 1_000])
  })

  it('refuse what is no number and what is no parameter', async () => {
    const word = await run(['set', 'hysteresis', 'high'])
    expect(word.status).toBe(2)
    expect(word.stderr).toContain('give 0.05 to 1')
    const name = await run(['get', 'smoothinIntervalMs'])
    expect(name.status).toBe(1)
    expect(name.stderr).toContain("did you mean 'smoothingIntervalMs'?")
  })
})

describe('vnet guest', () => {
  it('names a guest, takes the name away, and lists', async () => {
    const named = await run(['guest', 'name', '52-54-00-00-00-03', 'data base'])
    expect(named.stdout).toBe('52:54:00:00:00:03 is called data base\n')
    expect(daemon.asked.at(-1)).toEqual([
      'nameGuest',
      { mac: '52:54:00:00:00:03', name: 'data base' },
    ])
    const without = await run(['guest', 'name', '52:54:00:00:00:03', ''])
    expect(without.stdout).toBe('52:54:00:00:00:03 has no name now\n')
    expect((await run(['guest', 'list'])).stdout).toContain('52:54:00:00:00:05  web1')
    const bad = await run(['guest', 'name', '52:54:00:00:00:03', 'a\u001b[31m'])
    expect(bad.status).toBe(1)
    expect(bad.stderr).toContain('not a name')
  })
})

describe('a sketch', () => {
  const letters = (count: number) => [...'abcdefghijklmnop'].slice(0, count)

  /** The pattern, recognised from its edges between guests called a, b, c, ... */
  function recognised(name: NamedPattern, size: number | readonly number[]) {
    const mac = (number: number) =>
      parseMac(`02:00:00:00:00:${number.toString(16).padStart(2, '0')}`)
    const pairs = patternEdges(name, size)
    const guests = [...new Set(pairs.flat())].sort((a, b) => a - b).map(mac)
    const edges = pairs.map(([source, destination]) => ({
      ...{ source: mac(source), destination: mac(destination) },
      ...{ bytesPerSecond: 1e6, sinceMs: 0, isThrottled: false },
    }))
    const [found] = recognise({ guests, edges })
    if (found === undefined) throw new Error('nothing was recognised')
    const names = Object.fromEntries(letters(guests.length).map((text, at) => [mac(at), text]))
    const row: RecognisedRow = recognisedRow(found)
    return sketch(row, names)
  }

  it.each<[NamedPattern, number | readonly number[], readonly string[]]>([
    ['pair', 2, ['a -- b']],
    ['ring', 5, ['a -- b -- c -- d -- e -- (a)']],
    ['all-to-all', 4, ['a, b, c, d']],
    ['one-to-all', 4, ['a -> b, c, d']],
    ['partition', [2, 3], ['{ a, b } => { c, d, e }']],
    ['mesh', [3, 2], ['a -- b', 'c -- d', 'e -- f']],
    ['tree', 7, ['a', '|- b', '|  |- d', '|  `- e', '`- c', '   |- f', '   `- g']],
    ['hypercube', [3], []],
  ])('of a %s of %j', (name, size, lines) => {
    expect(recognised(name, size)).toEqual(lines)
  })
})
