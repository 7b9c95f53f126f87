// What the fixed proxy of admin-data.ts knows of the application: a ring of four guests, a
// partition of two and three, background traffic, and a host whose reports are missing.

import { VnetError } from '../../src/base/errors.ts'
import { type MacAddress, parseMac } from '../../src/base/mac.ts'
import type { HistoryRow, MatrixView } from '../../src/control/api.ts'
import type { InferenceBackend, InferenceFigures } from '../../src/control/backend.ts'
import { matrixView } from '../../src/control/inferred.ts'
import { DEFAULT_INFER_PARAMETERS, INFER_PARAMETERS } from '../../src/infer/parameters.ts'
import { patternEdges } from '../../src/infer/patterns.ts'
import { recognise } from '../../src/infer/recognise.ts'
import type {
  ChangeEvent,
  Edge,
  PairState,
  Recognised,
  TickRecord,
  Topology,
} from '../../src/infer/types.ts'
import { MINUTE_MS, NOW_MS } from './admin-links.ts'

const guest = (number: number): MacAddress =>
  parseMac(`52:54:00:00:00:${number.toString(16).padStart(2, '0')}`)

/** Guests 1 to 4, in another order than the ring's. */
const RING = [1, 3, 2, 4].map(guest)
const SETS = [5, 6, 7, 8, 9].map(guest)

function edgesOf(
  pairs: readonly (readonly [number, number])[],
  guests: readonly MacAddress[],
  bytesPerSecond: (index: number) => number,
): Edge[] {
  return pairs.flatMap(([from, to], index) => {
    const [source, destination] = [guests[from], guests[to]]
    if (source === undefined || destination === undefined) return []
    return [
      {
        ...{ source, destination },
        bytesPerSecond: bytesPerSecond(index),
        sinceMs: NOW_MS - 3 * MINUTE_MS,
        isThrottled: index === 2,
      },
    ]
  })
}

const EDGES = [
  ...edgesOf(patternEdges('ring', 4), RING, (index) => 12_500_000 * (1 + index)),
  ...edgesOf(patternEdges('partition', [2, 3]), SETS, (index) => 250_000 * (1 + index)),
].sort((a, b) => (a.source + a.destination < b.source + b.destination ? -1 : 1))

export const TOPOLOGY: Topology = {
  guests: [1, 2, 3, 4, 5, 6, 7, 8, 9].map(guest),
  edges: EDGES,
}
const PATTERNS: readonly Recognised[] = recognise(TOPOLOGY)

export const CHANGE: ChangeEvent = {
  atMs: NOW_MS - 3 * MINUTE_MS,
  firstFrameMs: NOW_MS - 3 * MINUTE_MS - 280,
  added: EDGES.map(({ source, destination }) => ({ source, destination })),
  removed: [],
  before: [],
  after: PATTERNS,
  stages: { countMs: 100, reportMs: 12, smoothMs: 100, decideMs: 68 },
}

const PAIRS: readonly PairState[] = [
  ...EDGES.map(({ source, destination, bytesPerSecond }): PairState => {
    return {
      ...{ source, destination, bytesPerSecond },
      smoothedBytesPerSecond: bytesPerSecond,
      framesPerSecond: bytesPerSecond / 1_000,
      droppedFramesPerSecond: 0,
      verdict: 'edge',
      threshold: 20_000,
    }
  }),
  background(guest(1), guest(5), 2_000, 'floor'),
  background(guest(6), guest(4), 17_000, 'below-threshold'),
  background(guest(1), parseMac('ff:ff:ff:ff:ff:ff'), 300, 'group'),
]

function background(
  source: MacAddress,
  destination: MacAddress,
  bytesPerSecond: number,
  verdict: PairState['verdict'],
): PairState {
  return {
    ...{ source, destination, bytesPerSecond, verdict },
    smoothedBytesPerSecond: bytesPerSecond,
    framesPerSecond: 5,
    droppedFramesPerSecond: 0,
    threshold: 20_000,
  }
}

const HOST = { state: 'fresh', lostReports: 0, duplicateReports: 0, skewMs: 0.4 } as const

const RECORD: TickRecord = {
  tick: 4_242,
  atMs: NOW_MS - 40,
  parameters: DEFAULT_INFER_PARAMETERS,
  hosts: [
    { ...HOST, name: 'alpha' },
    { ...HOST, name: 'beta', lostReports: 3 },
    { ...HOST, name: 'gamma', state: 'lost', skewMs: 0 },
  ],
  pairs: PAIRS,
  topology: TOPOLOGY,
  patterns: PATTERNS,
  change: null,
}

const NAMES = {
  [guest(1)]: 'vm1',
  [guest(2)]: 'vm2',
  [guest(3)]: 'vm3',
  [guest(4)]: 'vm4',
  [guest(5)]: 'web1',
  [guest(6)]: 'web2',
}

export const MATRIX: MatrixView = matrixView(RECORD, { change: CHANGE, names: NAMES })
const { pairs: _, ...view } = MATRIX
export const TOPOLOGY_VIEW = view

const { change } = view
if (change === null) throw new Error('there is a change')
export const HISTORY: readonly HistoryRow[] = [
  { id: 2, change, topology: TOPOLOGY, names: NAMES },
  {
    id: 1,
    change: {
      ...change,
      atMs: NOW_MS - 20 * MINUTE_MS,
      firstFrameMs: NOW_MS - 20 * MINUTE_MS - 1_200,
      after: [],
      removed: change.added,
      added: [],
    },
    topology: { guests: [], edges: [] },
    names: NAMES,
  },
]

export const PARAMETERS = INFER_PARAMETERS.map((spec) => ({
  ...spec,
  value: spec.name === 'smoothingIntervalMs' ? 5_000 : spec.default,
}))

const FIGURES: InferenceFigures = {
  ...{ reports: 9_000, lostReports: 3, lateReports: 2, duplicateReports: 1, refusedReports: 0 },
  ...{ refusedPairs: 0, changes: 2, refusedMessages: 0, guests: 6, pairs: 8, edges: 8 },
  ...{ updateIntervalMs: 100, foreignPairs: 0, reportDelaySeconds: 45 },
  ...{ ticks: 600, tickSeconds: 0.7, longestTickMs: 4.5, latestTickMs: 1.5 },
}

/** Answers with the values above; what is set is recorded. */
export function fixedInference(
  note: (act: string, ...details: unknown[]) => void,
): InferenceBackend {
  return {
    matrix: () => MATRIX,
    topology: () => TOPOLOGY_VIEW,
    history: (query) => {
      note('history', query)
      return HISTORY.slice(0, query.limit)
    },
    parameters: () => PARAMETERS,
    setParameter: (name, value) => {
      note('setParameter', name, value)
      const row = PARAMETERS.find((one) => one.name === name)
      if (row === undefined) {
        throw new VnetError('parameter-unknown', `there is no parameter '${name}'`)
      }
      return { ...row, value }
    },
    guestNames: () => Object.entries(NAMES).map(([mac, name]) => ({ mac: parseMac(mac), name })),
    nameGuest: (named) => note('nameGuest', named),
    figures: () => FIGURES,
  }
}
