// MPI programs on guests: mpirun in the first one starts a rank in each, through an agent that
// enters the guest's namespace where a cluster would have ssh.

import { once } from 'node:events'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TalkingGuest } from '../guests.ts'

export interface MpiRun {
  /** What rank 0 and mpirun said so far: the last part of it. */
  output(): string
  hasEnded(): boolean
  /** Ends it if it still runs, with all its ranks. */
  stop(): Promise<void>
}

const OUTPUT_CHARACTERS_MAX = 20_000
/** Ranks give way to the daemons: many more of them than processors wait by spinning. */
const NICE = '10'

/**
 * Starts one rank a guest, in the guests' order, in `folder` (which all of them share).
 * Each has a UTS name of its own, so that Open MPI takes them for machines and does not look for
 * shared memory; what they say goes by TCP over the overlay (mpirun(1), options `--mca`).
 */
export async function startMpi(options: {
  readonly folder: string
  readonly guests: readonly TalkingGuest[]
  readonly command: readonly string[]
}): Promise<MpiRun> {
  const { folder, guests, command } = options
  const [first] = guests
  if (first === undefined) throw new Error('an MPI program needs guests')
  const agent = join(folder, 'agent')
  await writeFile(agent, writeAgent(guests))
  await chmod(agent, 0o755)
  const named = ['-u', 'sh', '-c', `hostname ${first.name}; exec "$@"`, 'sh']
  const child = first.namespace.spawn(
    'unshare',
    [...named, 'nice', '-n', NICE, ...mpirun(guests, agent), ...command],
    { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk).slice(-OUTPUT_CHARACTERS_MAX)
  }
  child.stdout?.on('data', keep)
  child.stderr?.on('data', keep)
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null
  return {
    output: () => output,
    hasEnded,
    async stop() {
      if (hasEnded()) return
      child.kill('SIGTERM')
      await once(child, 'exit')
    },
  }
}

/** The words before the program's own. */
export function mpirun(guests: readonly { readonly address: string }[], agent: string): string[] {
  const subnet = `${guests[0]?.address.split('.').slice(0, 3).join('.')}.0/24`
  const settings = {
    plm_rsh_agent: agent,
    plm_rsh_no_tree_spawn: '1',
    btl: 'tcp,self',
    btl_tcp_if_include: subnet,
    oob_tcp_if_include: subnet,
    mpi_yield_when_idle: '1',
  }
  return [
    ...['mpirun', '--allow-run-as-root', '-np', String(guests.length)],
    ...['--host', guests.map(({ address }) => `${address}:1`).join(',')],
    ...Object.entries(settings).flatMap(([name, value]) => ['--mca', name, value]),
  ]
}

/** Called as ssh would be: the address, then the words of a command for a shell. */
function writeAgent(guests: readonly TalkingGuest[]): string {
  const cases = guests.map(
    ({ address, name, namespace }) => `${address}) namespace=${namespace.name} name=${name};;`,
  )
  return [
    '#!/bin/sh',
    'case "$1" in',
    ...cases,
    'esac',
    'shift',
    'exec ip netns exec "$namespace" unshare -u sh -c "hostname $name; $*"',
    '',
  ].join('\n')
}
