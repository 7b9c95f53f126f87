// fastd with a TAP device over UDP, the fastest userspace peer without TLS: Salsa20/12 with UMAC as
// its makers recommend, and AES-128 in counter mode; straight, or through a third node.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Namespace } from '../netns.ts'
import { HOST_ADDRESS, PROXY_ADDRESS } from '../overlay.ts'
import { type Devices, findProgram, type Peer, type Site } from './peer.ts'

const DEVICE = 'fastd0'
const COMMAND = 'fastd'
const PACKAGE = 'fastd'
const PORT = 10_000
/** Fits into one datagram of the underlay with every method. */
const MTU = 1406

export const fastdPeers: readonly Peer[] = [
  fastd({ name: 'fastd-salsa', method: 'salsa2012+umac', path: 'direct' }),
  fastd({ name: 'fastd-aes', method: 'aes128-ctr+umac', path: 'direct' }),
  fastd({ name: 'fastd-salsa-relayed', method: 'salsa2012+umac', path: 'relayed' }),
  fastd({ name: 'fastd-aes-relayed', method: 'aes128-ctr+umac', path: 'relayed' }),
]

function fastd(variant: {
  readonly name: string
  readonly method: string
  readonly path: Peer['path']
}): Peer {
  const { name, method, path } = variant
  return {
    name,
    transport: 'udp',
    layer: 2,
    path,
    isEncrypted: true,
    mtu: MTU,
    package: PACKAGE,
    about: method,
    find: () =>
      findProgram({
        command: COMMAND,
        args: ['--version'],
        pattern: /^fastd v(\S+)/m,
        package: PACKAGE,
      }),
    start: (site) => start(site, method, path),
  }
}

async function start(site: Site, method: string, path: Peer['path']): Promise<Devices> {
  const { hosts, relay } = site
  const places: readonly Place[] = [
    { name: 'alpha', namespace: hosts.alpha, address: HOST_ADDRESS.alpha },
    { name: 'beta', namespace: hosts.beta, address: HOST_ADDRESS.beta },
    { name: 'relay', namespace: relay, address: PROXY_ADDRESS },
  ]
  const nodes = await Promise.all(places.map(addKeys))
  const links = path === 'direct' ? ['alpha beta'] : ['alpha relay', 'relay beta']
  for (const node of nodes) {
    const peers = nodes.filter(({ name }) =>
      links.some((link) => link === `${name} ${node.name}` || link === `${node.name} ${name}`),
    )
    if (peers.length === 0) continue
    const file = join(site.folder, `${node.name}.conf`)
    await writeFile(file, configure({ node, peers, method }), { mode: 0o600 })
    site.spawn(node.namespace, COMMAND, ['--config', file])
  }
  return { alpha: DEVICE, beta: DEVICE }
}

interface Place {
  readonly name: string
  readonly namespace: Namespace
  readonly address: string
}

interface Node extends Place {
  readonly secret: string
  readonly key: string
}

function configure(options: {
  readonly node: Node
  readonly peers: readonly Node[]
  readonly method: string
}): string {
  const { node, peers, method } = options
  return [
    'mode tap;',
    `interface "${DEVICE}";`,
    `mtu ${MTU};`,
    `bind ${node.address}:${PORT};`,
    `method "${method}";`,
    `secret "${node.secret}";`,
    'log level warn;',
    `forward ${peers.length > 1 ? 'yes' : 'no'};`,
    ...peers.map(
      ({ name, key, address }) => `peer "${name}" { key "${key}"; remote ${address}:${PORT}; }`,
    ),
    '',
  ].join('\n')
}

async function addKeys(place: Place): Promise<Node> {
  const text = await place.namespace.exec(COMMAND, '--generate-key')
  const read = (label: string) => text.match(new RegExp(`${label}: (\\S+)`))?.[1] ?? ''
  return { ...place, secret: read('Secret'), key: read('Public') }
}
