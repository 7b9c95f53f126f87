// tinc 1.0 in switch mode with its default cipher, over UDP or TCP; straight from host to host, or
// through a third node.

import { cp, mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Namespace } from '../netns.ts'
import { HOST_ADDRESS, PROXY_ADDRESS } from '../overlay.ts'
import { type Devices, findProgram, type Peer, type Site } from './peer.ts'

const DEVICE = 'tinc0'
const COMMAND = 'tincd'
const PACKAGE = 'tinc'
const NAMES = ['alpha', 'beta', 'relay'] as const
const ADDRESS: Readonly<Record<Name, string>> = { ...HOST_ADDRESS, relay: PROXY_ADDRESS }

type Name = (typeof NAMES)[number]

export const tincPeers: readonly Peer[] = [
  tinc('tcp', 'direct'),
  tinc('udp', 'direct'),
  tinc('tcp', 'relayed'),
  tinc('udp', 'relayed'),
]

function tinc(transport: Peer['transport'], path: Peer['path']): Peer {
  return {
    name: `tinc-${transport}${path === 'relayed' ? '-relayed' : ''}`,
    transport,
    layer: 2,
    path,
    isEncrypted: true,
    mtu: transport === 'tcp' ? 1500 : 1400,
    package: PACKAGE,
    about: 'switch mode, default cipher',
    find: () =>
      findProgram({
        command: COMMAND,
        args: ['--version'],
        pattern: /^tinc version (\S+)/m,
        package: PACKAGE,
      }),
    start: async (site) => {
      await makeKeys(site)
      return path === 'direct' ? startDirect(site, transport) : startRelay(site, transport)
    },
  }
}

async function startDirect(site: Site, transport: Peer['transport']): Promise<Devices> {
  const more = transport === 'tcp' ? 'TCPOnly = yes\n' : ''
  for (const [name, hub] of [['beta'], ['alpha', 'beta']] as const) {
    await startNode(site, site.hosts[name], { name, hub, more })
  }
  return { alpha: DEVICE, beta: DEVICE }
}

async function startRelay(site: Site, transport: Peer['transport']): Promise<Devices> {
  // IndirectData: the hosts do not speak to each other, as if a NAT stood between.
  const more = `${transport === 'tcp' ? 'TCPOnly = yes\n' : ''}IndirectData = yes\n`
  await startNode(site, site.relay, { name: 'relay', hub: undefined, more })
  for (const name of ['alpha', 'beta'] as const) {
    await startNode(site, site.hosts[name], { name, hub: 'relay', more })
  }
  return { alpha: DEVICE, beta: DEVICE }
}

async function startNode(
  site: Site,
  namespace: Namespace,
  node: { readonly name: Name; readonly hub: Name | undefined; readonly more: string },
): Promise<void> {
  const folder = join(site.folder, node.name)
  await cp(join(site.keys, `tinc-${node.name}`), folder, { recursive: true })
  for (const name of NAMES) {
    const key = join(site.keys, `tinc-${name}`, 'rsa_key.pub')
    const host = join(folder, 'hosts', name)
    await mkdir(join(folder, 'hosts'), { recursive: true })
    await cp(key, host)
    await writeFile(host, `\nAddress = ${ADDRESS[name]}\n${node.more}`, { flag: 'a' })
  }
  const connect = node.hub === undefined ? '' : `ConnectTo = ${node.hub}\n`
  await writeFile(
    join(folder, 'tinc.conf'),
    `Name = ${node.name}\nMode = switch\nDeviceType = tap\nInterface = ${DEVICE}\n` +
      `AddressFamily = ipv4\n${connect}`,
  )
  const pidFile = `--pidfile=${join(folder, 'pid')}`
  site.spawn(namespace, COMMAND, ['-c', folder, '-D', pidFile, '-d1'])
}

/** Makes the RSA keys, once a run: that takes a second or more. */
async function makeKeys(site: Site): Promise<void> {
  for (const name of NAMES) {
    const folder = join(site.keys, `tinc-${name}`)
    if ((await stat(folder).catch(() => null)) !== null) continue
    await mkdir(folder)
    await site.relay.exec(COMMAND, '-c', folder, '-K2048')
  }
}
