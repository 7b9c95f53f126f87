// `vnet bench plane`: the native data plane alone, without daemons: one plane a process, admitted
// links, rules set by hand. For work on the data plane itself.

import { makeCredentials } from './credentials.ts'
import type { Bench } from './harness.ts'
import type { Sandbox } from './netns.ts'
import {
  addressGuests,
  GUEST_DEVICE,
  GUESTS,
  type GuestName,
  HOST_ADDRESS,
  LISTEN_PORT,
  type Overlay,
  PROXY_ADDRESS,
  type Underlay,
} from './overlay.ts'
import { runPathBench, UNDERLAY_METHOD } from './path-bench.ts'
import { startPlane } from './plane-process.ts'
import { judgeStar, throughputPaths } from './throughput.ts'

export const planeBench: Bench = {
  name: 'plane',
  summary: 'the native data plane alone: throughput, small frames, latency, cost by path',
  method: [...UNDERLAY_METHOD, 'Each daemon is a bare plane in a process of its own.'],
  run: (context) =>
    runPathBench(
      { ...throughputPaths, judge: judgeStar },
      { ...context, peers: 'none' },
      startOverlay,
    ),
}

const LISTEN = { address: '0.0.0.0', port: LISTEN_PORT }

async function startOverlay(_: Sandbox, underlay: Underlay): Promise<Overlay> {
  const credentials = await makeCredentials(['proxy', 'alpha', 'beta'])
  const proxy = await startPlane(underlay.proxy, { role: 'proxy' }, credentials.proxy)
  const alpha = await startPlane(underlay.hosts.alpha, { role: 'host' }, credentials.alpha)
  const beta = await startPlane(underlay.hosts.beta, { role: 'host' }, credentials.beta)
  await proxy.call('listen', LISTEN)
  await beta.call('listen', LISTEN)
  const star = { host: PROXY_ADDRESS, port: LISTEN_PORT, role: 'star' } as const
  for (const host of [alpha, beta]) await host.dial(star)
  const toBeta = await alpha.dial({
    host: HOST_ADDRESS.beta,
    port: LISTEN_PORT,
    role: 'fast-path',
  })
  const accepted = (await beta.call('links')).find((link) => link.direction === 'accepted')
  if (accepted === undefined) throw new Error('beta does not know the fast path')
  const hosts = { alpha, beta }
  for (const name of Object.keys(GUESTS) as GuestName[]) {
    const { host, mac } = GUESTS[name]
    const netns = underlay.guests[name].path
    const port = { kind: 'tap', name, device: GUEST_DEVICE, netns, mac, mtu: 1500 } as const
    await hosts[host].call('addPort', port)
  }
  await addressGuests(underlay)
  const rules = (Object.keys(GUESTS) as GuestName[]).map((name) =>
    GUESTS[name].host === 'beta'
      ? { plane: alpha, destination: GUESTS[name].mac, link: toBeta }
      : { plane: beta, destination: GUESTS[name].mac, link: accepted.id },
  )
  return {
    ...underlay,
    pids: [proxy.pid, alpha.pid, beta.pid],
    routes: ['direct', 'star'],
    route: async (route) => {
      for (const { plane, destination, link } of rules) {
        if (route === 'star') await plane.call('removeRule', { destination })
        else await plane.call('setRule', { destination, target: { kind: 'link', link } })
      }
    },
    growLinks: async (count) => {
      const missing = count - (await proxy.call('links')).length
      for (let link = 0; link < missing; link += 1) await alpha.dial(star)
    },
    stop: async () => {
      for (const plane of [alpha, beta, proxy]) await plane.stop()
    },
  }
}
