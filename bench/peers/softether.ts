// SoftEther VPN: servers whose hubs are joined by a cascade (TLS over one or eight TCP
// connections), each bridged to a TAP device; straight from host to host, or through the hub of a
// third server.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Namespace } from '../netns.ts'
import { HOST_ADDRESS, PROXY_ADDRESS } from '../overlay.ts'
import { until } from '../wait.ts'
import { type Devices, findProgram, type Peer, type Site } from './peer.ts'

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
  if (path === 'direct') {
    await startServer(site, beta, 'beta', [...bridge, ...account])
    await startServer(site, alpha, 'alpha', [...bridge, ...dial(HOST_ADDRESS.beta)])
  } else {
    await startServer(site, site.relay, 'relay', account)
    await startServer(site, alpha, 'alpha', [...bridge, ...dial(PROXY_ADDRESS)])
    await startServer(site, beta, 'beta', [...bridge, ...dial(PROXY_ADDRESS)])
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

async function startServer(
  site: Site,
  namespace: Namespace,
  name: string,
  commands: readonly string[],
): Promise<void> {
  // Its folders are fixed: it gets empty ones of its own, in memory. It works in a child process:
  // a process namespace takes that down with it.
  const folders =
    'for d in run var/lib var/log; do mount -t tmpfs t /$d && mkdir /$d/softether; done'
  const script = `${folders}; exec ${SERVER} execsvc`
  const alone = ['--pid', '--fork', '--kill-child', 'sh', '-c', script]
  site.spawn(namespace, 'unshare', alone)
  await until(async () => (await namespace.exec('ss', '-Hltn')).includes(`:${PORT} `), {
    what: `SoftEther of ${name}`,
    timeoutMs: 20_000,
  })
  const file = join(site.folder, `${name}.commands`)
  await writeFile(file, [`HubCreate ${HUB} /PASSWORD:`, ...commands, ''].join('\n'))
  const control = [CONTROL, `127.0.0.1:${PORT}`, '/SERVER', '/PASSWORD:', `/IN:${file}`]
  await namespace.exec('timeout', CONTROL_SECONDS_MAX, ...control).catch((cause) => {
    throw new Error(`SoftEther refuses a command: ${cause.stdout}`, { cause })
  })
}
