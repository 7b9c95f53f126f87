// fastd with a TAP device over UDP, the fastest userspace peer without TLS: Salsa20/12 with UMAC as
// its makers recommend, and AES-128 in counter mode; straight, or through a third node.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Namespace } from '../netns.ts'
import { HOST_ADDRESS, PROXY_ADDRESS } from '../overlay.ts'
import { until } from '../wait.ts'
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
  // Later ones dial earlier ones: two that dial each other at once may both wait 20 s.
  const places: readonly Place[] = [
    { name: 'relay', namespace: relay, address: PROXY_ADDRESS },
    { name: 'beta', namespace: hosts.beta, address: HOST_ADDRESS.beta },
    { name: 'alpha', namespace: hosts.alpha, address: HOST_ADDRESS.alpha },
  ]
  const nodes = await Promise.all(places.map(addKeys))
  const links = path === 'direct' ? ['alpha beta'] : ['alpha relay', 'beta relay']
  for (const [index, node] of nodes.entries()) {
    const isLinked = (other: Node) =>
      links.includes(`${node.name} ${other.name}`) || links.includes(`${other.name} ${node.name}`)
    const peers = nodes.filter(isLinked)
    if (peers.length === 0) continue
    const dials = nodes.slice(0, index)
    const file = join(site.folder, `${node.name}.conf`)
    await writeFile(file, configure({ node, peers, dials, method }), { mode: 0o600 })
    site.spawn(node.namespace, COMMAND, ['--config', file])
    const isBound = async () => (await node.namespace.exec('ss', '-Hlun')).includes(`:${PORT} `)
    await until(isBound, { what: `fastd of ${node.name}` })
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
  readonly dials: readonly Node[]
  readonly method: string
}): string {
  const { node, peers, dials, method } = options
  return [
    'mode tap;',
    `interface "${DEVICE}";`,
    `mtu ${MTU};`,
    `bind ${node.address}:${PORT};`,
    `method "${method}";`,
    `secret "${node.secret}";`,
    'log level warn;',
    `forward ${peers.length > 1 ? 'yes' : 'no'};`,
    ...peers.map((peer) => {
      const remote = dials.includes(peer) ? `remote ${peer.address}:${PORT};` : ''
      return `peer "${peer.name}" { key "${peer.key}"; ${remote} }`
    }),
    '',
  ].join('\n')
}

async function addKeys(place: Place): Promise<Node> {
  const text = await place.namespace.exec(COMMAND, '--generate-key')
  const read = (label: string) => text.match(new RegExp(`${label}: (\\S+)`))?.[1] ?? ''
  return { ...place, secret: read('Secret'), key: read('Public') }
}
