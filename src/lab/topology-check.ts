// What the schema of a topology cannot see: names that do not exist, names and addresses used
// twice, places that cannot work. Values in, findings out.

import { BlockList } from 'node:net'
import { nearest } from '../config/nearest.ts'
import type { Topology } from './topology-schema.ts'

/** Each is a namespace and a process or three; also keeps octets of addresses within bounds. */
const NODES_MAX = 200
/** Names of nodes that every lab has by itself; `gw-SITE` are the gateways. */
const RESERVED_NAMES = ['proxy', 'internet', 'lan', 'emulator']

export interface Contradiction {
  /** The way to the key in the file. */
  readonly keys: readonly string[]
  readonly why: string
}

/** All contradictions of a topology, in the order of the file's parts. */
export function findContradictions(topology: Topology): Contradiction[] {
  return [
    ...unknownPlaces(topology),
    ...unreachableProxy(topology),
    ...badNames(topology),
    ...badAddresses(topology),
    ...tooMany(topology),
  ]
}

function unknownPlaces(topology: Topology): Contradiction[] {
  const sites = Object.keys(topology.sites)
  const hosts = Object.keys(topology.hosts)
  return [
    ...unknownName({ keys: ['proxy', 'site'], kind: 'site', name: topology.proxy.site }, sites),
    ...Object.entries(topology.hosts).flatMap(([name, host]) =>
      unknownName({ keys: ['hosts', name, 'site'], kind: 'site', name: host.site }, sites),
    ),
    ...Object.entries(topology.guests).flatMap(([name, guest]) =>
      unknownName({ keys: ['guests', name, 'host'], kind: 'host', name: guest.host }, hosts),
    ),
  ]
}

function unknownName(
  wanted: { readonly keys: readonly string[]; readonly kind: string; readonly name: string },
  known: readonly string[],
): Contradiction[] {
  const { keys, kind, name } = wanted
  if (known.includes(name)) return []
  const near = nearest(name, known)
  const suggestion = near === null ? `known: ${known.join(', ')}` : `did you mean '${near}'?`
  return [{ keys, why: `there is no ${kind} '${name}'; ${suggestion}` }]
}

function unreachableProxy({ proxy, sites }: Topology): Contradiction[] {
  const site = sites[proxy.site]
  if (!site?.nat && site?.firewall !== 'outgoing-tcp') return []
  const why = 'the proxy must be reachable: no NAT and no firewall at its site'
  return [{ keys: ['proxy', 'site'], why }]
}

interface Node {
  readonly keys: readonly [kind: string, name: string]
  readonly ip?: string | undefined
  readonly mac?: string | undefined
}

function nodesOf({ hosts, guests, lan }: Topology): Node[] {
  return [
    ...Object.keys(hosts).map((name): Node => ({ keys: ['hosts', name] })),
    ...Object.entries(guests).map(([name, { ip, mac }]): Node => {
      return { keys: ['guests', name], ip, mac }
    }),
    ...Object.entries(lan).map(([name, { ip, mac }]): Node => ({ keys: ['lan', name], ip, mac })),
  ]
}

function badNames(topology: Topology): Contradiction[] {
  const nodes = nodesOf(topology)
  const reserved = nodes.filter(({ keys: [, name] }) => {
    return RESERVED_NAMES.includes(name) || name.startsWith('gw-')
  })
  return [
    ...twice(nodes, 'name', ({ keys }) => keys[1]),
    ...reserved.map(({ keys }) => ({ keys, why: `'${keys[1]}' is reserved` })),
  ]
}

function badAddresses(topology: Topology): Contradiction[] {
  const nodes = nodesOf(topology)
  const { lan } = topology.proxy
  const found = [
    ...twice(nodes, 'address', ({ ip }) => ip),
    ...twice(nodes, 'MAC', ({ mac }) => mac),
  ]
  for (const { keys, ip } of nodes) {
    if (ip === undefined || lan === undefined || isInSubnet(ip, lan.subnet)) continue
    found.push({ keys: [...keys, 'ip'], why: `${ip} is not in the LAN's ${lan.subnet}` })
  }
  if (Object.keys(topology.lan).length > 0 && lan === undefined) {
    found.push({ keys: ['lan'], why: "machines on the user's LAN need proxy.lan.subnet" })
  }
  return found
}

/** Where a value is that stood at another node already. */
function twice(
  nodes: readonly Node[],
  what: string,
  take: (node: Node) => string | undefined,
): Contradiction[] {
  const owners = new Map<string, string>()
  const found: Contradiction[] = []
  for (const node of nodes) {
    const value = take(node)
    if (value === undefined) continue
    const [kind, name] = node.keys
    const owner = owners.get(value)
    if (owner === undefined) owners.set(value, what === 'name' ? `one of the ${kind}` : name)
    else found.push({ keys: node.keys, why: `${what} ${value} is that of ${owner} too` })
  }
  return found
}

function tooMany(topology: Topology): Contradiction[] {
  const count = nodesOf(topology).length + Object.keys(topology.sites).length
  if (count <= NODES_MAX) return []
  return [{ keys: ['hosts'], why: `${count} nodes are more than the ${NODES_MAX} of a lab` }]
}

function isInSubnet(address: string, subnet: string): boolean {
  const [network = '', length = '32'] = subnet.split('/')
  const list = new BlockList()
  list.addSubnet(network, Number(length))
  return list.check(address)
}
