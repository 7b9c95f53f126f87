// `vnet bench throughput`: the product as an operator runs it, a proxy and two hosts with a fast
// path ordered between them.

import { startNetwork } from './daemons.ts'
import type { Bench } from './harness.ts'
import { benchOverlay, METHOD } from './measure.ts'
import type { Sandbox } from './netns.ts'
import {
  addressGuests,
  buildUnderlay,
  GUEST_DEVICE,
  GUESTS,
  type GuestName,
  HOST_ADDRESS,
  type HostName,
  LISTEN_PORT,
  type Overlay,
  PROXY_ADDRESS,
  type Underlay,
} from './overlay.ts'
import { PEERS_METHOD } from './peers/cases.ts'

export const throughputBench: Bench = {
  name: 'throughput',
  summary: 'throughput, small frames, latency and cost of the overlay by path',
  method: [
    ...METHOD,
    PEERS_METHOD,
    'Real daemons: `vnet proxy`, two times `vnet host`, joined by token, the fast path by ' +
      '`vnet link add` and rules. For the 16 links, further hosts without guests join at the end.',
  ],
  run: (context) => benchOverlay(context, buildOverlay),
}

async function buildOverlay(sandbox: Sandbox): Promise<Overlay> {
  const underlay = await buildUnderlay(sandbox)
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
  const order = await network.proxy.admin.addLink({ a: 'alpha', b: 'beta' })
  if (order.state !== 'up') throw new Error(`no fast path: ${order.reason}`)
  const rules = [
    { host: hosts.alpha, destination: GUESTS.b1.mac, target: 'host:beta' },
    { host: hosts.beta, destination: GUESTS.a1.mac, target: 'host:alpha' },
  ]
  let isDirect = false
  return {
    ...underlay,
    pids: [network.proxy.pid, hosts.alpha.pid, hosts.beta.pid],
    route: async (path) => {
      if (isDirect === (path === 'direct')) return
      isDirect = path === 'direct'
      for (const { host, destination, target } of rules) {
        if (isDirect) await host.admin.setRule({ destination, target })
        else await host.admin.removeRule({ destination })
      }
    },
    growLinks: async (count) => {
      const links = (await network.proxy.admin.links()).length
      const names = Array.from({ length: Math.max(0, count - links) }, (_, more) => `more-${more}`)
      // Two at a time: so many processes start on a small machine no faster together.
      for (const pair of pairs(names)) {
        await Promise.all(pair.map((name) => network.addHost(underlay.hosts.alpha, name)))
      }
    },
    stop: network.close,
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
