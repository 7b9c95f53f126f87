// SoftEther VPN: servers whose hubs are joined by a cascade (TLS over one or eight TCP
// connections), each bridged to a TAP device; straight from host to host, or through the hub of a
// third server.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Namespace } from '../netns.ts'
import { HOST_ADDRESS, PROXY_ADDRESS } from '../overlay.ts'
import { type Devices, findProgram, type Peer, type Site, waitForListener } from './peer.ts'

const SERVER = '/usr/libexec/softether/vpnserver/vpnserver'
const CONTROL = 'vpncmd'
const PACKAGES = 'softether-vpnserver softether-vpncmd'
const PORT = 5555
const HUB = 'net'
const PASSWORD = 'bench'
const DEVICE = 'tap_se'
/** One command of the control program; it may wait for input for ever where a command is wrong. */
const CONTROL_SECONDS_MAX = '20'

export const softetherPeers: readonly Peer[] = [
  softether(1, 'direct'),
  softether(8, 'direct'),
  softether(1, 'relayed'),
  softether(8, 'relayed'),
]

function softether(connections: number, path: Peer['path']): Peer {
  return {
    name: `softether-${connections}${path === 'relayed' ? '-relayed' : ''}`,
    transport: 'tcp',
    layer: 2,
    path,
    isEncrypted: true,
    mtu: 1500,
    package: PACKAGES,
    about: `TLS, ${connections} connection${connections === 1 ? '' : 's'}`,
    find: () =>
      findProgram({
        command: CONTROL,
        args: ['/?'],
        pattern: /^Version (\S+ Build \d+)/m,
        package: PACKAGES,
      }),
    start: (site) => start(site, connections, path),
  }
}

async function start(site: Site, connections: number, path: Peer['path']): Promise<Devices> {
  const { alpha, beta } = site.hosts
  const bridge = [`BridgeCreate ${HUB} /DEVICE:se /TAP:yes`, `Hub ${HUB}`]
  const account = [
    `Hub ${HUB}`,
    'UserCreate peer /GROUP:none /REALNAME:none /NOTE:none',
    `UserPasswordSet peer /PASSWORD:${PASSWORD}`,
  ]
  const dial = (address: string) => dialCommands(address, connections)
  const servers: readonly (readonly [Namespace, string, readonly string[]])[] =
    path === 'direct'
      ? [
          [beta, 'beta', [...bridge, ...account]],
          [alpha, 'alpha', [...bridge, ...dial(HOST_ADDRESS.beta)]],
        ]
      : [
          [site.relay, 'relay', account],
          [alpha, 'alpha', [...bridge, ...dial(PROXY_ADDRESS)]],
          [beta, 'beta', [...bridge, ...dial(PROXY_ADDRESS)]],
        ]
  await Promise.all(servers.map(([namespace]) => startServer(site, namespace)))
  // One after the other: a cascade that finds nobody waits long before it tries again.
  for (const [namespace, name, commands] of servers) {
    await command(site, { namespace, name, commands })
  }
  return { alpha: DEVICE, beta: DEVICE }
}

function dialCommands(address: string, connections: number): string[] {
  return [
    `CascadeCreate up /SERVER:${address}:${PORT} /HUB:${HUB} /USERNAME:peer`,
    `CascadePasswordSet up /PASSWORD:${PASSWORD} /TYPE:standard`,
    'CascadeEncryptEnable up',
    'CascadeCompressDisable up',
    `CascadeDetailSet up /MAXTCP:${connections} /INTERVAL:1 /TTL:0 /HALF:no /NOQOS:yes`,
    'CascadeOnline up',
  ]
}

async function startServer(site: Site, namespace: Namespace): Promise<void> {
  // Its folders are fixed: it gets empty ones of its own, in memory. It works in a child process:
  // a process namespace takes that down with it.
  const folders =
    'for d in run var/lib var/log; do mount -t tmpfs t /$d && mkdir /$d/softether; done'
  const script = `${folders}; exec ${SERVER} execsvc`
  const alone = ['--pid', '--fork', '--kill-child', 'sh', '-c', script]
  site.spawn(namespace, 'unshare', alone)
  await waitForListener(namespace, String(PORT))
}

async function command(
  site: Site,
  server: {
    readonly namespace: Namespace
    readonly name: string
    readonly commands: readonly string[]
  },
): Promise<void> {
  const file = join(site.folder, `${server.name}.commands`)
  const lines = [`HubCreate ${HUB} /PASSWORD:`, ...server.commands, '']
  await writeFile(file, lines.join('\n'))
  const control = [CONTROL, `127.0.0.1:${PORT}`, '/SERVER', '/PASSWORD:', `/IN:${file}`]
  await server.namespace.exec('timeout', CONTROL_SECONDS_MAX, ...control).catch((cause) => {
    throw new Error(`SoftEther refuses a command: ${cause.stdout}`, { cause })
  })
}
