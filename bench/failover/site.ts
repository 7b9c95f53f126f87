// Three hosts with a guest each, and two networks between them: one for the star, one that only
// fast paths take, so that these can fail alone.
//
//              +-- lan (bridge) --- proxy
//   alpha, beta, gamma
//              +-- wide (bridge): fast paths
//
// Everything but the two bridges is real: daemons, tokens, orders, rules.

import { setTimeout as sleep } from 'node:timers/promises'
import { parseMac } from '../../src/base/mac.ts'
import { type Daemon, type Network, startNetwork } from '../daemons.ts'
import type { Namespace, Sandbox } from '../netns.ts'
import { waitForPath } from '../traffic.ts'
import { until } from '../wait.ts'

const PORT = 7707
const PROXY_ADDRESS = '10.99.0.1'
export const HOST_NAMES = ['alpha', 'beta', 'gamma'] as const
export type HostName = (typeof HOST_NAMES)[number]
/** Of the namespaces of hosts: to the star, and to other hosts. */
export const PATH_DEVICE = 'eth1'
const GUEST_DEVICE = 'eth0'
/** A burst of the generator must not be lost before the overlay has seen it. */
const GUEST_QUEUE_FRAMES = 20_000

export interface Host {
  readonly name: HostName
  readonly namespace: Namespace
  /** Where fast paths reach it. */
  readonly pathAddress: string
  readonly guest: {
    readonly namespace: Namespace
    readonly address: string
    readonly mac: ReturnType<typeof parseMac>
  }
  daemon: Daemon
}

export interface Site {
  readonly network: Network
  readonly hosts: Readonly<Record<HostName, Host>>
  /** Orders a fast path anew, with rules for the two guests over it, and waits until they stand. */
  connect(a: HostName, b: HostName, transport: 'tcp' | 'udp'): Promise<void>
  /** Takes the rules away, then the link. */
  disconnect(a: HostName, b: HostName): Promise<void>
  /** Sends what the guest of `from` says to that of `to` over the fast path, or by the star. */
  route(from: HostName, to: HostName, way: 'direct' | 'star'): Promise<void>
  /** Waits until the link and its rules are in use at both ends. */
  waitUntilDirect(a: HostName, b: HostName): Promise<void>
  /** Starts the daemon of a host that was killed; does not wait for its star link. */
  restart(name: HostName): Promise<void>
  /** Gives a guest its address, once its device is there, and waits until all reach it. */
  addressGuest(name: HostName): Promise<void>
  close(): Promise<void>
}

/** Builds and starts it all. */
export async function startSite(sandbox: Sandbox): Promise<Site> {
  const lan = await sandbox.addNamespace('lan')
  const wide = await sandbox.addNamespace('wide')
  for (const place of [lan, wide]) await sandbox.addBridge(place, 'br0')
  const wire = (namespace: Namespace, to: Namespace, name: string, end: Wire) =>
    sandbox.addVeth({ namespace, ...end }, { namespace: to, device: name, bridge: 'br0' })
  const proxyAt = await sandbox.addNamespace('proxy')
  await wire(proxyAt, lan, 'proxy', { device: 'eth0', address: `${PROXY_ADDRESS}/24` })
  const place = { folder: sandbox.folder, namespace: proxyAt, address: PROXY_ADDRESS, port: PORT }
  const network = await startNetwork(place)
  const addHost = async (name: HostName) => {
    const number = HOST_NAMES.indexOf(name) + 2
    const namespace = await sandbox.addNamespace(name)
    const pathAddress = `10.98.0.${number}`
    await wire(namespace, lan, name, { device: 'eth0', address: `10.99.0.${number}/24` })
    await wire(namespace, wide, name, { device: PATH_DEVICE, address: `${pathAddress}/24` })
    await keepApart(namespace)
    const guest = {
      namespace: await sandbox.addNamespace(`guest-${name}`),
      address: `10.88.0.${number}`,
      mac: parseMac(`02:00:00:00:00:0${number}`),
    }
    const host = { name, namespace, pathAddress, guest }
    const daemon = await network.addHost(namespace, name, settingsOf(host))
    return { ...host, daemon }
  }
  const hosts = {
    alpha: await addHost('alpha'),
    beta: await addHost('beta'),
    gamma: await addHost('gamma'),
  }
  const site = makeSite(network, hosts)
  for (const name of HOST_NAMES) await addressGuest(hosts[name])
  for (const [from, to] of pairsOf(hosts)) await introduce(from, to)
  return site
}

/** Hosts would find each other on the star's network too, and a fault would miss their path. */
async function keepApart(namespace: Namespace): Promise<void> {
  const rule = `iifname eth0 ip saddr != ${PROXY_ADDRESS} drop`
  const chain = `chain in {\ntype filter hook input priority 0;\n${rule}\n}`
  await namespace.exec('nft', `table inet site {\n${chain}\n}\n`)
}

interface Wire {
  readonly device: string
  readonly address: string
}

function settingsOf({ pathAddress, guest }: Omit<Host, 'daemon'>) {
  return {
    listen: { address: '0.0.0.0', port: PORT },
    advertise: [`${pathAddress}:${PORT}`],
    ports: [
      {
        ...{ name: 'guest', kind: 'tap', device: GUEST_DEVICE, netns: guest.namespace.path },
        ...{ mac: guest.mac, mtu: 1500 },
      },
    ],
  }
}

function pairsOf(hosts: Readonly<Record<HostName, Host>>): [Host, Host][] {
  return HOST_NAMES.flatMap((a) =>
    HOST_NAMES.filter((b) => b !== a).map((b): [Host, Host] => [hosts[a], hosts[b]]),
  )
}

async function addressGuest({ guest: { namespace, address } }: Host): Promise<void> {
  await namespace.ip(`link set ${GUEST_DEVICE} txqueuelen ${GUEST_QUEUE_FRAMES}`)
  await namespace.ip(`addr replace ${address}/24 dev ${GUEST_DEVICE}`)
  await namespace.ip(`link set ${GUEST_DEVICE} up`)
}

/** No ARP takes part in what is measured. */
async function introduce(from: Host, to: Host): Promise<void> {
  const { address, mac } = to.guest
  await from.guest.namespace.ip(
    `neigh replace ${address} lladdr ${mac} dev ${GUEST_DEVICE} nud permanent`,
  )
}

function makeSite(network: Network, hosts: Readonly<Record<HostName, Host>>): Site {
  const ruleFor = (to: HostName) => ({ destination: hosts[to].guest.mac, target: `host:${to}` })
  const isDirect = async (from: HostName, to: HostName) => {
    const { admin } = hosts[from].daemon
    const isUsed = (await admin.links()).some((link) => link.peer === to && !link.isStalled)
    const isActive = (await admin.rules()).some(
      (rule) => rule.destination === hosts[to].guest.mac && rule.target === `host ${to}`,
    )
    return isUsed && isActive
  }
  const waitUntilDirect = async (a: HostName, b: HostName) => {
    await until(async () => (await isDirect(a, b)) && (await isDirect(b, a)), {
      what: `the fast path ${a} - ${b} in use`,
      timeoutMs: 30_000,
    })
  }
  const route = async (from: HostName, to: HostName, way: 'direct' | 'star') => {
    const { admin } = hosts[from].daemon
    if (way === 'direct') await admin.setRule(ruleFor(to))
    else await admin.removeRule({ destination: hosts[to].guest.mac })
  }
  return {
    network,
    hosts,
    waitUntilDirect,
    route,
    connect: async (a, b, transport) => {
      const { state, reason } = await network.proxy.admin.addLink({ a, b, transport })
      if (state !== 'up') throw new Error(`no fast path: ${reason}`)
      await route(a, b, 'direct')
      await route(b, a, 'direct')
      await waitUntilDirect(a, b)
    },
    disconnect: async (a, b) => {
      await route(a, b, 'star')
      await route(b, a, 'star')
      await network.proxy.admin.removeLink({ a, b })
    },
    restart: async (name) => {
      const host = hosts[name]
      host.daemon = await network.startHost(host.namespace, name, settingsOf(host))
    },
    addressGuest: async (name) => {
      await addressGuest(hosts[name])
      for (const [from, to] of pairsOf(hosts)) {
        if (from.name !== name && to.name !== name) continue
        await introduce(from, to)
      }
    },
    close: () => network.close(),
  }
}

/** Waits until the guests reach each other, and their MACs are known everywhere. */
export async function warmUp({ hosts }: Site): Promise<void> {
  for (const [from, to] of pairsOf(hosts)) {
    const { namespace: client } = from.guest
    await waitForPath({ client, server: to.guest.namespace, address: to.guest.address })
  }
  await sleep(200)
}
