// Programs that guests and the user's LAN run in the demonstration and in tests: a DHCP server and
// client, an SSH server and client, iperf3. Each is the real one, in its namespace.

import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { VnetError } from '../base/errors.ts'
import type { Lab } from './handle.ts'
import { runCommand } from './run.ts'
import { labFiles } from './state.ts'
import { waitFor } from './wait.ts'

const START_TIMEOUT_MS = 5_000

export interface Service {
  stop(): Promise<void>
}

interface Started extends Service {
  /** The error to give up with once the program has ended, with what it said last. */
  readonly failure: () => VnetError | undefined
}

function startService(lab: Lab, node: string, argv: readonly string[]): Started {
  const child = lab.spawn(node, argv, { stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr?.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-1_000)
  })
  let failure: VnetError | undefined
  const ended = new Promise<void>((resolve) => {
    child.once('error', (cause) => {
      failure = new VnetError('program-missing', `cannot run ${argv[0]} in ${node}`, { cause })
      resolve()
    })
    child.once('close', () => {
      failure ??= new VnetError('lab-service', `${argv[0]} in ${node} ended: ${said.trim()}`)
      resolve()
    })
  })
  return {
    failure: () => failure,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** A folder for the files of services in a lab; goes with the lab. */
function serviceFolder(lab: Lab): string {
  const folder = join(labFiles(lab.name).folder, 'services')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  return folder
}

/** Starts a program that listens, and waits until it does; `ss` are the options to see it with. */
async function startListener(
  lab: Lab,
  options: {
    readonly node: string
    readonly argv: readonly string[]
    readonly ss: '-Hltn' | '-Hlun'
    readonly port: number
  },
): Promise<Service> {
  const { node, argv, ss, port } = options
  const service = startService(lab, node, argv)
  try {
    await waitFor(
      `${argv[0]} to listen on port ${port} of ${node}`,
      async () => {
        const { stdout } = await lab.exec(node, ['ss', ss, `sport = :${port}`])
        return stdout.trim() === '' ? undefined : true
      },
      { timeoutMs: START_TIMEOUT_MS, giveUp: service.failure },
    )
    return service
  } catch (error) {
    await service.stop()
    throw error
  }
}

/**
 * True where programs may change to another user, as sshd does. Not so in the namespaces of an
 * ordinary user, who has no other (user_namespaces(7)).
 */
export function canChangeUser(): boolean {
  const [first = ''] = readFileSync('/proc/self/uid_map', 'utf8').split('\n')
  return Number(first.trim().split(/ +/)[2]) > 1
}

/** dnsmasq as DHCP server on a machine of the LAN, leasing `first` to `last`. */
export async function startDhcpServer(
  lab: Lab,
  node: string,
  range: { readonly first: string; readonly last: string },
): Promise<Service> {
  const leases = join(serviceFolder(lab), 'leases')
  const argv = [
    'dnsmasq',
    '--keep-in-foreground',
    '--conf-file=/dev/null',
    '--port=0',
    '--interface=eth0',
    '--bind-interfaces',
    '--no-ping',
    `--dhcp-range=${range.first},${range.last},255.255.255.0,1h`,
    `--dhcp-leasefile=${leases}`,
    '--pid-file=',
    '--user=', // stay who you are
    '--group=',
  ]
  return startListener(lab, { node, argv, ss: '-Hlun', port: 67 })
}

/**
 * udhcpc in a guest: asks for a lease, adds the address to eth0 and returns it.
 * @throws VnetError `dhcp` if there is none within 10 s.
 */
export async function leaseAddress(lab: Lab, guest: string): Promise<string> {
  const folder = serviceFolder(lab)
  const script = join(folder, 'udhcpc.sh')
  const result = join(folder, `${guest}.lease`)
  writeFileSync(
    script,
    `#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/\${mask:-24}" dev "$interface"
echo "$ip" > "${result}"
`,
  )
  chmodSync(script, 0o700)
  const client = ['udhcpc', '-i', 'eth0', '-f', '-q', '-n', '-t', '5', '-T', '1', '-s', script]
  const output = await lab.exec(guest, client, 15_000)
  if (output.status === 0) return readFileSync(result, 'utf8').trim()
  throw new VnetError('dhcp', `${guest} got no address: ${output.stderr.trim()}`)
}

export interface SshLogin {
  readonly service: Service
  /** Runs a command in the guest by ssh from another node; returns its standard output. */
  run(from: string, address: string, command: string): Promise<string>
}

/** sshd in a guest, with keys that exist for this lab only. */
export async function startSshServer(lab: Lab, guest: string): Promise<SshLogin> {
  const folder = serviceFolder(lab)
  const hostKey = join(folder, `${guest}-host-key`)
  const userKey = join(folder, `${guest}-user-key`)
  for (const file of [hostKey, userKey]) {
    await runCommand({ argv: ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', file] })
  }
  const config = join(folder, `${guest}-sshd-config`)
  const knownHosts = join(folder, `${guest}-known-hosts`)
  writeFileSync(
    config,
    `HostKey ${hostKey}
AuthorizedKeysFile ${userKey}.pub
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
`,
  )
  mkdirSync('/run/sshd', { recursive: true, mode: 0o755 }) // sshd's own, for privilege separation
  const argv = ['/usr/sbin/sshd', '-D', '-e', '-f', config]
  const service = await startListener(lab, { node: guest, argv, ss: '-Hltn', port: 22 })
  const hostKeyText = readFileSync(`${hostKey}.pub`, 'utf8')
  return {
    service,
    run: (from, address, command) => {
      writeFileSync(knownHosts, `${address} ${hostKeyText}`)
      const options = ['-o', 'BatchMode=yes', '-o', `UserKnownHostsFile=${knownHosts}`]
      const argv = ['ssh', '-i', userKey, ...options, `root@${address}`, command]
      return lab.run(from, argv, 20_000)
    },
  }
}

/** TCP throughput between two nodes by iperf3, bit/s as received. */
export async function measureTcp(
  lab: Lab,
  options: {
    readonly from: string
    readonly to: string
    readonly address: string
    readonly seconds: number
  },
): Promise<number> {
  const { from, to, address, seconds } = options
  const argv = ['iperf3', '-s', '-1', '-p', '5201']
  const server = await startListener(lab, { node: to, argv, ss: '-Hltn', port: 5201 })
  try {
    const client = ['iperf3', '-c', address, '-p', '5201', '-t', String(seconds), '-J']
    const report = JSON.parse(await lab.run(from, client, (seconds + 20) * 1000)) as {
      readonly end: { readonly sum_received: { readonly bits_per_second: number } }
    }
    return report.end.sum_received.bits_per_second
  } finally {
    await server.stop()
  }
}
