// Real daemons in a lab: the proxy first, then each host joins with a token of its own and starts.
// Everything goes the way a user would go it: files, commands, the admin API.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { VnetError } from '../base/errors.ts'
import type { Status } from '../control/api.ts'
import { AdminClient } from '../control/client.ts'
import { DAEMON_PORT, type DaemonPlan } from './plan.ts'
import { isAlive, type ProcessMark, runProgram, startDetached } from './run.ts'
import { labFiles } from './state.ts'
import { waitFor } from './wait.ts'

const VNET = fileURLToPath(new URL('../../bin/vnet', import.meta.url))
/** A machine with two cores starts ten daemons in half of this. */
const START_TIMEOUT_MS = 30_000
const JOIN_TIMEOUT_MS = 30_000

/** The configuration file of a daemon. */
export function daemonConfig(lab: string, daemon: DaemonPlan, proxyAddress: string): object {
  const files = labFiles(lab).daemon(daemon.name)
  const listen = { address: '0.0.0.0', port: DAEMON_PORT }
  return {
    name: daemon.name,
    ...(daemon.role === 'proxy'
      ? { network: lab, listen }
      : { proxy: `${proxyAddress}:${DAEMON_PORT}`, listen: daemon.listens ? listen : null }),
    state: files.state,
    ports: daemon.ports,
    admin: { socket: files.socket },
    log: { level: 'info', format: 'json' },
  }
}

/** Writes the files and starts the process; does not wait until it is up. */
export function startDaemon(lab: string, daemon: DaemonPlan, proxyAddress: string): ProcessMark {
  const files = labFiles(lab).daemon(daemon.name)
  mkdirSync(files.state, { recursive: true, mode: 0o700 })
  writeFileSync(files.config, stringify(daemonConfig(lab, daemon, proxyAddress)), { mode: 0o600 })
  const argv = [VNET, daemon.role, '--config', files.config]
  return startDetached(daemon.namespace, argv, files.log)
}

/** Resolves when the daemon answers, and a host has its star link. @throws VnetError */
export async function waitUntilUp(
  lab: string,
  daemon: DaemonPlan,
  mark: ProcessMark,
  signal: AbortSignal | undefined,
): Promise<Status> {
  const files = labFiles(lab).daemon(daemon.name)
  const client = new AdminClient(files.socket)
  const giveUp = () => (isAlive(mark) ? undefined : deathOf(daemon.name, files.log))
  const abort = signal === undefined ? {} : { signal }
  return waitFor(
    `${daemon.name} (${files.log})`,
    async () => {
      const status = await client.status()
      if (daemon.role === 'proxy' || status.star === 'up') return status
      throw new VnetError('star-down', 'it has no link to the proxy')
    },
    { timeoutMs: START_TIMEOUT_MS, giveUp, ...abort },
  )
}

function deathOf(name: string, log: string): VnetError {
  const last = readFileSync(log, 'utf8').trim().split('\n').slice(-3).join('\n')
  return new VnetError('lab-daemon', `the daemon ${name} ended; its last words:\n${last}`)
}

/** A token from the proxy, and `vnet join` on the host with it. @throws VnetError `lab-join` */
export async function joinHost(
  lab: string,
  daemon: DaemonPlan,
  options: { readonly proxyAddress: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  const proxy = new AdminClient(labFiles(lab).daemon('proxy').socket)
  const { token } = await proxy.createToken({ name: daemon.name })
  const { state } = labFiles(lab).daemon(daemon.name)
  mkdirSync(state, { recursive: true, mode: 0o700 })
  const endpoint = `${options.proxyAddress}:${DAEMON_PORT}`
  const argv = [VNET, 'join', endpoint, token, '--name', daemon.name, '--state', state]
  const output = await runProgram(['ip', 'netns', 'exec', daemon.namespace, ...argv], {
    timeoutMs: JOIN_TIMEOUT_MS,
    signal: options.signal,
    isApart: true,
  })
  if (output.status === 0) return
  throw new VnetError('lab-join', `${daemon.name} could not join: ${output.stderr.trim()}`)
}
