// The last chapters of `vnet demo`: a parallel program on eight machines of a cluster, first over
// the star, then left to the network, which sees who talks to whom and makes fast paths.

import { setTimeout as sleep } from 'node:timers/promises'
import { SCENARIOS, type Scenario } from '../../../bench/adaptation/scenario.ts'
import { startWatched, type WatchedJob } from '../../../bench/adaptation/watch.ts'
import { VnetError } from '../../base/errors.ts'
import { findTopology } from '../../lab/commands.ts'
import { type DemoOptions, look } from '../../lab/demo.ts'
import { type Lab, openLab } from '../../lab/handle.ts'
import { readState } from '../../lab/state.ts'
import { labDown } from '../../lab/teardown.ts'

/** Of the links that are made, so many are told with their reasons. */
const TOLD_LINKS = 4
/** The network has settled when it did nothing for so long. */
const QUIET_MS = 1_500
const SETTLED_WITHIN_MS = 20_000
const ITERATIONS = 5
const POLL_MS = 100
/** Small, so that all is seen within a second or two. */
const MESSAGE_BYTES = 16_384
/** Less would not be worth a demonstration: something is wrong. */
const SPEEDUP_MIN = 1.5

/** Tells it. @throws VnetError when it does not work, or brings nothing. */
export async function tellAdaptation(options: DemoOptions): Promise<void> {
  const { tell, signal } = options
  const [scenario] = SCENARIOS
  if (scenario === undefined) throw new Error('the cluster is the first scenario')
  const wasUp = readState(scenario.topology)?.isComplete === true
  const chapter = (title: string) => {
    signal?.throwIfAborted()
    tell(`\n== ${title}`)
  }
  chapter('A parallel program on a cluster of eight machines; the adaptation is off at first')
  let lab: Lab | null = null
  try {
    lab = await openLab(findTopology(scenario.topology), {
      progress: (line) => tell(`   ${line}`),
      ...(signal === undefined ? {} : { signal }),
    })
    await runProgram(lab, scenario, { ...options, chapter })
  } finally {
    if (lab !== null && !options.isKept && !wasUp) {
      tell('\n== Taking everything away')
      await labDown(lab.name)
    }
  }
}

interface Story extends DemoOptions {
  readonly chapter: (title: string) => void
}

async function runProgram(lab: Lab, scenario: Scenario, { tell, chapter }: Story): Promise<void> {
  const admin = lab.admin('proxy')
  await admin.setAdaptation('off')
  const job = await startWatched(lab, { ...scenario, messageBytes: MESSAGE_BYTES })
  try {
    tell('   in each iteration every guest sends 16 KB to every other, all through the proxy')
    await job.median(1, 0)
    const starMs = await job.median(ITERATIONS, 0)
    tell(`   ${Math.round(starMs)} ms an iteration`)
    chapter('What the proxy sees: vnet topology, vnet matrix')
    const [pattern = ''] = (await look(lab, ['topology'])).split(/\n\s*FROM /)
    tell(`${pattern.trimEnd()}\n\n${await look(lab, ['matrix'])}`)
    chapter('vnet adapt auto: the network may help itself')
    await admin.setAdaptation('auto')
    await settle(lab)
    tell(await reasons(lab))
    const ownMs = await job.median(ITERATIONS * 4, 0)
    const speedup = starMs / ownMs
    tell(`   ${Math.round(ownMs)} ms an iteration: ${speedup.toFixed(1)} times as fast`)
    if (speedup < SPEEDUP_MIN) {
      throw new VnetError('demo', `the program runs only ${speedup.toFixed(2)} times as fast`)
    }
  } finally {
    await endQuietly(job)
  }
}

/** Its failure has been told already, by whoever waited for iterations. */
async function endQuietly(job: WatchedJob): Promise<void> {
  await job.end().catch(() => null)
}

/** Until there are links, none is on its way, and the network has been quiet for a while. */
async function settle(lab: Lab): Promise<void> {
  const admin = lab.admin('proxy')
  const deadlineMs = Date.now() + SETTLED_WITHIN_MS
  let last = ''
  let sinceMs = Date.now()
  for (;;) {
    const { links } = await admin.adaptation()
    const now = JSON.stringify(links.map(({ a, b, phase }) => [a, b, phase]))
    if (now !== last) sinceMs = Date.now()
    last = now
    if (links.length > 0 && Date.now() - sinceMs > QUIET_MS) return
    if (Date.now() > deadlineMs) {
      throw new VnetError('demo', `the network did not settle: ${links.length} fast paths`)
    }
    await sleep(POLL_MS)
  }
}

async function reasons(lab: Lab): Promise<string> {
  const { links } = await lab.admin('proxy').adaptation()
  const told = links.slice(0, TOLD_LINKS).map(({ a, b, reason }) => `   ${a} - ${b}: ${reason}`)
  const more = links.length - told.length
  const rest = more > 0 ? [`   and ${more} more: vnet adapt, vnet events`] : []
  return [`   ${links.length} fast paths:`, ...told, ...rest].join('\n')
}
