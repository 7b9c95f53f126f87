// What the benchmarks of paths have in common: builds an overlay, measures each of its paths and
// each peer in turn, interleaved, and hands the figures to the benchmark's own judgement.

import { messageOf } from '../src/base/errors.ts'
import type { LinkShape } from '../src/lab/topology.ts'
import type { Check } from './checks.ts'
import {
  type Bench,
  type BenchContext,
  type BenchOutcome,
  type Case,
  type CaseResult,
  type Measures,
  medianOf,
  samplesOf,
} from './harness.ts'
import { resetPeakRss, sumPeakRssMB } from './machine.ts'
import { createSandbox, type Sandbox } from './netns.ts'
import {
  allowCongestionControl,
  buildUnderlay,
  GUESTS,
  HOST_ADDRESS,
  type Overlay,
  type Underlay,
} from './overlay.ts'
import { listPeerCases, reportPeers } from './peers/cases.ts'
import { type FoundPeers, findPeers } from './peers/list.ts'
import type { Peer } from './peers/peer.ts'
import { type Path, waitForPath } from './traffic.ts'

/** How it is measured, for the generated pages. */
export const UNDERLAY_METHOD = [
  'A bridge in a namespace of its own joins the proxy and two hosts (veth, MTU 1500, no ' +
    'emulated delay or rate). A guest is a namespace that holds a TAP device of its host. ' +
    'Everything, the load generators too, shares this machine. All TCP, of guests and of ' +
    'tunnels, is CUBIC.',
  '`raw`: host to host over the same veth and bridge, without overlay. `local`: two ' +
    'guests of one host. `direct`: guests of two hosts over one TLS link, sent there by ' +
    'rules. `direct-udp`: the same with datagrams beside the link. `star`: the same guests ' +
    'through the proxy, two TLS links. The cases run in turn, once a repeat.',
]

/** What a benchmark measures on: the path, and one between other guests over the same links. */
export interface Paths {
  readonly main: Path
  readonly other: Path
}

export interface PathBench {
  readonly name: string
  readonly summary: string
  readonly method: readonly string[]
  /** Cases without a peer, of `raw`, `local` and the routes of the overlay. */
  readonly paths: readonly string[]
  /** What lies between the hosts. Default: nothing but a bridge. */
  readonly wan?: LinkShape
  /** Which peers take part; undefined: all. */
  readonly peers?: readonly string[]
  /** Those that a quick run has, the fastest of each kind so far: what the checks compare with. */
  readonly yardsticks: readonly string[]
  /**
   * Peers run beside our own paths, this many at a time, each on a network of its own; for figures
   * that are far from what the machine can do. Default 0: in turn with our own.
   */
  readonly peerLanes?: number
  /** Cases that are no path, such as a ceiling. */
  more?(sandbox: Sandbox, underlay: Underlay, isQuick: boolean): readonly Case[]
  /** One repeat of all measures on a path. */
  measure(paths: Paths, isQuick: boolean): Promise<Measures>
  /** Measured once, after the repeats. */
  finish?(overlay: Overlay, isQuick: boolean): Promise<Measures>
  judge(figures: Figures): readonly Check[]
}

export type StartOverlay = (sandbox: Sandbox, underlay: Underlay) => Promise<Overlay>

/** What a run gave, for the checks. */
export interface Figures {
  /** The median of a measure of a case; null where it was not measured. */
  median(name: string, measure: string): number | null
  /** All repeats of it, in order. */
  samples(name: string, measure: string): readonly number[]
  /** What `finish` gave. */
  readonly finish: Measures
  /** Those that have figures. */
  readonly peers: readonly Peer[]
  /** Why some figures are missing. */
  readonly why: string | undefined
}

/** The benchmark on the overlay that `start` builds. */
export function benchOf(bench: PathBench, start: StartOverlay): Bench {
  const { name, summary, method } = bench
  return { name, summary, method, run: (context) => runPathBench(bench, context, start) }
}

/** Runs it on the overlay that `start` builds. What breaks leaves its checks unmeasured. */
export async function runPathBench(
  bench: PathBench,
  context: BenchContext,
  start: StartOverlay,
): Promise<BenchOutcome> {
  const wanted = context.only ?? (context.isQuick ? bench.yardsticks : bench.peers)
  const peers = await findPeers(context, ({ name }) => wanted?.includes(name) ?? true)
  const run: Run = { bench, context, peers, sandboxes: [], cases: [], finish: {} }
  const forbid = await allowCongestionControl()
  try {
    const sandbox = openSandbox(run)
    const overlay = await start(sandbox, await buildUnderlay(sandbox, bench.wan))
    await measureAll(run, overlay, sandbox)
    await overlay.stop()
  } catch (error) {
    run.why ??= messageOf(error)
    context.progress(`stopped: ${run.why}`)
  } finally {
    await forbid()
    for (const sandbox of run.sandboxes) await sandbox.close()
  }
  const { cases } = run
  const checks = bench.judge({
    median: (name, measure) => medianOf(cases, name, measure),
    samples: (name, measure) => samplesOf(cases, name, measure),
    finish: run.finish,
    peers: peers.found
      .map(({ peer }) => peer)
      .filter(({ name }) => cases.some((one) => one.name === name)),
    why: run.why,
  })
  const reports = reportPeers(peers, cases)
  return { cases, checks, ...(context.peers === 'none' ? {} : { peers: reports }) }
}

interface Run {
  readonly bench: PathBench
  readonly context: BenchContext
  readonly peers: FoundPeers
  readonly sandboxes: Sandbox[]
  cases: readonly CaseResult[]
  finish: Measures
  why?: string
}

function openSandbox({ sandboxes }: Run): Sandbox {
  const sandbox = createSandbox('b')
  sandboxes.push(sandbox)
  return sandbox
}

async function measureAll(run: Run, overlay: Overlay, sandbox: Sandbox): Promise<void> {
  const { context, bench } = run
  const { guests } = overlay
  await waitForPath({ client: guests.a1, server: guests.b1, address: GUESTS.b1.address })
  context.progress('the overlay is up')
  const isLeftOut = (name: string) => context.isQuick && name === 'local'
  const own = bench.paths.filter((name) => isThere(overlay, name) && !isLeftOut(name))
  const lanes = await listPeerLanes(run, overlay, sandbox)
  const more = bench.more?.(sandbox, overlay, context.isQuick) ?? []
  const first = [...own.map((name) => ownCase(run, overlay, name)), ...more, ...(lanes[0] ?? [])]
  const repeats = context.isQuick ? 2 : 3
  const results = await Promise.all(
    [first, ...lanes.slice(1)].map((cases) => context.interleave(cases, repeats)),
  )
  // A peer that never ran is named among the skipped, not shown as an empty row.
  const measured = results.flat().filter(({ measures }) => Object.keys(measures).length > 0)
  const place = ({ name }: CaseResult) =>
    run.peers.found.findIndex(({ peer }) => peer.name === name)
  run.cases = measured.sort((a, b) => place(a) - place(b))
  run.finish = (await bench.finish?.(overlay, context.isQuick)) ?? {}
}

/** The peers' cases: those of the first lane run in turn with ours, the others beside. */
async function listPeerLanes(run: Run, overlay: Overlay, sandbox: Sandbox): Promise<Case[][]> {
  const { bench, context, peers } = run
  const options = {
    ...(context.isQuick ? { repeatsMax: 1 } : {}),
    measure: (path: Path) => bench.measure({ main: path, other: path }, context.isQuick),
  }
  const count = bench.peerLanes ?? 0
  if (count === 0) return [listPeerCases({ ...options, peers, sandbox, underlay: overlay })]
  const lanes: Case[][] = [[]]
  for (let lane = 0; lane < count; lane += 1) {
    const place = openSandbox(run)
    const underlay = await buildUnderlay(place, bench.wan)
    const found = peers.found.filter((_, index) => index % count === lane)
    const some = { ...peers, found }
    lanes.push(listPeerCases({ ...options, peers: some, sandbox: place, underlay }))
  }
  return lanes
}

function isThere(overlay: Overlay, name: string): boolean {
  return name === 'raw' || name === 'local' || overlay.routes.some((route) => route === name)
}

/** A path of ours. Where it breaks the others go on, and the run does not pass. */
function ownCase(run: Run, overlay: Overlay, name: string): Case {
  const measure = async () => {
    const route = overlay.routes.find((one) => one === name)
    if (route !== undefined) await overlay.route(route)
    await resetPeakRss(overlay.pids)
    const paths = pathsOf(overlay, name)
    await waitForPath(paths.main)
    const measures = await run.bench.measure(paths, run.context.isQuick)
    if (name === 'raw') return measures
    return { ...measures, peakRssMB: await sumPeakRssMB(overlay.pids) }
  }
  return {
    name,
    ...(run.context.isQuick && name === 'raw' ? { repeatsMax: 1 } : {}),
    measure: () =>
      measure().catch((error) => {
        run.why ??= `${name}: ${messageOf(error)}`
        run.context.progress(`${name} breaks: ${messageOf(error)}`)
        return {}
      }),
  }
}

function pathsOf({ hosts, guests }: Overlay, name: string): Paths {
  if (name === 'raw') {
    const raw = { client: hosts.alpha, server: hosts.beta, address: HOST_ADDRESS.beta }
    return { main: raw, other: raw }
  }
  if (name === 'local') {
    const near = { client: guests.a1, server: guests.a2, address: GUESTS.a2.address }
    return { main: near, other: near }
  }
  return {
    main: { client: guests.a1, server: guests.b1, address: GUESTS.b1.address },
    other: { client: guests.a2, server: guests.b2, address: GUESTS.b2.address },
  }
}
