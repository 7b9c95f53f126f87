// The pure parts of the benchmark of programs: what is known of them, and how it is compared.

import { describe, expect, test } from 'vitest'
import {
  bothWays,
  compareEdges,
  gridEdges,
  scoreSights,
  sumStretches,
  withoutDirection,
} from '../../../bench/programs/compare.ts'
import { createRankWatch, hpccInput, PartTimes, shareOf } from '../../../bench/programs/hpcc.ts'
import { LAMMPS_SHAPES, lammpsInput, readPlaces } from '../../../bench/programs/lammps.ts'
import { mpirun } from '../../../bench/programs/mpi.ts'
import { describeMissing } from '../../../bench/programs/needs.ts'
import { describePatterns, stretchesOf } from '../../../bench/programs/observe.ts'
import { haproxyFile, tierEdges } from '../../../bench/programs/web.ts'

const named = (...names: string[]) => names.map((name) => ({ name }))

describe('edges', () => {
  test('missing and extra ones lower recall and precision', () => {
    const found = new Set(['g1>g2', 'g2>g3', 'g3>g1'])
    const known = new Set(['g1>g2', 'g2>g3', 'g3>g4', 'g4>g5'])
    const { precision, recall, missing, extra } = compareEdges(found, known)
    expect(precision).toBeCloseTo(2 / 3)
    expect(recall).toBe(0.5)
    expect(missing).toEqual(['g3>g4', 'g4>g5'])
    expect(extra).toEqual(['g3>g1'])
  })

  test('nothing found is not wrong, but misses all', () => {
    expect(compareEdges(new Set(), new Set(['a>b']))).toMatchObject({ precision: 1, recall: 0 })
    expect(compareEdges(new Set(['a>b']), new Set())).toMatchObject({ precision: 0, recall: 1 })
  })

  test('a score is the mean over all that was seen', () => {
    const known = bothWays([['a', 'b']])
    const sights = [
      { what: 'pair 2', edges: known },
      { what: 'pair 2 one-way', edges: new Set(['a>b']) },
      {
        what: 'bus 3',
        edges: bothWays([
          ['a', 'b'],
          ['b', 'c'],
        ]),
      },
      { what: 'pair 2, pair 2', edges: known },
    ]
    const score = scoreSights(sights, known, 'pair 2')
    expect(score.precision).toBe(3.5 / 4)
    expect(score.recall).toBe(3.5 / 4)
    expect(score.exactShare).toBe(0.5)
    expect(score.namedShare).toBe(0.5)
  })

  test('the tiers of a site are joined in order, through every application', () => {
    const [client, web, database, ...applications] = ['g1', 'g2', 'g3', 'g4', 'g5'].map((name) => ({
      name,
    }))
    if (client === undefined || web === undefined || database === undefined) throw new Error()
    const edges = tierEdges({ client, web, database, applications })
    expect([...edges].sort()).toEqual(['g1-g2', 'g2-g4', 'g2-g5', 'g3-g4', 'g3-g5'])
    expect(withoutDirection(['g2>g1', 'g1>g2'])).toEqual(new Set(['g1-g2']))
  })
})

describe('LAMMPS', () => {
  const guests = named('g1', 'g2', 'g3', 'g4', 'g5', 'g6', 'g7', 'g8')

  test('the file of the grid tells who stands where', () => {
    const text = [
      'LAMMPS mapping of processors to 3d grid',
      'partition = 1',
      'Px Py Pz = 2 1 1',
      'world-ID universe-ID original-ID: I J K: name',
      '',
      '0 0 0: 1 1 1: g1',
      '1 1 1: 2 1 1: g2',
    ].join('\n')
    expect(readPlaces(text, guests)).toEqual([
      { name: 'g1', at: [0, 0, 0] },
      { name: 'g2', at: [1, 0, 0] },
    ])
  })

  test.each([
    ['lammps-4-line', 6],
    ['lammps-4-ring', 8],
    ['lammps-8-ring', 16],
    ['lammps-8-line', 14],
    ['lammps-8-grid', 20],
    ['lammps-8-cube', 24],
  ])('%s has %i edges', (name, count) => {
    const shape = LAMMPS_SHAPES.find((one) => one.name === name)
    if (shape === undefined) throw new Error(`no ${name}`)
    const [x, y, z] = shape.grid
    const places = guests.slice(0, x * y * z).map((guest, rank) => ({
      name: guest.name,
      at: [Math.floor(rank / (y * z)), Math.floor(rank / z) % y, rank % z],
    }))
    expect(gridEdges(places, shape.grid, shape.isPeriodic).size).toBe(count)
  })

  test('walls stand where the box is not periodic', () => {
    const [line, ring] = LAMMPS_SHAPES
    if (line === undefined || ring === undefined) throw new Error('no shapes')
    expect(lammpsInput(line)).toContain('boundary f p p')
    expect(lammpsInput(line)).toContain('wall/reflect xlo EDGE xhi EDGE')
    expect(lammpsInput(ring)).not.toContain('wall')
  })
})

describe('HPC Challenge', () => {
  test('the input has its values where the program looks for them', () => {
    const lines = hpccInput(900, 8).split('\n')
    expect(lines[5]).toMatch(/^900 /)
    expect([lines[6], lines[7]]).toEqual(['4 number of blocks', '40 64 80 100 blocks'])
    expect([lines[10], lines[11]]).toEqual(['2 rows', '4 columns'])
    expect(lines[12]).toMatch(/^16\.0 /)
    expect(lines[22]).toMatch(/^0 broadcast/)
    expect(lines[30]).toMatch(/^8 alignment/)
    expect(lines[32]).toMatch(/^0 .*PTRANS/)
    expect(hpccInput(900, 4).split('\n').slice(10, 12)).toEqual(['2 rows', '2 columns'])
  })

  test('parts are timed as their lines appear, whole lines only', () => {
    const times = new PartTimes()
    times.read('Begin of PTRANS section.\nEnd of PTR', 100)
    times.read('Begin of PTRANS section.\nEnd of PTRANS section.\nBegin of HPL section.\n', 200)
    expect(times.parts).toEqual([
      { name: 'PTRANS', fromMs: 100, toMs: 200 },
      { name: 'HPL', fromMs: 200, toMs: null },
    ])
    expect(times.hasBegun('HPL')).toBe(true)
    expect(times.hasBegun('MPIFFT')).toBe(false)
  })

  test('the share of parts is of the time in which all ranks sent', () => {
    const sight = (atMs: number, what: string) => ({ atMs, what, edges: new Set<string>() })
    const changes = [sight(1_100, 'unknown 4'), sight(1_500, 'ring 4'), sight(1_900, 'bus 4')]
    const parts = [{ name: 'HPL', fromMs: 1_000, toMs: 1_800, seen: [] }]
    const together = [
      { fromMs: 500, toMs: 900 },
      { fromMs: 1_300, toMs: 2_000 },
    ]
    const result = { parts, changes, together, hasEnded: true }
    expect(shareOf(result, ['HPL'], 'ring 4')).toEqual({ share: 0.6, togetherMs: 500 })
    expect(shareOf(result, ['HPL'], 'bus 4').share).toBe(0)
    expect(shareOf(result, ['PTRANS'], 'ring 4')).toEqual({ share: Number.NaN, togetherMs: 0 })
  })

  test('ranks are together while each has sent enough in the last second', () => {
    const watch = createRankWatch(2)
    const sent = [0, 0]
    for (let atMs = 0; atMs <= 4_000; atMs += 100) {
      watch.see(atMs, [...sent])
      if (atMs < 3_000) sent[0] = (sent[0] ?? 0) + 1_700
      if (atMs >= 1_000) sent[1] = (sent[1] ?? 0) + 1_700
    }
    expect(watch.together()).toEqual([{ fromMs: 2_000, toMs: 3_000 }])
  })
})

test('what was seen is cut to the time that is asked for, and summed up', () => {
  const at = (atMs: number, what: string) => ({ atMs, what, edges: new Set<string>() })
  const sights = [at(0, 'ring 4'), at(400, 'pair 2'), at(600, 'ring 4')]
  const stretches = stretchesOf(sights, 100, 900)
  expect(stretches.map(({ ms }) => ms)).toEqual([300, 200, 300])
  expect(sumStretches(stretches)).toEqual([
    { what: 'ring 4', ms: 600 },
    { what: 'pair 2', ms: 200 },
  ])
})

test('patterns are named with their size', () => {
  const guests = [1, 2, 3, 4] as never[]
  const both = { direction: 'both', guests } as const
  expect(describePatterns([])).toBe('nothing')
  expect(describePatterns([{ ...both, name: 'ring', dimensions: [] }])).toBe('ring 4')
  const mesh = { name: 'mesh', dimensions: [4, 2], guests, direction: 'one-way' } as const
  expect(describePatterns([mesh, { ...both, name: 'unknown', dimensions: [] }])).toBe(
    'mesh 4x2 one-way, unknown 4',
  )
})

test('ranks are started in order, one a guest, over the guests own network', () => {
  const words = mpirun([{ address: '10.88.0.1' }, { address: '10.88.0.2' }], '/agent').join(' ')
  expect(words).toContain('-np 2 --host 10.88.0.1:1,10.88.0.2:1')
  expect(words).toContain('--mca btl_tcp_if_include 10.88.0.0/24')
})

test('haproxy asks all applications; what is missing is named by its package', () => {
  const file = haproxyFile([
    { name: 'g4', address: '10.88.0.4' },
    { name: 'g5', address: '10.88.0.5' },
  ])
  expect(file.match(/^ {2}server /gm)).toHaveLength(2)
  expect(describeMissing(['mpirun', 'lmp'], new Set(['lmp', 'wrk']))).toContain('lammps (')
  expect(describeMissing(['mpirun'], new Set(['lmp']))).toBeNull()
})
