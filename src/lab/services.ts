// Programs that guests and the user's LAN run in the demonstration and in tests: a DHCP server and
// client, an SSH server and client, iperf3. Each is the real one, in its namespace.

import type { ChildProcess } from 'node:child_process'
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

function serviceOf(child: ChildProcess): Service {
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
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

/** Waits until something listens on a TCP port of a node. */
async function waitForListener(lab: Lab, node: string, port: number): Promise<void> {
  await waitFor(
    `a listener on port ${port} of ${node}`,
    async () => {
      const { stdout } = await lab.exec(node, ['ss', '-Hltn', `sport = :${port}`])
      return stdout.trim() === '' ? undefined : true
    },
    { timeoutMs: START_TIMEOUT_MS },
  )
}

/** dnsmasq as DHCP server on a machine of the LAN, leasing `first` to `last`. */
export async function startDhcpServer(
  lab: Lab,
  node: string,
  range: { readonly first: string; readonly last: string },
): Promise<Service> {
  const leases = join(serviceFolder(lab), 'leases')
  const child = lab.spawn(
    node,
    [
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
      '--user=root',
    ],
    { stdio: 'ignore' },
  )
  await waitFor(
    'dnsmasq',
    async () => {
      const { stdout } = await lab.exec(node, ['ss', '-Hlun', 'sport = :67'])
      return stdout.trim() === '' ? undefined : true
    },
    { timeoutMs: START_TIMEOUT_MS },
  )
  return serviceOf(child)
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
  const child = lab.spawn(guest, ['/usr/sbin/sshd', '-D', '-e', '-f', config], { stdio: 'ignore' })
  await waitForListener(lab, guest, 22)
  const hostKeyText = readFileSync(`${hostKey}.pub`, 'utf8')
  return {
    service: serviceOf(child),
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
  const server = serviceOf(lab.spawn(to, ['iperf3', '-s', '-1', '-p', '5201'], { stdio: 'ignore' }))
  await waitForListener(lab, to, 5201)
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
