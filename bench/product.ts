// The product as an operator runs it: a proxy and two hosts with guests, a fast path ordered
// between them and rules that send the guests' frames over it.

import type { AdminClient } from '../src/control/client.ts'
import { type Daemon, startNetwork } from './daemons.ts'
import type { Sandbox } from './netns.ts'
import {
  addressGuests,
  GUEST_DEVICE,
  GUESTS,
  type GuestName,
  HOST_ADDRESS,
  type HostName,
  LISTEN_PORT,
  type Overlay,
  PROXY_ADDRESS,
  type Route,
  type Underlay,
} from './overlay.ts'
import { until } from './wait.ts'

/** How it is built, for the generated pages. */
export const PRODUCT_METHOD =
  'Real daemons: `vnet proxy`, two times `vnet host`, joined by token, the fast path by ' +
  '`vnet link add` and rules, with `--transport tcp` for `direct`.'

/** Starts the daemons; frames take the star until `route` says otherwise. */
export async function startProduct(sandbox: Sandbox, underlay: Underlay): Promise<Overlay> {
  const network = await startNetwork({
    folder: sandbox.folder,
    namespace: underlay.proxy,
    address: PROXY_ADDRESS,
    port: LISTEN_PORT,
  })
  const addHost = (name: HostName) =>
    network.addHost(underlay.hosts[name], name, {
      listen: { address: '0.0.0.0', port: LISTEN_PORT },
      advertise: [`${HOST_ADDRESS[name]}:${LISTEN_PORT}`],
      ports: portsOf(name, underlay),
    })
  const hosts = { alpha: await addHost('alpha'), beta: await addHost('beta') }
  await addressGuests(underlay)
  const { admin } = network.proxy
  const rules = (Object.keys(GUESTS) as GuestName[]).map((name) => {
    const isAtAlpha = GUESTS[name].host === 'alpha'
    const target = isAtAlpha ? 'host:alpha' : 'host:beta'
    return {
      host: isAtAlpha ? hosts.beta : hosts.alpha,
      rule: { destination: GUESTS[name].mac, target },
    }
  })
  let now: Route = 'star'
  return {
    ...underlay,
    pids: [network.proxy.pid, hosts.alpha.pid, hosts.beta.pid],
    routes: ['direct', 'direct-udp', 'star'],
    route: async (route) => {
      if (route === now) return
      if (route !== 'star') await orderLink(admin, hosts, route === 'direct' ? 'tcp' : 'udp')
      if ((route === 'star') !== (now === 'star')) {
        for (const { host, rule } of rules) {
          if (route === 'star') await host.admin.removeRule({ destination: rule.destination })
          else await host.admin.setRule(rule)
        }
      }
      now = route
    },
    growLinks: async (count) => {
      const links = (await admin.links()).length
      const names = Array.from({ length: Math.max(0, count - links) }, (_, more) => `more-${more}`)
      // Two at a time: so many processes start on a small machine no faster together.
      for (const pair of pairs(names)) {
        await Promise.all(pair.map((name) => network.addHost(underlay.hosts.alpha, name)))
      }
    },
    stop: network.close,
  }
}

/** Orders the fast path, and waits until both ends send frames by this transport. */
async function orderLink(
  admin: AdminClient,
  hosts: Readonly<Record<HostName, Daemon>>,
  transport: 'tcp' | 'udp',
): Promise<void> {
  const { state, reason } = await admin.addLink({ a: 'alpha', b: 'beta', transport })
  if (state !== 'up') throw new Error(`no fast path: ${reason}`)
  for (const host of [hosts.alpha, hosts.beta]) {
    const isUsed = async () => {
      const links = await host.admin.links()
      return links.some((link) => link.role === 'fast-path' && link.transport === transport)
    }
    await until(isUsed, { what: `the fast path of ${host.name} over ${transport}` })
  }
}

function portsOf(host: HostName, underlay: Underlay) {
  const names = (Object.keys(GUESTS) as GuestName[]).filter((name) => GUESTS[name].host === host)
  return names.map((name) => ({
    name,
    kind: 'tap',
    device: GUEST_DEVICE,
    netns: underlay.guests[name].path,
    mac: GUESTS[name].mac,
    mtu: 1500,
  }))
}

function pairs(names: readonly string[]): string[][] {
  return names.flatMap((_, index) => (index % 2 === 0 ? [names.slice(index, index + 2)] : []))
}
