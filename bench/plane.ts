// `vnet bench plane`: the native data plane alone, without daemons. Two hosts and a proxy in
// namespaces on a bridge, guests as namespaces with a TAP; paths raw veth, local, direct, star.

import { setTimeout as sleep } from 'node:timers/promises'
import { parseMac } from '../src/base/mac.ts'
import type { LinkId } from '../src/plane/plane.ts'
import { check, ratio } from './checks.ts'
import { makeCredentials } from './credentials.ts'
import { type Bench, type BenchContext, type BenchOutcome, medianOf } from './harness.ts'
import { processCpuSeconds, processRssMB } from './machine.ts'
import { createSandbox, type Namespace, type Sandbox } from './netns.ts'
import { measurePath, type PathTimes, startTrafficServer, waitForPath } from './path.ts'
import { type PlaneProcess, startPlane } from './plane-process.ts'

/** Links of the proxy when its memory is measured. */
const LINKS_FOR_RSS = 16
const LISTEN = { address: '0.0.0.0', port: 7707 }
const PROXY_ADDRESS = '10.99.0.1'
const ALPHA_ADDRESS = '10.99.0.2'
const BETA_ADDRESS = '10.99.0.3'

export const planeBench: Bench = {
  name: 'plane',
  summary: 'the native data plane alone: throughput, small frames, latency, cost by path',
  method: [
    'A bridge in a namespace of its own joins the proxy and two hosts (veth, MTU 1500, no emulated ' +
      'delay or rate). Each host runs one plane in a process of its own; a guest is a namespace ' +
      'that holds a TAP device of the plane. Everything, the load generators too, shares this machine.',
    '`raw`: host to host over the same veth and bridge, without overlay. `local`: two guests of one ' +
      'host. `direct`: two hosts, one TLS link, sent there by rules. `star`: through the proxy, two ' +
      'TLS links. The cases run in turn, once a repeat.',
    'TCP: iperf3, one and four streams. 64-byte frames: UDP by sendmmsg as fast as the kernel takes ' +
      'them, counted where they arrive. RTT: ping every 2 ms, idle and beside the one-stream TCP run. ' +
      'CPU: busy time of all cores during the one-stream run, load generators included.',
  ],
  run: runPlane,
}

async function runPlane(context: BenchContext): Promise<BenchOutcome> {
  const sandbox = createSandbox('p')
  try {
    const world = await buildWorld(sandbox)
    context.progress('the overlay is up')
    const cases = await measureCases(context, world)
    const idleCpuPercent = await measureIdle(world, context.isQuick ? 2_000 : 5_000)
    const rssMB = await measureRss(world)
    const star = medianOf(cases, 'star', 'tcp1GbitPerSecond')
    const direct = medianOf(cases, 'direct', 'tcp1GbitPerSecond')
    const raw = medianOf(cases, 'raw', 'tcp1GbitPerSecond')
    const checks = [
      check({ name: 'starTcp1', value: star, unit: 'Gbit/s', op: '>=', target: 3 }),
      check({ name: 'starToRaw', value: ratio(star, raw), unit: '', op: '>=', target: 0.1 }),
      check({ name: 'starToDirect', value: ratio(star, direct), unit: '', op: '>=', target: 0.5 }),
      check({ name: 'idleCpu', value: idleCpuPercent, unit: '%', op: '<=', target: 1 }),
      check({ name: 'rssWith16Links', value: rssMB, unit: 'MB', op: '<=', target: 120 }),
    ]
    for (const plane of [world.proxy, world.alpha, world.beta]) await plane.stop()
    return { cases, checks }
  } finally {
    await sandbox.close()
  }
}

interface World {
  readonly proxy: PlaneProcess
  readonly alpha: PlaneProcess
  readonly beta: PlaneProcess
  readonly hosts: { readonly alpha: Namespace; readonly beta: Namespace }
  readonly guests: { readonly a1: Namespace; readonly a2: Namespace; readonly b1: Namespace }
  /** The fast path, as alpha and beta know it. */
  readonly fastPath: { readonly atAlpha: LinkId; readonly atBeta: LinkId }
}

const MACS = {
  a1: parseMac('02:00:00:00:0a:01'),
  a2: parseMac('02:00:00:00:0a:02'),
  b1: parseMac('02:00:00:00:0b:01'),
}

async function buildWorld(sandbox: Sandbox): Promise<World> {
  const lan = await sandbox.addNamespace('lan')
  await sandbox.addBridge(lan, 'br0')
  const addHost = async (name: string, address: string) => {
    const namespace = await sandbox.addNamespace(name)
    await sandbox.addVeth(
      { namespace, device: 'eth0', address: `${address}/24` },
      { namespace: lan, device: name, bridge: 'br0' },
    )
    return namespace
  }
  const home = await addHost('proxy', PROXY_ADDRESS)
  const hosts = {
    alpha: await addHost('alpha', ALPHA_ADDRESS),
    beta: await addHost('beta', BETA_ADDRESS),
  }
  const credentials = await makeCredentials(['proxy', 'alpha', 'beta'])
  const proxy = await startPlane(home, { role: 'proxy' }, credentials.proxy)
  const alpha = await startPlane(hosts.alpha, { role: 'host' }, credentials.alpha)
  const beta = await startPlane(hosts.beta, { role: 'host' }, credentials.beta)
  await proxy.call('listen', LISTEN)
  await beta.call('listen', LISTEN)
  for (const host of [alpha, beta]) {
    await host.dial({ host: PROXY_ADDRESS, port: LISTEN.port, role: 'star' })
  }
  const atAlpha = await alpha.dial({ host: BETA_ADDRESS, port: LISTEN.port, role: 'fast-path' })
  const accepted = (await beta.call('links')).find((link) => link.direction === 'accepted')
  if (accepted === undefined) throw new Error('beta does not know the fast path')
  const guests = {
    a1: await addGuest(sandbox, alpha, { name: 'a1', address: '10.88.0.1/24' }),
    a2: await addGuest(sandbox, alpha, { name: 'a2', address: '10.88.0.2/24' }),
    b1: await addGuest(sandbox, beta, { name: 'b1', address: '10.88.0.3/24' }),
  }
  await Promise.all([hosts.beta, guests.a2, guests.b1].map(startTrafficServer))
  return { proxy, alpha, beta, hosts, guests, fastPath: { atAlpha, atBeta: accepted.id } }
}

async function addGuest(
  sandbox: Sandbox,
  plane: PlaneProcess,
  guest: { readonly name: keyof typeof MACS; readonly address: string },
): Promise<Namespace> {
  const namespace = await sandbox.addNamespace(guest.name)
  await plane.call('addPort', {
    kind: 'tap',
    name: guest.name,
    device: 'eth0',
    netns: namespace.path,
    mac: MACS[guest.name],
    mtu: 1500,
  })
  await namespace.ip(`addr add ${guest.address} dev eth0`)
  await namespace.ip('link set eth0 up')
  return namespace
}

async function measureCases(context: BenchContext, world: World) {
  const times: PathTimes = context.isQuick
    ? { tcpSeconds: 1, framesMs: 700, idlePings: 250 }
    : { tcpSeconds: 4, framesMs: 2_000, idlePings: 1_000 }
  const { hosts, guests } = world
  const far = { client: guests.a1, server: guests.b1, address: '10.88.0.3' }
  const cases = [
    {
      name: 'raw',
      measure: () =>
        measurePath({ client: hosts.alpha, server: hosts.beta, address: BETA_ADDRESS }, times),
    },
    {
      name: 'local',
      measure: () =>
        measurePath({ client: guests.a1, server: guests.a2, address: '10.88.0.2' }, times),
    },
    {
      name: 'direct',
      measure: async () => {
        await setFastPath(world, 'on')
        return measurePath(far, times)
      },
    },
    {
      name: 'star',
      measure: async () => {
        await setFastPath(world, 'off')
        return measurePath(far, times)
      },
    },
  ]
  await waitForPath(far)
  return context.interleave(cases, context.isQuick ? 2 : 5)
}

async function setFastPath(world: World, state: 'on' | 'off'): Promise<void> {
  const { alpha, beta, fastPath } = world
  if (state === 'off') {
    await alpha.call('removeRule', { destination: MACS.b1 })
    await beta.call('removeRule', { destination: MACS.a1 })
    return
  }
  const toBeta = { kind: 'link', link: fastPath.atAlpha } as const
  const toAlpha = { kind: 'link', link: fastPath.atBeta } as const
  await alpha.call('setRule', { destination: MACS.b1, target: toBeta })
  await beta.call('setRule', { destination: MACS.a1, target: toAlpha })
}

/** CPU of the busiest of the three processes while nothing is sent, in percent of one core. */
async function measureIdle(world: World, durationMs: number): Promise<number> {
  const pids = [world.proxy, world.alpha, world.beta].map((plane) => plane.pid)
  await sleep(500) // the last run's connections close
  const before = await Promise.all(pids.map(processCpuSeconds))
  await sleep(durationMs)
  const after = await Promise.all(pids.map(processCpuSeconds))
  const used = after.map((seconds, index) => seconds - (before[index] ?? 0))
  return (Math.max(...used) / (durationMs / 1000)) * 100
}

/** Peak memory of the proxy that has carried the load, with 16 links. */
async function measureRss(world: World): Promise<number> {
  const missing = LINKS_FOR_RSS - (await world.proxy.call('links')).length
  for (let link = 0; link < missing; link += 1) {
    await world.alpha.dial({ host: PROXY_ADDRESS, port: LISTEN.port, role: 'star' })
  }
  return processRssMB(world.proxy.pid, 'peak')
}
