// The overlay that paths are measured on, whatever carries it: a bridge that joins a proxy and two
// hosts (veth, MTU 1500, no emulated delay or rate), guests as namespaces with a TAP device. For
// bad weather, an emulated WAN link stands between alpha and the bridge.
//
//   a1, a2 -- alpha --[wan]-+
//                           +-- lan (bridge) -- proxy
//   b1, b2 -- beta ---------+

import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type MacAddress, parseMac } from '../src/base/mac.ts'
import { connectEmulator } from '../src/lab/emulator.ts'
import type { LinkShape } from '../src/lab/topology.ts'
import type { Namespace, Sandbox } from './netns.ts'
import { until } from './wait.ts'

export type HostName = 'alpha' | 'beta'
export type GuestName = 'a1' | 'a2' | 'b1' | 'b2'

export interface GuestPlan {
  readonly host: HostName
  readonly mac: MacAddress
  readonly address: string
}

/** Everything listens here. */
export const LISTEN_PORT = 7707
export const PROXY_ADDRESS = '10.99.0.1'
export const HOST_ADDRESS: Readonly<Record<HostName, string>> = {
  alpha: '10.99.0.2',
  beta: '10.99.0.3',
}
export const GUESTS: Readonly<Record<GuestName, GuestPlan>> = {
  a1: { host: 'alpha', mac: parseMac('02:00:00:00:0a:01'), address: '10.88.0.1' },
  a2: { host: 'alpha', mac: parseMac('02:00:00:00:0a:02'), address: '10.88.0.2' },
  b1: { host: 'beta', mac: parseMac('02:00:00:00:0b:01'), address: '10.88.0.3' },
  b2: { host: 'beta', mac: parseMac('02:00:00:00:0b:02'), address: '10.88.0.4' },
}
/** Device of a guest inside its namespace. */
export const GUEST_DEVICE = 'eth0'
/** Of all TCP here: the default of Linux; some machines have another. */
export const CONGESTION_CONTROL = 'cubic'
const EMULATOR = fileURLToPath(new URL('../build/vnet-wan', import.meta.url))

/** The namespaces before any daemon runs. */
export interface Underlay {
  readonly proxy: Namespace
  readonly hosts: Readonly<Record<HostName, Namespace>>
  readonly guests: Readonly<Record<GuestName, Namespace>>
}

/**
 * How the guests of the two hosts reach each other: a fast path over TLS, one with datagrams
 * beside it, or through the proxy.
 */
export type Route = 'direct' | 'direct-udp' | 'star'

/** A running overlay. */
export interface Overlay extends Underlay {
  /** Processes of the daemons: the proxy first. */
  readonly pids: readonly [proxy: number, ...hosts: number[]]
  /** What `route` takes here. */
  readonly routes: readonly Route[]
  /** Sends what guests of alpha and beta say to each other this way from now on. */
  route(route: Route): Promise<void>
  /** Lets the proxy hold at least `count` links. */
  growLinks(count: number): Promise<void>
  /** Ends the daemons in order. */
  stop(): Promise<void>
}

/**
 * Makes and wires the namespaces; `wan` is what lies between alpha and all others.
 */
export async function buildUnderlay(sandbox: Sandbox, wan?: LinkShape): Promise<Underlay> {
  const addNamespace = async (name: string) => {
    const namespace = await sandbox.addNamespace(name)
    await namespace.exec('sysctl', '-qw', `net.ipv4.tcp_congestion_control=${CONGESTION_CONTROL}`)
    return namespace
  }
  const lan = await addNamespace('lan')
  await sandbox.addBridge(lan, 'br0')
  const addDaemon = async (name: string, address: string, shape?: LinkShape) => {
    const namespace = await addNamespace(name)
    if (shape === undefined) {
      await sandbox.addVeth(
        { namespace, device: 'eth0', address: `${address}/24` },
        { namespace: lan, device: name, bridge: 'br0' },
      )
      return namespace
    }
    await emulate(sandbox, { from: namespace, to: lan, device: name, shape })
    await lan.ip(`link set ${name} master br0`)
    await namespace.ip(`addr add ${address}/24 dev eth0`)
    return namespace
  }
  return {
    proxy: await addDaemon('proxy', PROXY_ADDRESS),
    hosts: {
      alpha: await addDaemon('alpha', HOST_ADDRESS.alpha, wan),
      beta: await addDaemon('beta', HOST_ADDRESS.beta),
    },
    guests: {
      a1: await addNamespace('a1'),
      a2: await addNamespace('a2'),
      b1: await addNamespace('b1'),
      b2: await addNamespace('b2'),
    },
  }
}

/** Joins `eth0` of one namespace and a device of another by an emulated link. */
async function emulate(
  sandbox: Sandbox,
  link: {
    readonly from: Namespace
    readonly to: Namespace
    readonly device: string
    readonly shape: LinkShape
  },
): Promise<void> {
  const { from, to, device, shape } = link
  const socket = `${sandbox.folder}/wan.sock`
  sandbox.here().spawn(EMULATOR, ['--socket', socket], { stdio: ['ignore', 'ignore', 'inherit'] })
  const emulator = await until(() => connectEmulator(socket), {
    what: 'the WAN emulator (built by make setup)',
  })
  await emulator.add({
    name: device,
    a: { namespace: from.name, device: 'eth0' },
    b: { namespace: to.name, device },
    shape,
  })
  emulator.close()
}

/** Gives the guests their addresses, once their devices are there. */
export async function addressGuests(underlay: Underlay): Promise<void> {
  for (const name of Object.keys(GUESTS) as GuestName[]) {
    const namespace = underlay.guests[name]
    await namespace.ip(`addr add ${GUESTS[name].address}/24 dev ${GUEST_DEVICE}`)
    await namespace.ip(`link set ${GUEST_DEVICE} up`)
  }
}

/**
 * Lets namespaces have the congestion control of the benchmarks: where it is not among those for
 * all users, only the first namespace may have it (tcp_allowed_congestion_control of tcp(7)).
 * @returns what undoes it.
 */
export async function allowCongestionControl(): Promise<() => Promise<void>> {
  const before = (await readFile(ALLOWED_FILE, 'utf8')).trim()
  if (before.split(' ').includes(CONGESTION_CONTROL)) return async () => {}
  await writeFile(ALLOWED_FILE, `${before} ${CONGESTION_CONTROL}`)
  return () => writeFile(ALLOWED_FILE, before)
}
const ALLOWED_FILE = '/proc/sys/net/ipv4/tcp_allowed_congestion_control'
