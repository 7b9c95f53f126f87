// `vnet bench programs`: programs that others wrote, on guests of the real overlay, and what is
// inferred of them beside what they are known to do.

import { messageOf } from '../src/base/errors.ts'
import { type Check, check } from './checks.ts'
import { type GuestNetwork, startGuestNetwork } from './guests.ts'
import type { Bench, BenchContext, Case, CaseResult, Section } from './harness.ts'
import { createSandbox, type Sandbox } from './netns.ts'
import { findPostgres } from './programs/database.ts'
import { runHpcc, shareOf } from './programs/hpcc.ts'
import { LAMMPS_SHAPES, runLammps } from './programs/lammps.ts'
import { describeMissing, findMissing, type Need } from './programs/needs.ts'
import { createObserver, type Observer } from './programs/observe.ts'
import { describeHpcc, describeSights } from './programs/sections.ts'
import { runWeb, WEB_SHAPES } from './programs/web.ts'

/** Three smoothing intervals: what a program did while it started is no longer in the window. */
const SETTLE_MS = 3_000
/** Of the matrices of HPC Challenge: they set how long its parts last. */
const HPCC_ROWS = 600
const QUICK: ReadonlySet<string> = new Set([
  ...['hpcc-4', 'lammps-4-ring', 'web-2-applications', 'lammps-8-ring'],
])

export const programsBench: Bench = {
  name: 'programs',
  summary: 'known programs on the overlay: what is inferred of them beside what they do',
  method: [
    'Eight guests (namespaces with a TAP device each) on four hosts, a proxy, real daemons, all ' +
      'parameters at their defaults. Cases of 4 ranks use the first four guests.',
    'LAMMPS (a Lennard-Jones melt of 16,384 atoms) splits its box over a grid of ranks and ' +
      'writes which rank stands where: neighbours swap the atoms near their borders in each ' +
      'step. Its known edges are made from that file. The site is wrk in g1, haproxy in g2, ' +
      'PostgreSQL in g3, and one or two Node processes, which ask the database by psql, in g4 ' +
      'and g5; its known edges are those between the tiers, whichever way the bytes go. The ' +
      'topology is looked at ten times a second, from 3 s after the first steps or requests ' +
      'on; precision and recall ' +
      'are means over these sights, exactShare is the share of them without a wrong or missing ' +
      'edge, namedShare the share with the right name.',
    'HPC Challenge writes when its parts begin and end; the changes that the proxy kept are ' +
      'summed up by part. MPI is Open MPI over TCP, each rank under a host name of its own so ' +
      'that none uses shared memory. More ranks than processors: they wait for each other by ' +
      'spinning, at a low priority. In RandomAccess each rank has its share of updates, in tiny ' +
      'messages, at rates not far above the idle floor. Ranks that have done theirs wait for the ' +
      'others, and those that get no processor for a second send nothing meanwhile: then it is ' +
      'not all-to-all that happens, and not what is inferred. randomAccessNamedShare is of the ' +
      'time in which all ranks sent (randomAccessTogetherSeconds), by the counters of the ' +
      "guests' devices: at least the floor, 16 kB/s, for each other rank over the last second.",
  ],
  run: async (context) => {
    const missing = await findMissing(context)
    const sandbox = createSandbox('p')
    try {
      const network = await startGuestNetwork(sandbox)
      context.progress('the overlay is up')
      const stage = createStage(context, sandbox, network)
      const plays = listPlays(stage).filter(
        ({ name }) => !context.isQuick || QUICK.has(name) || context.only?.includes(name),
      )
      const ready = plays.filter(({ needs }) => describeMissing(needs, missing) === null)
      const cases = await context.interleave(ready.map(stage.guard), 1)
      await network.close()
      const whyOf = (prefix: string) =>
        describeMissing(plays.find(({ name }) => name.startsWith(prefix))?.needs ?? [], missing)
      return { cases, checks: judge(cases, whyOf), sections: stage.sections }
    } finally {
      await sandbox.close()
    }
  },
}

interface Stage {
  readonly isQuick: boolean
  readonly network: GuestNetwork
  readonly folder: string
  readonly observer: Observer
  readonly durationMs: number
  /** Grows as programs run. */
  readonly sections: Section[]
  /** The same case, but a program that fails is told and has no figures. */
  guard(play: Case): Case
}

interface Play extends Case {
  readonly needs: readonly Need[]
}

function createStage(context: BenchContext, sandbox: Sandbox, network: GuestNetwork): Stage {
  const names = new Map(network.guests.map(({ mac, name }) => [mac, name]))
  const sections: Section[] = []
  const tell = (name: string, error: unknown) => {
    const lines = messageOf(error).split('\n')
    sections.push({ title: `${name} failed`, lines })
    context.progress(`${name} failed: ${lines.join('\n')}`)
    return {}
  }
  return {
    isQuick: context.isQuick,
    network,
    folder: sandbox.folder,
    observer: createObserver(network.network.proxy.admin, names),
    durationMs: context.isQuick ? 3_000 : 8_000,
    sections,
    guard: ({ name, measure }) => ({
      name,
      measure: () => measure().catch((error) => tell(name, error)),
    }),
  }
}

/**
 * Each uses at least the guests of those before: edges of guests that fell silent are held for a
 * while, and would be taken for the next program's.
 */
function listPlays(stage: Stage): Play[] {
  const lammps = (ranks: number) =>
    LAMMPS_SHAPES.filter(({ name }) => name.includes(`-${ranks}-`)).map((shape) =>
      lammpsPlay(stage, shape),
    )
  return [
    hpccPlay(stage, 4),
    ...lammps(4),
    ...WEB_SHAPES.map((shape) => webPlay(stage, shape)),
    ...lammps(8),
    hpccPlay(stage, 8),
  ]
}

function lammpsPlay(stage: Stage, shape: (typeof LAMMPS_SHAPES)[number]): Play {
  const { network, folder, observer, durationMs, sections } = stage
  const guests = network.guests.slice(
    0,
    shape.grid.reduce((ranks, size) => ranks * size, 1),
  )
  return {
    name: shape.name,
    needs: ['mpirun', 'lmp'],
    async measure() {
      const times = { settleMs: SETTLE_MS, durationMs }
      const result = await runLammps({ shape, guests, folder, observer, ...times })
      const about = `LAMMPS on a grid of ${shape.grid.join('x')} ranks: ${shape.pattern}`
      sections.push(describeSights(shape.name, about, result))
      return figuresOf(result)
    },
  }
}

function webPlay(stage: Stage, shape: (typeof WEB_SHAPES)[number]): Play {
  const { network, folder, observer, durationMs, sections } = stage
  return {
    name: shape.name,
    needs: ['haproxy', 'wrk', 'curl', 'psql', 'postgres'],
    async measure() {
      const programs = (await findPostgres()) ?? ''
      const times = { settleMs: SETTLE_MS, durationMs }
      const { guests } = network
      const result = await runWeb({ shape, guests, programs, folder, observer, ...times })
      const about = `wrk - haproxy - ${shape.applications} x Node - PostgreSQL: ${shape.pattern}`
      sections.push(describeSights(shape.name, about, result))
      return figuresOf(result)
    },
  }
}

function hpccPlay(stage: Stage, ranks: 4 | 8): Play {
  const { network, folder, observer, isQuick, sections } = stage
  const name = `hpcc-${ranks}`
  const guests = network.guests.slice(0, ranks)
  return {
    name,
    needs: ['mpirun', 'hpcc'],
    async measure() {
      const bounds = isQuick ? { until: 'LatencyBandwidth', limitMs: 40_000 } : { limitMs: 120_000 }
      const size = HPCC_ROWS
      const result = await runHpcc({ name, guests, folder, observer, size, ...bounds })
      sections.push(describeHpcc(name, result))
      const both = ['MPIRandomAccess', 'MPIRandomAccess_LCG']
      const { share, togetherMs } = shareOf(result, both, `all-to-all ${ranks}`)
      return { randomAccessNamedShare: share, randomAccessTogetherSeconds: togetherMs / 1_000 }
    },
  }
}

interface Figures {
  readonly precision: number
  readonly recall: number
  readonly exactShare: number
  readonly namedShare: number
}

const figuresOf = ({ precision, recall, exactShare, namedShare }: Figures) => ({
  ...{ precision, recall, exactShare, namedShare },
})

function judge(cases: readonly CaseResult[], whyOf: (prefix: string) => string | null): Check[] {
  const least = (prefix: string, measure: string, target: number) => {
    const values = cases
      .filter(({ name }) => name.startsWith(prefix))
      .map(({ measures }) => measures[measure]?.median ?? Number.NaN)
    const name = `${prefix}${measure[0]?.toUpperCase()}${measure.slice(1)}Least`
    const why = whyOf(prefix) ?? (values.length === 0 ? 'was not run' : 'a program failed')
    const value = values.length === 0 ? null : Math.min(...values) // one NaN makes it NaN
    return check({ name, value, unit: '', op: '>=', target, why })
  }
  return [
    ...['lammps', 'web'].flatMap((prefix) => [
      least(prefix, 'precision', 0.98),
      least(prefix, 'recall', 0.98),
      least(prefix, 'namedShare', 0.9),
    ]),
    least('hpcc', 'randomAccessNamedShare', 0.5),
  ]
}
