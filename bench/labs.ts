// The lab that a benchmark runs on: one that is up, or one of its own in a folder of its own, which
// can get in the way of nobody's and is taken away at the end, also after Ctrl-C.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findTopology } from '../src/lab/commands.ts'
import { attachLab, type Lab, openLab } from '../src/lab/handle.ts'
import { labDownAll } from '../src/lab/teardown.ts'

export interface LabChoice {
  /** A lab that is up; it stays. */
  readonly lab?: string | undefined
  /** A topology file, or the name of one that is there; ignored with `lab`. */
  readonly topology: string
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Calls `act` with the lab. Only one lab of its own at a time in a process. */
export async function withLab<T>(
  choice: LabChoice,
  progress: (text: string) => void,
  act: (lab: Lab) => Promise<T>,
): Promise<T> {
  if (choice.lab !== undefined) return act(attachLab(choice.lab))
  const folder = await mkdtemp(join(tmpdir(), 'vnbench-'))
  const before = process.env.VNET_LAB_DIR
  process.env.VNET_LAB_DIR = join(folder, 'labs')
  // Once, whoever asks: the end, or a signal meanwhile.
  let cleared: Promise<void> | null = null
  const clear = () => {
    cleared ??= labDownAll().then(() => rm(folder, { recursive: true, force: true }))
    return cleared
  }
  const interrupt = new AbortController()
  // While it comes up, labUp itself takes away what there is.
  let isUp = false
  const onSignal = () => {
    interrupt.abort(new Error('interrupted'))
    if (isUp) void clear().finally(() => process.exit(130))
  }
  for (const name of SIGNALS) process.on(name, onSignal)
  try {
    const lab = await openLab(findTopology(choice.topology), { signal: interrupt.signal })
    isUp = true
    progress(`the lab is up: ${lab.plan.guests.length} guests`)
    return await act(lab)
  } finally {
    await clear()
    if (before === undefined) delete process.env.VNET_LAB_DIR
    else process.env.VNET_LAB_DIR = before
    for (const name of SIGNALS) process.off(name, onSignal)
  }
}
