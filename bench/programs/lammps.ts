// LAMMPS, a molecular dynamics program, on a grid of ranks that it is told: it writes which rank
// stands where, and in every step each rank swaps the atoms near its borders with its neighbours
// (https://docs.lammps.org/processors.html, .../Developer_par_comm.html).

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TalkingGuest } from '../guests.ts'
import { until } from '../wait.ts'
import { type EdgeName, type GridPlace, gridEdges, type Score, scoreSights } from './compare.ts'
import { startMpi } from './mpi.ts'
import type { Observer, Sight } from './observe.ts'

export interface LammpsShape {
  readonly name: string
  /** Ranks along x, y and z. */
  readonly grid: readonly [number, number, number]
  /** Of the box: else atoms are reflected at its sides. */
  readonly isPeriodic: readonly [boolean, boolean, boolean]
  /** What the inference calls this graph. */
  readonly pattern: string
}

/** A periodic dimension of two ranks is one neighbour seen twice. */
export const LAMMPS_SHAPES: readonly LammpsShape[] = [
  shape('lammps-4-line', [4, 1, 1], [false, true, true], 'bus 4'),
  shape('lammps-8-ring', [8, 1, 1], [true, true, true], 'ring 8'),
  shape('lammps-8-grid', [4, 2, 1], [false, false, true], 'mesh 4x2'),
  shape('lammps-4-ring', [4, 1, 1], [true, true, true], 'ring 4'),
  shape('lammps-8-line', [8, 1, 1], [false, true, true], 'bus 8'),
  shape('lammps-8-cube', [2, 2, 2], [true, true, true], 'hypercube 3'),
]

/** Starting eight ranks on a busy machine of two cores takes seconds. */
const START_TIMEOUT_MS = 60_000
/** Unit cells of 4 atoms a side: slabs of eight ranks are wider than the forces reach. */
const CELLS = 16

export interface LammpsResult extends Score {
  readonly known: ReadonlySet<EdgeName>
  readonly sights: readonly Sight[]
}

/** Runs one shape and looks at the topology for `durationMs` of its steps. */
export async function runLammps(options: {
  readonly shape: LammpsShape
  /** As many as the shape has ranks. */
  readonly guests: readonly TalkingGuest[]
  readonly folder: string
  readonly observer: Observer
  readonly settleMs: number
  readonly durationMs: number
}): Promise<LammpsResult> {
  const { shape, guests, observer, settleMs, durationMs } = options
  const folder = join(options.folder, shape.name)
  await mkdir(folder)
  await writeFile(join(folder, 'in.melt'), lammpsInput(shape))
  const run = await startMpi({ folder, guests, command: ['lmp', '-in', 'in.melt', '-log', 'none'] })
  try {
    await until(() => run.hasEnded() || /^\s+10 /m.test(run.output()), {
      what: `the first steps of ${shape.name}`,
      timeoutMs: START_TIMEOUT_MS,
    })
    const { hasEnded } = run
    await observer.watch({ durationMs: settleMs, hasEnded })
    const sights = await observer.watch({ durationMs, hasEnded })
    if (hasEnded()) throw new Error(`${shape.name} ended early; it said:\n${run.output()}`)
    const places = readPlaces(await readFile(join(folder, 'grid.txt'), 'utf8'), guests)
    const known = gridEdges(places, shape.grid, shape.isPeriodic)
    return { known, sights, ...scoreSights(sights, known, shape.pattern) }
  } finally {
    await run.stop()
  }
}

/** A Lennard-Jones melt without end: whoever started it stops it. */
export function lammpsInput({ grid, isPeriodic }: LammpsShape): string {
  const closed = ['x', 'y', 'z'].filter((_, dimension) => !isPeriodic[dimension])
  const walls = closed.map((side) => `${side}lo EDGE ${side}hi EDGE`).join(' ')
  return [
    'units lj',
    'atom_style atomic',
    `processors ${grid.join(' ')} file grid.txt`,
    `boundary ${isPeriodic.map((is) => (is ? 'p' : 'f')).join(' ')}`,
    'lattice fcc 0.8442',
    `region box block 0 ${CELLS} 0 ${CELLS} 0 ${CELLS}`,
    'create_box 1 box',
    'create_atoms 1 box',
    'mass 1 1.0',
    'velocity all create 1.44 87287',
    'pair_style lj/cut 2.5',
    'pair_coeff 1 1 1.0 1.0 2.5',
    'fix move all nve',
    ...(walls === '' ? [] : [`fix walls all wall/reflect ${walls}`]),
    'thermo 10',
    'thermo_modify flush yes lost warn',
    'run 10000000',
    '',
  ].join('\n')
}

/** The file of `processors ... file`: one line a rank, `world universe original: i j k: host`. */
export function readPlaces(
  text: string,
  guests: readonly { readonly name: string }[],
): GridPlace[] {
  const lines = text.matchAll(/^(\d+) \d+ \d+: (\d+) (\d+) (\d+):/gm)
  return Array.from(lines, ([, rank, ...at]) => ({
    name: guests[Number(rank)]?.name ?? `rank ${rank}`,
    at: at.slice(0, 3).map((place) => Number(place) - 1),
  }))
}

function shape(
  name: string,
  grid: LammpsShape['grid'],
  isPeriodic: LammpsShape['isPeriodic'],
  pattern: string,
): LammpsShape {
  return { name, grid, isPeriodic, pattern }
}
