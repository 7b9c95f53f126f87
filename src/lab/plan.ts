// What a topology means on this machine, as a value: namespaces, commands that wire them, emulated
// links, daemons and guests. Nothing is done here; run.ts carries it out.
//
//   guest -- TAP of the daemon -- host -- br0 [gateway of the site] wan -- w0 [internet]
//   machine of the LAN -- lan0 [switch] -- lan0 of the proxy (captured by its pcap port)

import { createHash } from 'node:crypto'
import { type MacAddress, parseMac } from '../base/mac.ts'
import { firewallRules } from './firewall.ts'
import type { LinkShape, Topology } from './topology.ts'

/** All namespaces of labs begin so, in the folder of labs that this machine has by itself. */
export const NAMESPACE_PREFIX = 'vnlab'
/** The TCP port of all daemons of a lab. */
export const DAEMON_PORT = 7707

export interface PlannedCommand {
  readonly argv: readonly string[]
  readonly stdin?: string
}

/** A link that the emulator makes: a TAP device at each end. */
export interface EmulatedLink {
  readonly name: string
  readonly a: DeviceEnd
  readonly b: DeviceEnd
  readonly shape: LinkShape
}

export interface DeviceEnd {
  readonly namespace: string
  readonly device: string
}

export interface DaemonPlan {
  readonly name: string
  readonly role: 'proxy' | 'host'
  readonly namespace: string
  readonly address: string
  readonly listens: boolean
  /** As in the daemon's configuration file. */
  readonly ports: readonly Readonly<Record<string, unknown>>[]
}

export interface GuestPlan {
  readonly name: string
  readonly host: string
  readonly namespace: string
  readonly mac: MacAddress
  readonly ip: string | null
  readonly ip6: string | null
  readonly prefixLength: number
  readonly mtu: number
}

export interface LabPlan {
  readonly name: string
  readonly namespaces: readonly string[]
  /** Before the emulated links are made. */
  readonly before: readonly PlannedCommand[]
  readonly links: readonly EmulatedLink[]
  /** When their devices are there. */
  readonly after: readonly PlannedCommand[]
  /** The proxy first. */
  readonly daemons: readonly DaemonPlan[]
  readonly guests: readonly GuestPlan[]
  /** Node -> namespace, for `exec`. */
  readonly nodes: Readonly<Record<string, string>>
}

interface SiteNet {
  readonly gateway: string
  /** Of the WAN link: the internet's end and the gateway's. */
  readonly wan: readonly [string, string]
  /** First three octets of the site's own network. */
  readonly lan: string
}

interface Draft {
  readonly prefix: string
  readonly topology: Topology
  readonly namespaces: string[]
  readonly before: PlannedCommand[]
  readonly links: EmulatedLink[]
  readonly after: PlannedCommand[]
  readonly sites: ReadonlyMap<string, SiteNet>
}

/** Namespace of a node. No name has a dot, so no two nodes of any two labs share one. */
export function namespaceOf(prefix: string, lab: string, node: string): string {
  return `${prefix}.${lab}.${node}`
}

/** The plan of a whole lab; the names of its namespaces begin with `prefix`. */
export function planLab(topology: Topology, prefix: string = NAMESPACE_PREFIX): LabPlan {
  const names = Object.keys(topology.sites)
  const inLab = (node: string) => namespaceOf(prefix, topology.name, node)
  const draft: Draft = {
    prefix,
    topology,
    namespaces: [],
    before: [],
    links: [],
    after: [],
    sites: new Map(names.map((name, index) => [name, siteNet(topology, name, index + 1, inLab)])),
  }
  addInternet(draft)
  for (const name of names) addSite(draft, name)
  const daemons = addDaemons(draft)
  addLan(draft)
  const guests = addGuests(draft)
  const nodes: Record<string, string> = {}
  for (const daemon of daemons) nodes[daemon.name] = daemon.namespace
  for (const guest of guests) nodes[guest.name] = guest.namespace
  for (const name of [...Object.keys(topology.lan), 'internet']) {
    nodes[name] = inLab(name)
  }
  for (const name of names) nodes[`gw-${name}`] = inLab(`gw-${name}`)
  const { namespaces, before, links, after } = draft
  return { name: topology.name, namespaces, before, links, after, daemons, guests, nodes }
}

// 198.18.0.0/15 is set aside for tests (RFC 2544). Behind NAT all sites use 192.168.N.0/24.
function siteNet(
  topology: Topology,
  name: string,
  index: number,
  inLab: (node: string) => string,
): SiteNet {
  return {
    gateway: inLab(`gw-${name}`),
    wan: [`198.18.${index}.1`, `198.18.${index}.2`],
    lan: topology.sites[name]?.nat ? `192.168.${index}` : `198.19.${index}`,
  }
}

function nodeNamespace({ prefix, topology }: Draft, node: string): string {
  return namespaceOf(prefix, topology.name, node)
}

function addNamespace(draft: Draft, node: string): string {
  const namespace = nodeNamespace(draft, node)
  draft.namespaces.push(namespace)
  draft.before.push(ip(namespace, 'link set lo up'))
  // Addresses work at once instead of after duplicate detection.
  draft.before.push(sysctl(namespace, 'net.ipv6.conf.default.accept_dad=0'))
  return namespace
}

function ip(namespace: string, words: string): PlannedCommand {
  return { argv: ['ip', '-n', namespace, ...words.split(' ')] }
}

function sysctl(namespace: string, setting: string): PlannedCommand {
  return { argv: ['ip', 'netns', 'exec', namespace, 'sysctl', '-qw', setting] }
}

function addInternet(draft: Draft): void {
  const internet = addNamespace(draft, 'internet')
  draft.before.push(sysctl(internet, 'net.ipv4.ip_forward=1'))
}

function addSite(draft: Draft, name: string): void {
  const site = draft.topology.sites[name]
  const net = draft.sites.get(name)
  if (site === undefined || net === undefined) return
  const internet = nodeNamespace(draft, 'internet')
  const gateway = addNamespace(draft, `gw-${name}`)
  draft.before.push(
    sysctl(gateway, 'net.ipv4.ip_forward=1'),
    ip(gateway, 'link add br0 type bridge'),
    ip(gateway, 'link set br0 up'),
    ip(gateway, `addr add ${net.lan}.1/24 dev br0`),
  )
  const index = [...draft.sites.keys()].indexOf(name) + 1
  connect(draft, {
    name: `wan-${name}`,
    a: { namespace: internet, device: `w${index}` },
    b: { namespace: gateway, device: 'wan' },
    shape: site.wan,
  })
  draft.after.push(
    ip(internet, `addr add ${net.wan[0]}/30 dev w${index}`),
    ip(gateway, `addr add ${net.wan[1]}/30 dev wan`),
    ip(gateway, `route add default via ${net.wan[0]}`),
  )
  if (!site.nat) draft.after.push(ip(internet, `route add ${net.lan}.0/24 via ${net.wan[1]}`))
  const rules = firewallRules(site)
  if (rules !== null) {
    draft.after.push({ argv: ['ip', 'netns', 'exec', gateway, 'nft', '-f', '-'], stdin: rules })
  }
}

/** A link of the given shape: emulated, or a plain veth pair where there is nothing to emulate. */
function connect(
  draft: Draft,
  link: Omit<EmulatedLink, 'shape'> & { readonly shape: LinkShape | undefined },
): void {
  const { a, b, shape } = link
  if (shape !== undefined) {
    draft.links.push({ ...link, shape })
  } else {
    const far = `peer name ${b.device} netns ${b.namespace}`
    draft.before.push(ip(a.namespace, `link add ${a.device} type veth ${far}`))
  }
  const step = shape === undefined ? draft.before : draft.after
  for (const end of [a, b]) step.push(ip(end.namespace, `link set ${end.device} up`))
}

function addDaemons(draft: Draft): DaemonPlan[] {
  const { topology } = draft
  const perSite = new Map<string, number>()
  const add = (name: string, site: string, nic: LinkShape | undefined) => {
    const net = draft.sites.get(site)
    if (net === undefined) throw new Error(`site ${site} was checked by the schema`)
    const count = (perSite.get(site) ?? 0) + 1
    perSite.set(site, count)
    const namespace = addNamespace(draft, name)
    const gatewayEnd = { namespace: net.gateway, device: `h${count}` }
    const hostEnd = { namespace, device: 'eth0' }
    connect(draft, { name: `nic-${name}`, a: gatewayEnd, b: hostEnd, shape: nic })
    const address = `${net.lan}.${9 + count}`
    const step = nic === undefined ? draft.before : draft.after
    step.push(
      ip(net.gateway, `link set h${count} master br0`),
      ip(namespace, `addr add ${address}/24 dev eth0`),
      ip(namespace, `route add default via ${net.lan}.1`),
    )
    return { namespace, address }
  }
  const proxyPorts = topology.proxy.lan === undefined ? [] : [LAN_PORT]
  const { site, nic } = topology.proxy
  const proxy: DaemonPlan = {
    name: 'proxy',
    role: 'proxy',
    ...add('proxy', site, nic),
    listens: true,
    ports: proxyPorts,
  }
  const hosts = Object.entries(topology.hosts).map(
    ([name, host]): DaemonPlan => ({
      name,
      role: 'host',
      ...add(name, host.site, host.nic),
      listens: host.listens,
      ports: Object.entries(topology.guests)
        .filter(([, guest]) => guest.host === name)
        .map(([guest, { mtu }]) => ({
          name: guest,
          kind: 'tap',
          device: 'eth0',
          netns: `/run/netns/${nodeNamespace(draft, guest)}`,
          mac: guestMac(topology, guest),
          mtu,
          persistent: true,
        })),
    }),
  )
  return [proxy, ...hosts]
}

const LAN_PORT = { name: 'lan', kind: 'pcap', device: 'lan0' }

// The user's LAN: a switch that the machines and the second interface of the proxy are on.
function addLan(draft: Draft): void {
  const { topology } = draft
  const subnet = topology.proxy.lan?.subnet
  if (subnet === undefined) return
  const lan = addNamespace(draft, 'lan')
  // A switch says nothing by itself.
  draft.before.push(sysctl(lan, 'net.ipv6.conf.default.disable_ipv6=1'))
  draft.before.push(ip(lan, 'link add br0 type bridge'), ip(lan, 'link set br0 up'))
  const prefixLength = subnet.split('/')[1]
  const plug = (index: number, namespace: string, device: string) => {
    const far = `peer name ${device} netns ${namespace}`
    draft.before.push(
      ip(lan, `link add p${index} type veth ${far}`),
      ip(lan, `link set p${index} master br0`),
      ip(lan, `link set p${index} up`),
    )
  }
  const proxy = nodeNamespace(draft, 'proxy')
  plug(0, proxy, 'lan0')
  draft.before.push(ip(proxy, 'link set lan0 up'))
  Object.entries(topology.lan).forEach(([name, machine], index) => {
    const namespace = addNamespace(draft, name)
    plug(index + 1, namespace, 'eth0')
    const mac = machine.mac ?? macFrom(topology.name, name)
    draft.before.push(
      ip(namespace, `link set eth0 address ${mac}`),
      ip(namespace, 'link set eth0 up'),
      ip(namespace, `addr add ${machine.ip}/${prefixLength} dev eth0`),
      ip(namespace, `addr add ${ip6Of(machine.ip)}/64 dev eth0 nodad`),
    )
  })
}

function addGuests(draft: Draft): GuestPlan[] {
  const { topology } = draft
  const subnet = topology.proxy.lan?.subnet ?? '0.0.0.0/24'
  return Object.entries(topology.guests).map(([name, guest]) => ({
    name,
    host: guest.host,
    namespace: addNamespace(draft, name),
    mac: guestMac(topology, name),
    ip: guest.ip ?? null,
    ip6: guest.ip === undefined ? null : ip6Of(guest.ip),
    prefixLength: Number(subnet.split('/')[1]),
    mtu: guest.mtu,
  }))
}

function guestMac(topology: Topology, guest: string): MacAddress {
  return topology.guests[guest]?.mac ?? macFrom(topology.name, guest)
}

/** A locally administered address that is the same in every run. */
function macFrom(lab: string, node: string): MacAddress {
  const digest = createHash('sha256').update(`${lab}/${node}`).digest()
  const octets = [0x52, 0x54, 0, digest[0] ?? 0, digest[1] ?? 0, digest[2] ?? 0]
  return parseMac(octets.map((octet) => octet.toString(16).padStart(2, '0')).join(':'))
}

/** The IPv6 address beside an IPv4 one: fd77:: and its octets as they are written. */
function ip6Of(ipv4: string): string {
  return `fd77::${ipv4.replaceAll('.', ':')}`
}
