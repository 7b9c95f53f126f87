// The overlay that throughput is measured on, whatever carries it: a bridge that joins a proxy and
// two hosts (veth, MTU 1500, no emulated delay or rate), guests as namespaces with a TAP device.
//
//   a1, a2 -- alpha --+
//                     +-- lan (bridge) -- proxy
//   b1 ------- beta --+

import { type MacAddress, parseMac } from '../src/base/mac.ts'
import type { Namespace, Sandbox } from './netns.ts'

export type HostName = 'alpha' | 'beta'
export type GuestName = 'a1' | 'a2' | 'b1'

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
}
/** Device of a guest inside its namespace. */
export const GUEST_DEVICE = 'eth0'

/** The namespaces before any daemon runs. */
export interface Underlay {
  readonly proxy: Namespace
  readonly hosts: Readonly<Record<HostName, Namespace>>
  readonly guests: Readonly<Record<GuestName, Namespace>>
}

/** A running overlay. */
export interface Overlay extends Underlay {
  /** Processes of the daemons: the proxy first. */
  readonly pids: readonly [proxy: number, ...hosts: number[]]
  /** Sends what a1 and b1 say to each other over the fast path, or back through the proxy. */
  route(path: 'direct' | 'star'): Promise<void>
  /** Lets the proxy hold at least `count` links. */
  growLinks(count: number): Promise<void>
  /** Ends the daemons in order. */
  stop(): Promise<void>
}

/** Makes and wires the namespaces. */
export async function buildUnderlay(sandbox: Sandbox): Promise<Underlay> {
  const lan = await sandbox.addNamespace('lan')
  await sandbox.addBridge(lan, 'br0')
  const addDaemon = async (name: string, address: string) => {
    const namespace = await sandbox.addNamespace(name)
    await sandbox.addVeth(
      { namespace, device: 'eth0', address: `${address}/24` },
      { namespace: lan, device: name, bridge: 'br0' },
    )
    return namespace
  }
  return {
    proxy: await addDaemon('proxy', PROXY_ADDRESS),
    hosts: {
      alpha: await addDaemon('alpha', HOST_ADDRESS.alpha),
      beta: await addDaemon('beta', HOST_ADDRESS.beta),
    },
    guests: {
      a1: await sandbox.addNamespace('a1'),
      a2: await sandbox.addNamespace('a2'),
      b1: await sandbox.addNamespace('b1'),
    },
  }
}

/** Gives the guests their addresses, once their devices are there. */
export async function addressGuests(underlay: Underlay): Promise<void> {
  for (const name of Object.keys(GUESTS) as GuestName[]) {
    const namespace = underlay.guests[name]
    await namespace.ip(`addr add ${GUESTS[name].address}/24 dev ${GUEST_DEVICE}`)
    await namespace.ip(`link set ${GUEST_DEVICE} up`)
  }
}
