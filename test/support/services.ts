// Real servers of a LAN for end-to-end tests: dnsmasq with a DHCP client, sshd with an ssh client.

import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { until } from './netns.ts'
import type { TestMachine } from './network.ts'

const run = promisify(execFile)

export interface Lease {
  readonly address: string
  /** Of the client, as the server saw it. */
  readonly mac: string
}

/** Lets `client` ask for a lease and `server` give one; the client's address is left as it is. */
export async function leaseFromDnsmasq(options: {
  readonly server: TestMachine
  readonly client: TestMachine
  readonly range: readonly [string, string]
}): Promise<Lease> {
  const { server, client, range } = options
  const folder = await mkdtemp(join(tmpdir(), 'vnet-dhcp-'))
  const leases = join(folder, 'leases')
  const dnsmasq = server.spawn(
    'dnsmasq',
    [
      ...['--keep-in-foreground', '--conf-file=/dev/null', '--port=0', '--no-ping'],
      ...['--user=root', `--interface=${server.device}`, '--bind-interfaces', '--pid-file='],
      ...[`--dhcp-range=${range.join(',')},1h`, `--dhcp-leasefile=${leases}`],
      '--dhcp-authoritative',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  try {
    await until(async () => (await server.exec('ss', '-Hlun')).includes(':67 '), {
      what: 'dnsmasq',
    })
    // -s: a script that does nothing, so that the interface keeps what the lab gave it.
    await client.exec(
      ...(['busybox', 'udhcpc', '-i', client.device, '-n', '-q', '-f', '-s', '/bin/true'] as const),
      ...['-t', '10', '-T', '1'],
    )
    const [, mac = '', address = ''] = (await readFile(leases, 'utf8')).split(' ')
    return { mac, address }
  } finally {
    const isOver = new Promise((resolve) => dnsmasq.once('exit', resolve))
    dnsmasq.kill()
    await isOver
    await rm(folder, { recursive: true })
  }
}

/** Runs a command by ssh as root, with keys made for it, and gives its output. */
export async function loginBySsh(options: {
  readonly server: TestMachine
  readonly client: TestMachine
  readonly command: string
}): Promise<string> {
  const { server, client, command } = options
  const folder = await mkdtemp(join(tmpdir(), 'vnet-ssh-'))
  const file = (name: string) => join(folder, name)
  for (const key of ['host', 'user']) {
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(key)])
  }
  await mkdir('/run/sshd', { recursive: true }) // where sshd separates privileges
  const settings = [
    `ListenAddress=${server.ip}`,
    `HostKey=${file('host')}`,
    `AuthorizedKeysFile=${file('user.pub')}`,
    ...['PidFile=none', 'UsePAM=no', 'StrictModes=no', 'PermitRootLogin=prohibit-password'],
  ]
  const sshd = server.spawn(
    '/usr/sbin/sshd',
    ['-D', '-e', '-f', '/dev/null', ...settings.flatMap((setting) => ['-o', setting])],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let log = ''
  sshd.stderr?.on('data', (chunk) => {
    log += chunk
  })
  try {
    await until(() => log.includes('Server listening'), { what: 'sshd' })
    return await client.exec(
      ...(['ssh', '-F', '/dev/null', '-i', file('user'), '-o', 'BatchMode=yes'] as const),
      ...['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null'],
      ...['-o', 'LogLevel=ERROR', '-o', 'ConnectTimeout=10', `root@${server.ip}`, command],
    )
  } catch (cause) {
    throw new Error(`ssh failed; sshd said:\n${log}`, { cause })
  } finally {
    sshd.kill()
    await rm(folder, { recursive: true })
  }
}
